// Tap convolutions in bfloat16: rows under the window are rounded as they are packed, weights once.
#include <string.h>

#include "convolution/taps_bf16.h"
#include "graft_elementwise.h"

// Numbers of packed weights, and of packed rows, that stay in a 1 MiB L2.
#define PANEL_NUMBERS (128 * 1024)
#define ROWS_NUMBERS (192 * 1024)
// The target number of pixels per task: the weights are read once for all of them.
#define PIXELS 512

void graft_taps_prepare_bf16(graft_taps *c) {
  // Pixels that are stored as they are multiplied need no packing where a run of them is whole chunks.
  int is_whole = c->depth % BF16_DEPTH == 0 || (c->depth < BF16_DEPTH && c->depth % 2 == 0);
  c->is_direct = c->in_bf16 && c->taps == 1 && c->depth == c->in_channels && is_whole &&
                 graft_taps_stay_inside(c);
  int vectors = ceil_div(c->out_channels, 16);
  // Whole pairs of vectors, which tiles of two by two take.
  int width = ceil_div(vectors, ceil_div(vectors, 4));
  c->panel_width = 16 * (vectors < 4 ? vectors : round_up(width, 2));
  c->column_blocks = ceil_div(c->out_channels, c->panel_width);
  // Sums are cut where the instruction's depth ends: the shapes alone decide, as everywhere.
  // What is stored as bfloat16 is summed whole first.
  int max_depth =
      graft_taps_store_bf16(c)
          ? round_up(c->depth, BF16_DEPTH)
          : int_max(BF16_DEPTH, PANEL_NUMBERS / (c->taps * 64) / BF16_DEPTH * BF16_DEPTH);
  c->depth_block = round_up(ceil_div(c->depth, ceil_div(c->depth, max_depth)), BF16_DEPTH);
  c->depth_blocks = ceil_div(c->depth, c->depth_block);
  c->joins_rows = c->depth_blocks == 1 && c->max_x > c->min_x && graft_taps_form_rows(c);
  c->pixel = c->joins_rows ? c->depth : c->depth_block;
  c->chunks = ceil_div(c->pixel * run_taps(c), BF16_DEPTH);

  c->x_tasks = 1;
  c->x_per_task = c->out_w;
  if (c->out_h == 1 && c->out_w > PIXELS) {
    c->x_tasks = ceil_div(c->out_w, PIXELS / 2);
    c->x_per_task = round_up(ceil_div(c->out_w, c->x_tasks), BF16_TILE_ROWS);
    c->x_tasks = ceil_div(c->out_w, c->x_per_task);
  }
  int row = packed_width(c, c->x_per_task) * c->pixel * (c->stride_y / step_y(c));
  int by_memory = c->is_direct ? c->out_h : ROWS_NUMBERS / int_max(1, row) - (c->max_y - c->min_y);
  int by_pixels = ceil_div(PIXELS, c->x_per_task);
  c->rows_per_task = int_max(1, int_min(c->out_h, int_min(by_memory, by_pixels)));
  c->row_tasks = ceil_div(c->out_h, c->rows_per_task);
  c->rows_per_task = ceil_div(c->out_h, c->row_tasks);
  c->row_tasks = ceil_div(c->out_h, c->rows_per_task);
  int image = packed_image(c, c->rows_per_task, c->x_per_task);
  int images = PIXELS / (c->rows_per_task * c->x_per_task);
  if (!c->is_direct) images = int_min(images, ROWS_NUMBERS / int_max(1, image));
  graft_taps_cut(c, int_max(1, int_min(c->batch, images)));
  ptrdiff_t runs = c->taps / run_taps(c) * c->depth_blocks;
  c->panel_count =
      c->column_blocks * runs * c->chunks * BF16_DEPTH * c->panel_width / 2 + GRAFT_SLACK;
  c->scratch_count = c->is_direct ? 0 : (ptrdiff_t)c->images_per_task * image / 2 + GRAFT_SLACK;
}

void graft_taps_pack_bf16(
    const graft_taps *c, const float *weights, ptrdiff_t slab, ptrdiff_t k_stride,
    ptrdiff_t o_stride, const float *scale, float *panels, int column_block) {
  int first = column_block * c->panel_width, vectors = vectors_of(c, column_block);
  int depth = c->joins_rows ? c->depth * run_taps(c) : c->depth;
  uint16_t *panel = (uint16_t *)panel_of(c, panels, column_block);
  for (int k0 = 0; k0 < c->depth; k0 += c->depth_block) {
    for (int t = 0; t < c->taps; t += run_taps(c)) {
      for (int k = 0; k < c->chunks * BF16_DEPTH; k += 2) {
        for (int v = 0; v < vectors; v++) {
          float pair[2][16] = {{0}};
          int lanes = int_min(16, c->out_channels - first - v * 16);
          for (int i = 0; i < 2; i++) {
            int at = k0 + k + i;
            if (k + i >= c->pixel * run_taps(c) || at >= depth) continue;
            int tap = c->joins_rows ? t + at / c->depth : t;
            const float *row = weights + c->tap_slab[tap] * slab +
                               (c->joins_rows ? at % c->depth : at) * k_stride +
                               (first + v * 16) * o_stride;
            for (int o = 0; o < lanes; o++)
              pair[i][o] = row[o * o_stride] * (scale ? scale[first + v * 16 + o] : 1);
          }
          int chunk = k / BF16_DEPTH, place = k % BF16_DEPTH / 2;
          graft_bf16_pair(
              pair[0], pair[1], 16, panel + (chunk * vectors + v) * BF16_PANEL + place * 32);
        }
      }
      panel += c->chunks * vectors * BF16_PANEL;
    }
  }
}

/// `count` numbers from `at` on, rounded or copied.
static void pack_numbers(
    const graft_taps *c, const void *input, ptrdiff_t at, ptrdiff_t count, uint16_t *packed) {
  if (c->in_bf16) memcpy(packed, (const uint16_t *)input + at, sizeof *packed * count);
  else graft_narrow((const float *)input + at, count, packed);
}

void graft_taps_pack_image(
    const graft_taps *c, const void *input, int image, const graft_taps_part *part, int first_k,
    int depth, uint16_t *packed) {
  int width = packed_width(c, part->columns), height = packed_height(c, part->rows);
  int y0 = part->first_row * c->stride_y + c->min_y, x0 = part->first_x * c->stride_x + c->min_x;
  int is_whole = depth == c->in_channels && c->pixel == depth && step_x(c) == 1;
  uint16_t *start = packed;
  for (int i = 0; i < height; i++) {
    int y = y0 + i * step_y(c);
    ptrdiff_t row = ((ptrdiff_t)image * c->in_h + y) * c->in_w * c->in_channels + c->in_first + first_k;
    int left = width, right = width;
    if (y >= 0 && y < c->in_h) {
      left = int_max(0, int_min(width, -x0));
      right = int_max(left, int_min(width, ceil_div(c->in_w - x0, step_x(c))));
    }
    memset(packed, 0, sizeof *packed * left * c->pixel);
    if (is_whole) {
      pack_numbers(
          c, input, row + (ptrdiff_t)(x0 + left) * c->in_channels, (ptrdiff_t)(right - left) * depth,
          packed + left * depth);
    } else {
      for (int j = left; j < right; j++) {
        uint16_t *pixel = packed + j * c->pixel;
        pack_numbers(
            c, input, row + (ptrdiff_t)(x0 + j * step_x(c)) * c->in_channels, depth, pixel);
        memset(pixel + depth, 0, sizeof *pixel * (c->pixel - depth));
      }
    }
    memset(packed + right * c->pixel, 0, sizeof *packed * (width - right) * c->pixel);
    packed += width * c->pixel;
  }
  int rest = packed_image(c, part->rows, part->columns) - (int)(packed - start);
  memset(packed, 0, sizeof *packed * rest);
}

void graft_taps_set_tile(
    const graft_taps *c, int block, ptrdiff_t line, ptrdiff_t *a_offset, ptrdiff_t *b_offset,
    graft_bf16_tile *tile) {
  int lanes = int_min(c->panel_width, c->out_channels - block * c->panel_width);
  *tile = (graft_bf16_tile){
      .vectors = vectors_of(c, block), .outer = c->taps / run_taps(c), .chunks = c->chunks,
      .depth = c->is_direct ? int_min(c->depth, BF16_DEPTH) : BF16_DEPTH,
      .a_offset = a_offset, .b_offset = b_offset,
      .a_row = c->pixel * (c->stride_x / step_x(c)), .c_row = c->out_pixel};
  tile->last_lanes = lanes - (tile->vectors - 1) * 16;
  ptrdiff_t run = (ptrdiff_t)c->chunks * tile->vectors * BF16_PANEL;
  for (int t = 0; t < tile->outer; t++) {
    int tap = t * run_taps(c);
    a_offset[t] = (c->tap_y[tap] - c->min_y) * line + (c->tap_x[tap] - c->min_x) * c->pixel;
    b_offset[t] = t * run;
  }
}

/// One block of columns over the packed images of a part, from channel k0 on: output (+)= products.
GRAFT_INLINE void multiply_block(
    const graft_taps *c, const graft_taps_part *part, graft_bf16_state *state, int block, int k0,
    const uint16_t *packed, const float *panels, float *output, int adds) {
  ptrdiff_t a_offset[GRAFT_MAX_TAPS], b_offset[GRAFT_MAX_TAPS];
  ptrdiff_t line = (ptrdiff_t)packed_width(c, part->columns) * c->pixel;
  ptrdiff_t image_count = packed_image(c, part->rows, part->columns);
  graft_bf16_tile tile;
  graft_taps_set_tile(c, block, line, a_offset, b_offset, &tile);
  ptrdiff_t run = (ptrdiff_t)c->chunks * tile.vectors * BF16_PANEL;
  const uint16_t *b = panel_of(c, panels, block) + k0 / c->depth_block * tile.outer * run;
  int step = tile_rows(part->columns, BF16_TILE_ROWS);
  for (int n = part->first_image; n < part->last_image; n++) {
    const uint16_t *image = packed + (n - part->first_image) * image_count;
    float *out = output + n * c->out_image + block * c->panel_width;
    for (int y = 0; y < part->rows; y++) {
      const uint16_t *row = image + y * (c->stride_y / step_y(c)) * line;
      for (int x = 0; x < part->columns; x += step) {
        tile.rows = int_min(step, part->columns - x);
        graft_bf16_multiply(
            state, &tile, row + x * tile.a_row, b, out + y * c->out_row + x * c->out_pixel, 0,
            adds);
      }
    }
  }
}

void graft_taps_task_bf16(
    const graft_taps *c, int task, const float *input, const float *panels, float *output,
    int accumulates, const float *bias, const float *residual, graft_activation activation,
    float *scratch) {
  graft_taps_part part = graft_taps_part_of(c, task);
  ptrdiff_t image_count = packed_image(c, part.rows, part.columns);
  uint16_t *packed = (uint16_t *)scratch;
  float *first_output = output + c->out_origin + part.first_row * c->out_row +
                        part.first_x * c->out_pixel;
  graft_bf16_state state;
  graft_bf16_begin(&state);
  for (int k0 = 0; k0 < c->depth; k0 += c->depth_block) {
    int depth = int_min(c->depth_block, c->depth - k0);
    for (int n = part.first_image; n < part.last_image; n++)
      graft_taps_pack_image(
          c, input, n, &part, k0, depth, packed + (n - part.first_image) * image_count);
    for (int block = part.first_block; block < part.last_block; block++)
      multiply_block(
          c, &part, &state, block, k0, packed, panels, first_output, accumulates || k0 > 0);
  }
  graft_bf16_end(&state);
  for (int n = part.first_image; n < part.last_image; n++) {
    float *out_image = first_output + n * c->out_image;
    graft_taps_finish(
        c, &part, out_image, bias, residual ? residual + (out_image - output) : 0, activation);
  }
}
