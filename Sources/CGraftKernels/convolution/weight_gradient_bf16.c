// The weight gradient of a tap convolution in bfloat16: a product over pixels.
//
// Inputs are transposed as they are packed, to [channels][pixels], one plane for each phase of the stride,
// so that a tap is an offset in the plane. Output gradients take the planes' pitch, zeros between.
#include <string.h>

#include "convolution/taps.h"
#include "products/bf16.h"

// Numbers of transposed inputs that stay in a 2 MiB L2 with packed output gradients and sums.
#define INPUT_NUMBERS (160 * 1024)
#define MAX_DEPTH 256

/// Pixels that are packed together: more of them where the sums are many, which are read and written for
/// each pack.
static int pixels_per_pack(ptrdiff_t weights) { return weights > 64 * 1024 ? 2048 : 1024; }

/// How the pixels of one block lie in the planes.
typedef struct {
  int phases_y, phases_x, width, height;
  /// Pixels of all images, and of a row of a plane with what taps and chunks read beyond.
  int pixels, row;
} plane_layout;

/// Zeros at the end of a line that are those at the start of the next one too.
static int shared_zeros(int stride, int low, int high, int in, int out) {
  return stride > 1 ? 0 : int_max(0, int_min(-low, out + high - in));
}

static plane_layout lay_out(const graft_taps *c, int images, int rows) {
  int reach_y = c->max_y - c->min_y, reach_x = c->max_x - c->min_x;
  int shared_x = shared_zeros(c->stride_x, c->min_x, c->max_x, c->in_w, c->out_w);
  int shared_y = shared_zeros(c->stride_y, c->min_y, c->max_y, c->in_h, c->out_h);
  plane_layout layout = {
      int_min(c->stride_y, reach_y + 1), int_min(c->stride_x, reach_x + 1),
      c->out_w + reach_x / c->stride_x - shared_x, rows + reach_y / c->stride_y - shared_y, 0, 0};
  int lines = (images - 1) * layout.height + rows;
  layout.pixels = round_up(lines * layout.width, BF16_DEPTH);
  int reach = reach_y / c->stride_y * layout.width + reach_x / c->stride_x;
  layout.row = round_up(layout.pixels + reach, BF16_DEPTH);
  // An odd number of cache lines: the rows of a tile lie in different sets of the cache.
  if (layout.row / BF16_DEPTH % 2 == 0) layout.row += BF16_DEPTH;
  return layout;
}

void graft_weight_gradient_prepare_bf16(graft_weight_gradient *g) {
  graft_taps *c = &g->taps;
  g->weight_count = (ptrdiff_t)c->taps * c->depth * c->out_channels;
  int pixels = pixels_per_pack(g->weight_count);
  g->rows_per_pack = int_max(1, int_min(c->out_h, pixels / lay_out(c, 1, 1).width));
  g->rows_per_pack = tile_rows(c->out_h, g->rows_per_pack);
  plane_layout layout = lay_out(c, 1, g->rows_per_pack);
  g->images_per_pack = g->rows_per_pack < c->out_h
                           ? 1
                           : int_max(1, int_min(c->batch, pixels / (layout.height * layout.width)));
  layout = lay_out(c, g->images_per_pack, g->rows_per_pack);
  // Large weights are split over depth, small ones over images; both from the shape alone.
  int planes = layout.phases_y * layout.phases_x * layout.row;
  int max_depth = int_max(16, int_min(MAX_DEPTH, INPUT_NUMBERS / planes / 16 * 16));
  g->depth_tasks = ceil_div(c->depth, max_depth);
  if (g->weight_count > 256 * 1024)
    g->depth_tasks = int_max(g->depth_tasks, ceil_div(c->depth, 64));
  g->depth_split = ceil_div(ceil_div(c->depth, g->depth_tasks), 16) * 16;
  g->depth_tasks = ceil_div(c->depth, g->depth_split);
  int by_memory = (int)((4 << 20) / g->weight_count);
  int packs = ceil_div(c->batch, g->images_per_pack);
  g->chunks = int_max(1, int_min(packs, int_min(ceil_div(16, g->depth_tasks), by_memory)));
  g->images_per_chunk = ceil_div(packs, g->chunks) * g->images_per_pack;
  g->chunks = ceil_div(c->batch, g->images_per_chunk);
  ptrdiff_t numbers = (ptrdiff_t)planes * g->depth_split + layout.pixels * 64 +
                      2 * (c->in_channels + 64);
  g->scratch_count = (numbers / 32 + 1) * 16 + GRAFT_SLACK;
  g->task_count = g->chunks * g->depth_tasks;
}

/// One block of pixels: rows of some images.
typedef struct {
  const graft_taps *c;
  plane_layout layout;
  int first_image, images, first_row, rows;
} pixel_block;

/// The position of a walk over the pixels of a block's planes.
typedef struct {
  int image, y, x;
} plane_place;

static void advance(plane_place *at, const plane_layout *layout) {
  if (++at->x < layout->width) return;
  at->x = 0;
  if (++at->y < layout->height) return;
  at->y = 0;
  at->image++;
}

/// [phases][channels][pixels] of channels first ..< first + depth, zeros where there is no pixel.
static void transpose_inputs(
    const pixel_block *block, const void *input, int first, int depth, uint16_t *transposed,
    const float *zeros) {
  const graft_taps *c = block->c;
  const plane_layout *layout = &block->layout;
  ptrdiff_t number = c->in_bf16 ? 2 : 4;
  for (int phase = 0; phase < layout->phases_y * layout->phases_x; phase++) {
    int first_y = block->first_row * c->stride_y + phase / layout->phases_x + c->min_y;
    int first_x = phase % layout->phases_x + c->min_x;
    plane_place at = {0, 0, 0};
    for (int place = 0; place < layout->row; place += 32) {
      const void *pixels[32];
      for (int i = 0; i < 32; i++, advance(&at, layout)) {
        int y = first_y + at.y * c->stride_y, x = first_x + at.x * c->stride_x;
        int is_real =
            at.image < block->images && y >= 0 && y < c->in_h && x >= 0 && x < c->in_w;
        ptrdiff_t pixel = ((ptrdiff_t)(block->first_image + at.image) * c->in_h + y) * c->in_w + x;
        pixels[i] =
            is_real ? (const char *)input + (pixel * c->in_channels + c->in_first) * number : (const void *)zeros;
      }
      for (int k = 0; k < depth; k += 16) {
        uint16_t *to = transposed + (ptrdiff_t)k * layout->row + place;
        if (c->in_bf16)
          graft_bf16_transpose_stored(
              (const uint16_t *const *)pixels, first + k, to, layout->row);
        else
          graft_bf16_transpose((const float *const *)pixels, first + k, to, layout->row);
      }
    }
    transposed += (ptrdiff_t)depth * layout->row;
  }
}

/// Columns `first` ..< first + lanes of output gradients as a panel [chunks][vectors][16][16][2], zeros where
/// planes have more pixels than the output.
static void pack_gradients(
    const pixel_block *block, const void *gradient, int first, int lanes, int vectors,
    uint16_t *panel, const float *zeros) {
  const graft_taps *c = block->c;
  const plane_layout *layout = &block->layout;
  ptrdiff_t number = c->out_bf16 ? 2 : 4;
  plane_place place = {0, 0, 0};
  for (int p = 0; p < layout->pixels; p += 2) {
    const char *pair[2];
    for (int i = 0; i < 2; i++, advance(&place, layout)) {
      int is_real =
          place.image < block->images && place.y < block->rows && place.x < c->out_w;
      ptrdiff_t pixel = (block->first_image + place.image) * c->out_image +
                        (block->first_row + place.y) * c->out_row + place.x * c->out_pixel;
      pair[i] = is_real ? (const char *)gradient + (c->out_origin + pixel + first) * number
                        : (const char *)zeros;
    }
    uint16_t *at = panel + p / BF16_DEPTH * vectors * BF16_PANEL + p % BF16_DEPTH * 16;
    if (c->out_bf16) {
      graft_bf16_pair_stored(
          (const uint16_t *)pair[0], (const uint16_t *)pair[1], lanes, at, BF16_PANEL);
      continue;
    }
    for (int v = 0; v < vectors; v++)
      graft_bf16_pair(
          (const float *)pair[0] + v * 16, (const float *)pair[1] + v * 16,
          int_min(16, lanes - v * 16), at + v * BF16_PANEL);
  }
}

/// Products of one block's packed inputs and one panel of its output gradients: partial[tap][k][o]
/// (+)= their sum over the block's pixels, for `lanes` columns o and channels k < depth.
GRAFT_INLINE void add_products(
    const pixel_block *block, graft_bf16_state *state, const uint16_t *transposed,
    int transposed_depth, int depth, const uint16_t *panel, int lanes, float *partial, int adds) {
  const graft_taps *c = block->c;
  const plane_layout *layout = &block->layout;
  const ptrdiff_t zero = 0;
  int vectors = ceil_div(lanes, 16);
  graft_bf16_tile tile = {
      .vectors = vectors, .last_lanes = lanes - (vectors - 1) * 16, .outer = 1,
      .chunks = layout->pixels / BF16_DEPTH, .depth = BF16_DEPTH, .a_offset = &zero, .b_offset = &zero,
      .a_row = layout->row, .c_row = c->out_channels};
  for (int t = 0; t < c->taps; t++) {
    int y = c->tap_y[t] - c->min_y, x = c->tap_x[t] - c->min_x;
    int phase = y % c->stride_y * layout->phases_x + x % c->stride_x;
    const uint16_t *plane = transposed + (ptrdiff_t)phase * transposed_depth * layout->row +
                            y / c->stride_y * layout->width + x / c->stride_x;
    float *out = partial + (ptrdiff_t)t * c->depth * c->out_channels;
    for (int k = 0; k < depth; k += BF16_TILE_ROWS) {
      tile.rows = int_min(BF16_TILE_ROWS, depth - k);
      graft_bf16_multiply(
          state, &tile, plane + (ptrdiff_t)k * layout->row, panel,
          out + (ptrdiff_t)k * c->out_channels, 0, adds);
    }
  }
}

void graft_weight_gradient_task_bf16(
    const graft_weight_gradient *g, int task, const void *input, const void *output_gradient,
    float *partials, float *scratch) {
  const graft_taps *c = &g->taps;
  int chunk = task / g->depth_tasks, k0 = task % g->depth_tasks * g->depth_split;
  int depth = int_min(g->depth_split, c->depth - k0), transposed_depth = round_up(depth, 16);
  int last_image = int_min(c->batch, (chunk + 1) * g->images_per_chunk);
  float *partial = partials + chunk * g->weight_count + (ptrdiff_t)k0 * c->out_channels;
  float *zeros = scratch;
  memset(zeros, 0, sizeof *zeros * (c->in_channels + 64));
  uint16_t *transposed = (uint16_t *)(scratch + round_up(c->in_channels + 64, 16));
  int adds = 0;
  graft_bf16_state state;
  graft_bf16_begin(&state);
  for (int n = chunk * g->images_per_chunk; n < last_image; n += g->images_per_pack) {
    for (int row = 0; row < c->out_h; row += g->rows_per_pack) {
      pixel_block block = {
          c, {0}, n, int_min(g->images_per_pack, last_image - n), row,
          int_min(g->rows_per_pack, c->out_h - row)};
      block.layout = lay_out(c, block.images, block.rows);
      transpose_inputs(&block, input, k0, transposed_depth, transposed, zeros);
      ptrdiff_t planes = (ptrdiff_t)block.layout.phases_y * block.layout.phases_x;
      uint16_t *panel = transposed + planes * transposed_depth * block.layout.row;
      for (int o = 0; o < c->out_channels; o += c->panel_width) {
        int lanes = int_min(c->panel_width, c->out_channels - o);
        pack_gradients(
            &block, output_gradient, o, lanes, ceil_div(lanes, 16), panel, zeros);
        add_products(
            &block, &state, transposed, transposed_depth, depth, panel, lanes, partial + o, adds);
      }
      adds = 1;
    }
  }
  graft_bf16_end(&state);
}
