#include <string.h>

#include "convolution/taps.h"
#include "common/dispatch.h"
#include "graft_kernels.h"
#include "products/products.h"

// Blocks are sized for a 1 MiB L2: packed weights and packed rows each stay within a quarter of it.
#define PANEL_FLOATS (64 * 1024)
#define ROWS_FLOATS (48 * 1024)

void graft_taps_set_window(
    graft_taps *c, int kernel_h, int kernel_w, int dilation_y, int dilation_x, int pad_y,
    int pad_x) {
  c->taps = 0;
  for (int ky = 0; ky < kernel_h; ky++) {
    for (int kx = 0; kx < kernel_w; kx++) {
      c->tap_y[c->taps] = ky * dilation_y - pad_y;
      c->tap_x[c->taps] = kx * dilation_x - pad_x;
      c->tap_slab[c->taps] = ky * kernel_w + kx;
      c->taps++;
    }
  }
}

void graft_taps_set_phase(
    graft_taps *c, int phase_y, int phase_x, int stride_y, int stride_x, int kernel_h,
    int kernel_w, int dilation_y, int dilation_x, int pad_y, int pad_x) {
  c->taps = 0;
  // From the last tap to the first, so that neighbors in the window are neighbors in memory.
  for (int ky = kernel_h - 1; ky >= 0; ky--) {
    int y = phase_y + pad_y - ky * dilation_y;
    if (y % stride_y != 0) continue;
    for (int kx = kernel_w - 1; kx >= 0; kx--) {
      int x = phase_x + pad_x - kx * dilation_x;
      if (x % stride_x != 0) continue;
      c->tap_y[c->taps] = y / stride_y;
      c->tap_x[c->taps] = x / stride_x;
      c->tap_slab[c->taps] = ky * kernel_w + kx;
      c->taps++;
    }
  }
}

static void find_extent(graft_taps *c) {
  c->min_y = c->max_y = c->tap_y[0];
  c->min_x = c->max_x = c->tap_x[0];
  for (int t = 1; t < c->taps; t++) {
    c->min_y = least(c->min_y, c->tap_y[t]);
    c->max_y = most(c->max_y, c->tap_y[t]);
    c->min_x = least(c->min_x, c->tap_x[t]);
    c->max_x = most(c->max_x, c->tap_x[t]);
  }
}

int graft_taps_form_rows(const graft_taps *c) {
  int width = c->max_x - c->min_x + 1;
  if (c->taps % width != 0) return 0;
  for (int t = 0; t < c->taps; t++) {
    if (c->tap_x[t] != c->min_x + t % width) return 0;
    if (c->tap_y[t] != c->tap_y[t - t % width]) return 0;
  }
  return 1;
}

static int packed_width(const graft_taps *c) {
  return (c->out_w - 1) * c->stride_x + c->max_x - c->min_x + 1;
}

static int packed_height(const graft_taps *c, int rows) {
  return (rows - 1) * c->stride_y + c->max_y - c->min_y + 1;
}

void graft_taps_cut(graft_taps *c, int images_per_task) {
  c->images_per_task = images_per_task;
  c->image_tasks = ceiling(c->batch, c->images_per_task);
  int tasks = c->image_tasks * c->row_tasks * c->x_tasks;
  c->column_tasks = least(c->column_blocks, most(1, 32 / tasks));
  c->columns_per_task = ceiling(c->column_blocks, c->column_tasks);
  c->column_tasks = ceiling(c->column_blocks, c->columns_per_task);
  c->task_count = tasks * c->column_tasks;
}

void graft_taps_prepare(graft_taps *c) {
  find_extent(c);
  if (c->is_bf16) return graft_taps_prepare_bf16(c);
  c->is_direct = c->min_y >= 0 && c->min_x >= 0 &&
                 (c->out_h - 1) * c->stride_y + c->max_y < c->in_h &&
                 (c->out_w - 1) * c->stride_x + c->max_x < c->in_w;
  c->panel_width = graft_panel_width(c->out_channels);
  c->column_blocks = ceiling(c->out_channels, c->panel_width);
  int most_depth = most(1, PANEL_FLOATS / (c->taps * 64));
  c->depth_blocks = ceiling(c->depth, most_depth);
  c->depth_block = ceiling(c->depth, c->depth_blocks);
  c->depth_blocks = ceiling(c->depth, c->depth_block);
  c->joins_rows = c->depth_blocks == 1 && graft_taps_form_rows(c) &&
                  (!c->is_direct || c->in_channels == c->depth);

  // A task is a block of rows of some images, and some columns of the weights.
  int row_floats = packed_width(c) * c->depth_block;
  int by_memory = c->is_direct ? c->out_h : (ROWS_FLOATS / most(1, row_floats) -
                                             (c->max_y - c->min_y)) / c->stride_y;
  int by_pixels = ceiling(512, c->out_w);
  c->rows_per_task = most(1, least(c->out_h, least(by_memory, by_pixels)));
  c->row_tasks = ceiling(c->out_h, c->rows_per_task);
  c->rows_per_task = ceiling(c->out_h, c->row_tasks);
  c->row_tasks = ceiling(c->out_h, c->rows_per_task);
  c->x_tasks = 1;
  c->x_per_task = c->out_w;
  if (c->is_direct && c->out_h == 1 && c->out_w > 192) {
    c->x_tasks = ceiling(c->out_w, 192);
    c->x_per_task = ceiling(c->out_w, c->x_tasks);
    c->x_tasks = ceiling(c->out_w, c->x_per_task);
  }
  int pixels = c->rows_per_task * c->x_per_task;
  graft_taps_cut(c, most(1, least(c->batch, 96 / most(1, pixels))));
  c->panel_count = (ptrdiff_t)c->column_blocks * c->taps * c->depth * c->panel_width;
  c->scratch_count =
      c->is_direct ? 0 : (ptrdiff_t)packed_height(c, c->rows_per_task) * row_floats + GRAFT_SLACK;
}

void graft_taps_pack(
    const graft_taps *c, const float *weights, ptrdiff_t slab_count, ptrdiff_t k_stride,
    ptrdiff_t o_stride, const float *scale, float *panels, int column_block) {
  if (c->is_bf16)
    return graft_taps_pack_bf16(
        c, weights, slab_count, k_stride, o_stride, scale, panels, column_block);
  int width = c->panel_width, first = column_block * width;
  int lanes = least(width, c->out_channels - first);
  float *panel = panels + (ptrdiff_t)column_block * c->taps * c->depth * width;
  for (int k0 = 0; k0 < c->depth; k0 += c->depth_block) {
    int k1 = least(c->depth, k0 + c->depth_block);
    for (int t = 0; t < c->taps; t++) {
      const float *slab = weights + c->tap_slab[t] * slab_count + first * o_stride;
      for (int k = k0; k < k1; k++) {
        const float *row = slab + k * k_stride;
        if (o_stride == 1 && !scale) {
          memcpy(panel, row, sizeof(float) * lanes);
        } else {
          for (int o = 0; o < lanes; o++)
            panel[o] = row[o * o_stride] * (scale ? scale[first + o] : 1);
        }
        for (int o = lanes; o < width; o++) panel[o] = 0;
        panel += width;
      }
    }
  }
}

/// Copies rows y0 ... of one image's window, zeros outside, channels first ..< first + depth.
static void pack_rows(
    const graft_taps *c, const float *image, int first_row, int rows, int channel, int depth,
    float *packed) {
  int width = packed_width(c), height = packed_height(c, rows);
  int x0 = c->min_x, y0 = first_row * c->stride_y + c->min_y;
  int left = most(0, least(width, -x0));
  int right = most(left, least(width, c->in_w - x0));
  for (int y = y0; y < y0 + height; y++) {
    if (y < 0 || y >= c->in_h) {
      memset(packed, 0, sizeof(float) * width * depth);
    } else {
      const float *row = image + ((ptrdiff_t)y * c->in_w + x0 + left) * c->in_channels + channel;
      memset(packed, 0, sizeof(float) * left * depth);
      if (depth == c->in_channels) {
        memcpy(packed + left * depth, row, sizeof(float) * (right - left) * depth);
      } else {
        for (int x = left; x < right; x++, row += c->in_channels)
          memcpy(packed + x * depth, row, sizeof(float) * depth);
      }
      memset(packed + right * depth, 0, sizeof(float) * (width - right) * depth);
    }
    packed += width * depth;
  }
}

/// Rows of one image as taps read them: in the input itself, or packed into scratch.
typedef struct {
  const float *start;
  /// Floats from one pixel, and from one row, to the next.
  ptrdiff_t pixel, line;
  /// The tap that reads at start.
  int y, x;
} rows_view;

static rows_view view_rows(
    const graft_taps *c, const float *image, int first_row, int rows, int first_x, int k0,
    int depth, float *scratch) {
  int channel = c->in_first + k0;
  if (c->is_direct) {
    ptrdiff_t pixel = c->in_channels, line = (ptrdiff_t)c->in_w * pixel;
    const float *start = image + (ptrdiff_t)first_row * c->stride_y * line +
                         (ptrdiff_t)first_x * c->stride_x * pixel + channel;
    return (rows_view){start, pixel, line, 0, 0};
  }
  pack_rows(c, image, first_row, rows, channel, depth, scratch);
  return (rows_view){
      scratch, depth, (ptrdiff_t)packed_width(c) * depth, c->min_y, c->min_x};
}

/// y = activation(y + bias + residual) over rows of pixels, each part of it as asked for.
#define FINISH(BIAS, RESIDUAL, activation)                                          \
  for (ptrdiff_t at = 0; at < pixels * pixel; at += pixel)                          \
  GRAFT_IN_PLACE for (int o = 0; o < channels; o++)                                 \
      y[at + o] = graft_apply(                                                      \
          y[at + o] + (BIAS ? bias[o] : 0) + (RESIDUAL ? residual[at + o] : 0), activation)
#define FINISH_ANY(activation)                          \
  if (bias && residual) FINISH(1, 1, activation);       \
  else if (bias) FINISH(1, 0, activation);              \
  else if (residual) FINISH(0, 1, activation);          \
  else FINISH(0, 0, activation)

GRAFT_DISPATCHED void graft_taps_finish(
    float *y, int pixels, ptrdiff_t pixel, int channels, const float *bias, const float *residual,
    int activation) {
  if (activation == GRAFT_LINEAR) { FINISH_ANY(0); }
  else if (activation == GRAFT_RELU) { FINISH_ANY(1); }
  else if (activation == GRAFT_RELU6) { FINISH_ANY(2); }
  else {
    FINISH_ANY(0);
    for (ptrdiff_t at = 0; at < pixels * pixel; at += pixel)
      graft_activate(y + at, channels, (graft_activation)activation, 0, y + at);
  }
}

graft_taps_part graft_taps_part_of(const graft_taps *c, int task) {
  graft_taps_part part;
  part.first_block = task % c->column_tasks * c->columns_per_task;
  part.last_block = least(c->column_blocks, part.first_block + c->columns_per_task);
  task /= c->column_tasks;
  part.first_x = task % c->x_tasks * c->x_per_task;
  part.columns = least(c->x_per_task, c->out_w - part.first_x);
  task /= c->x_tasks;
  part.first_row = task % c->row_tasks * c->rows_per_task;
  part.rows = least(c->rows_per_task, c->out_h - part.first_row);
  part.first_image = task / c->row_tasks * c->images_per_task;
  part.last_image = least(c->batch, part.first_image + c->images_per_task);
  return part;
}

void graft_taps_task(
    const graft_taps *c, int task, const float *input, const float *panels, float *output,
    int accumulates, const float *bias, const float *residual, graft_activation activation,
    float *scratch) {
  if (c->is_bf16)
    return graft_taps_task_bf16(
        c, task, input, panels, output, accumulates, bias, residual, activation, scratch);
  graft_taps_part part = graft_taps_part_of(c, task);
  int first_row = part.first_row, rows = part.rows, first_x = part.first_x;
  int columns = part.columns, first_block = part.first_block, last_block = part.last_block;
  int width = c->panel_width;
  int tap_columns = c->joins_rows ? c->max_x - c->min_x + 1 : 1;
  int outer = c->taps / tap_columns;
  ptrdiff_t a_offset[GRAFT_MOST_TAPS], b_offset[GRAFT_MOST_TAPS];

  for (int n = part.first_image; n < part.last_image; n++) {
    const float *image = input + (ptrdiff_t)n * c->in_h * c->in_w * c->in_channels;
    float *out_image = output + c->out_origin + n * c->out_image + first_row * c->out_row +
                       first_x * c->out_pixel;
    for (int k0 = 0; k0 < c->depth; k0 += c->depth_block) {
      int depth = least(c->depth_block, c->depth - k0);
      rows_view view = view_rows(c, image, first_row, rows, first_x, k0, depth, scratch);
      for (int t = 0; t < outer; t++) {
        int tap = t * tap_columns;
        a_offset[t] =
            (c->tap_y[tap] - view.y) * view.line + (c->tap_x[tap] - view.x) * view.pixel;
        b_offset[t] = (ptrdiff_t)tap * depth * width;
      }
      int adds = accumulates || k0 > 0;
      for (int block = first_block; block < last_block; block++) {
        int lanes = least(width, c->out_channels - block * width);
        int vectors = ceiling(lanes, 16), last_lanes = lanes - (vectors - 1) * 16;
        const float *b = panels + (ptrdiff_t)block * c->taps * c->depth * width +
                         (ptrdiff_t)k0 * c->taps * width;
        int step = tile_rows(columns, graft_tile_rows(vectors));
        ptrdiff_t run = (ptrdiff_t)depth * tap_columns, a_row = c->stride_x * view.pixel;
        // Taps, or a piece of one, whose weights stay in the L1 cache while all rows pass by.
        int group = most(1, GRAFT_PANEL_DEPTH / (int)run);
        ptrdiff_t piece = ceiling((int)run, ceiling((int)run, GRAFT_PANEL_DEPTH));
        for (int t = 0; t < outer; t += group) {
          for (ptrdiff_t k = 0; k < run; k += piece) {
            ptrdiff_t count = run - k < piece ? run - k : piece;
            for (int y = 0; y < rows; y++) {
              for (int x = 0; x < columns; x += step) {
                const float *at = view.start + y * c->stride_y * view.line + x * a_row + k;
                if (c->is_direct && block == first_block)
                  graft_prefetch_rows(at + step * a_row + a_offset[t], step, a_row, count);
                graft_tile_kernel(least(step, columns - x), vectors)(
                    least(group, outer - t), a_offset + t, b_offset + t, count, at, a_row, 1,
                    b + k * width, width, out_image + y * c->out_row + x * c->out_pixel + block * width,
                    c->out_pixel, last_lanes, adds || t > 0 || k > 0);
              }
            }
          }
        }
      }
    }
    if (bias || residual || activation) {
      int first = first_block * width;
      int channels = least(c->out_channels, last_block * width) - first;
      for (int y = 0; y < rows; y++) {
        float *row = out_image + y * c->out_row + first;
        graft_taps_finish(
            row, columns, c->out_pixel, channels, bias ? bias + first : 0,
            residual ? residual + (row - output) : 0, activation);
      }
    }
  }
}

void graft_weight_gradient_prepare(graft_weight_gradient *g) {
  graft_taps *c = &g->taps;
  graft_taps_prepare(c);
  if (c->is_bf16) return graft_weight_gradient_prepare_bf16(g);
  g->weight_count = (ptrdiff_t)c->taps * c->depth * c->out_channels;
  // Large weights are split over depth, small ones over images; both from the shape alone.
  g->depth_tasks = g->weight_count > 64 * 1024 ? ceiling(c->depth, 64) : 1;
  g->depth_split = ceiling(c->depth, g->depth_tasks);
  g->depth_tasks = ceiling(c->depth, g->depth_split);
  int by_memory = (int)((4 << 20) / most(1, (int)g->weight_count));
  g->chunks = most(1, least(c->batch, least(ceiling(16, g->depth_tasks), by_memory)));
  g->images_per_chunk = ceiling(c->batch, g->chunks);
  g->chunks = ceiling(c->batch, g->images_per_chunk);
  int row_floats = packed_width(c) * g->depth_split;
  int by_rows = (ROWS_FLOATS / most(1, row_floats) - (c->max_y - c->min_y)) / c->stride_y;
  g->rows_per_pack = most(1, least(c->out_h, least(least(by_rows, GRAFT_MOST_TAPS), ceiling(512, c->out_w))));
  g->scratch_count =
      (ptrdiff_t)packed_height(c, g->rows_per_pack) * row_floats + GRAFT_SLACK;
  g->task_count = g->chunks * g->depth_tasks;
}

void graft_weight_gradient_task(
    const graft_weight_gradient *g, int task, const float *input, const float *output_gradient,
    float *partials, float *scratch) {
  const graft_taps *c = &g->taps;
  if (c->is_bf16)
    return graft_weight_gradient_task_bf16(
        g, task, input, output_gradient, partials, scratch);
  int chunk = task / g->depth_tasks;
  int k0 = task % g->depth_tasks * g->depth_split;
  int depth = least(g->depth_split, c->depth - k0);
  int last_image = least(c->batch, (chunk + 1) * g->images_per_chunk);
  float *partial = partials + chunk * g->weight_count;
  // Neighboring taps make longer tiles where they and their channels lie side by side.
  int whole = depth == c->depth && graft_taps_form_rows(c) &&
              (!c->is_direct || c->in_channels == c->depth);
  int tap_columns = whole ? c->max_x - c->min_x + 1 : 1;
  int values = tap_columns * depth;
  ptrdiff_t a_offset[GRAFT_MOST_TAPS], b_offset[GRAFT_MOST_TAPS];
  int adds = 0;

  for (int n = chunk * g->images_per_chunk; n < last_image; n++) {
    const float *image = input + (ptrdiff_t)n * c->in_h * c->in_w * c->in_channels;
    const float *dy = output_gradient + c->out_origin + n * c->out_image;
    for (int first_row = 0; first_row < c->out_h; first_row += g->rows_per_pack) {
      int rows = least(g->rows_per_pack, c->out_h - first_row);
      rows_view view = view_rows(c, image, first_row, rows, 0, k0, depth, scratch);
      for (int y = 0; y < rows; y++) {
        a_offset[y] = (ptrdiff_t)y * c->stride_y * view.line;
        b_offset[y] = (first_row + y) * c->out_row;
      }
      for (int o0 = 0; o0 < c->out_channels;) {
        int lanes = least(c->panel_width, c->out_channels - o0);
        int vectors = ceiling(lanes, 16), last_lanes = lanes - (vectors - 1) * 16;
        int step = tile_rows(values, graft_tile_rows(vectors));
        for (int t = 0; t < c->taps; t += tap_columns) {
          const float *at = view.start + (c->tap_y[t] - view.y) * view.line +
                            (c->tap_x[t] - view.x) * view.pixel;
          float *out = partial + ((ptrdiff_t)t * c->depth + k0) * c->out_channels + o0;
          for (int p = 0; p < values; p += step) {
            int tile = least(step, values - p);
            graft_tile_kernel(tile, vectors)(
                rows, a_offset, b_offset, c->out_w, at + p, 1, c->stride_x * view.pixel, dy + o0,
                c->out_pixel, out + (ptrdiff_t)p * c->out_channels, c->out_channels, last_lanes,
                adds);
          }
        }
        o0 += lanes;
      }
      adds = 1;
    }
  }
}

GRAFT_DISPATCHED void graft_sum_chunks(
    const float *partials, int chunks, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t last,
    float *sum, int accumulates) {
  for (ptrdiff_t i = first; i < last; i++) {
    float total = partials[i];
    for (int chunk = 1; chunk < chunks; chunk++) total += partials[chunk * stride + i];
    sum[i] = accumulates ? sum[i] + total : total;
  }
}
