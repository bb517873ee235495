// Tap convolutions in float32.
#include <string.h>

#include "convolution/taps_rows.h"
#include "products/products.h"

// Packed weights stay within a quarter of a 1 MiB L2.
#define PANEL_FLOATS (64 * 1024)

void graft_taps_prepare_f32(graft_taps *c) {
  c->is_direct = c->min_y >= 0 && c->min_x >= 0 &&
                 (c->out_h - 1) * c->stride_y + c->max_y < c->in_h &&
                 (c->out_w - 1) * c->stride_x + c->max_x < c->in_w;
  c->panel_width = graft_panel_width(c->out_channels);
  c->column_blocks = ceil_div(c->out_channels, c->panel_width);
  int max_depth = int_max(1, PANEL_FLOATS / (c->taps * 64));
  c->depth_blocks = ceil_div(c->depth, max_depth);
  c->depth_block = ceil_div(c->depth, c->depth_blocks);
  c->depth_blocks = ceil_div(c->depth, c->depth_block);
  c->joins_rows = c->depth_blocks == 1 && graft_taps_form_rows(c) &&
                  (!c->is_direct || c->in_channels == c->depth);

  // A task is a block of rows of some images, and some columns of the weights.
  int row_floats = packed_width(c) * c->depth_block;
  int by_memory = c->is_direct ? c->out_h : (ROWS_FLOATS / int_max(1, row_floats) -
                                             (c->max_y - c->min_y)) / c->stride_y;
  int by_pixels = ceil_div(512, c->out_w);
  c->rows_per_task = int_max(1, int_min(c->out_h, int_min(by_memory, by_pixels)));
  c->row_tasks = ceil_div(c->out_h, c->rows_per_task);
  c->rows_per_task = ceil_div(c->out_h, c->row_tasks);
  c->row_tasks = ceil_div(c->out_h, c->rows_per_task);
  c->x_tasks = 1;
  c->x_per_task = c->out_w;
  if (c->is_direct && c->out_h == 1 && c->out_w > 192) {
    c->x_tasks = ceil_div(c->out_w, 192);
    c->x_per_task = ceil_div(c->out_w, c->x_tasks);
    c->x_tasks = ceil_div(c->out_w, c->x_per_task);
  }
  int pixels = c->rows_per_task * c->x_per_task;
  graft_taps_cut(c, int_max(1, int_min(c->batch, 96 / int_max(1, pixels))));
  c->panel_count = (ptrdiff_t)c->column_blocks * c->taps * c->depth * c->panel_width;
  c->scratch_count =
      c->is_direct ? 0 : (ptrdiff_t)packed_height(c, c->rows_per_task) * row_floats + GRAFT_SLACK;
}

void graft_taps_pack_f32(
    const graft_taps *c, const float *weights, ptrdiff_t slab_count, ptrdiff_t k_stride,
    ptrdiff_t o_stride, const float *scale, float *panels, int column_block) {
  int width = c->panel_width, first = column_block * width;
  int lanes = int_min(width, c->out_channels - first);
  float *panel = panels + (ptrdiff_t)column_block * c->taps * c->depth * width;
  for (int k0 = 0; k0 < c->depth; k0 += c->depth_block) {
    int k1 = int_min(c->depth, k0 + c->depth_block);
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

/// One block of columns over all rows of a part of an image, from channel k0 on: output (+)=
/// products. Offsets are those of the view and of the packed weights, one for each tap or row of taps.
GRAFT_INLINE void multiply_block(
    const graft_taps *c, const graft_taps_part *part, const graft_rows_view *view, int block, int k0,
    int depth, int tap_columns, const ptrdiff_t *a_offset, const ptrdiff_t *b_offset,
    const float *panels, float *output, int adds) {
  int width = c->panel_width, columns = part->columns, outer = c->taps / tap_columns;
  int lanes = int_min(width, c->out_channels - block * width);
  int vectors = ceil_div(lanes, 16), last_lanes = lanes - (vectors - 1) * 16;
  const float *b = panels + (ptrdiff_t)block * c->taps * c->depth * width +
                   (ptrdiff_t)k0 * c->taps * width;
  int step = tile_rows(columns, graft_tile_rows(vectors));
  ptrdiff_t run = (ptrdiff_t)depth * tap_columns, a_row = c->stride_x * view->pixel;
  // Taps, or a piece of one, whose weights stay in the L1 cache while all rows are read.
  int group = int_max(1, GRAFT_PANEL_DEPTH / (int)run);
  ptrdiff_t piece = ceil_div((int)run, ceil_div((int)run, GRAFT_PANEL_DEPTH));
  for (int t = 0; t < outer; t += group) {
    for (ptrdiff_t k = 0; k < run; k += piece) {
      ptrdiff_t count = run - k < piece ? run - k : piece;
      for (int y = 0; y < part->rows; y++) {
        for (int x = 0; x < columns; x += step) {
          const float *at = view->start + y * c->stride_y * view->line + x * a_row + k;
          if (c->is_direct && block == part->first_block)
            graft_prefetch_rows(at + step * a_row + a_offset[t], step, a_row, count);
          graft_tile_kernel(int_min(step, columns - x), vectors)(
              int_min(group, outer - t), a_offset + t, b_offset + t, count, at, a_row, 1,
              b + k * width, width, output + y * c->out_row + x * c->out_pixel + block * width,
              c->out_pixel, last_lanes, adds || t > 0 || k > 0);
        }
      }
    }
  }
}

void graft_taps_task_f32(
    const graft_taps *c, int task, const float *input, const float *panels, float *output,
    int accumulates, const float *bias, const float *residual, graft_activation activation,
    float *scratch) {
  graft_taps_part part = graft_taps_part_of(c, task);
  int tap_columns = c->joins_rows ? c->max_x - c->min_x + 1 : 1;
  ptrdiff_t a_offset[GRAFT_MAX_TAPS], b_offset[GRAFT_MAX_TAPS];
  for (int n = part.first_image; n < part.last_image; n++) {
    const float *image = input + (ptrdiff_t)n * c->in_h * c->in_w * c->in_channels;
    float *out_image = output + c->out_origin + n * c->out_image + part.first_row * c->out_row +
                       part.first_x * c->out_pixel;
    for (int k0 = 0; k0 < c->depth; k0 += c->depth_block) {
      int depth = int_min(c->depth_block, c->depth - k0);
      graft_rows_view view = graft_taps_view_rows(
          c, image, part.first_row, part.rows, part.first_x, k0, depth, scratch);
      for (int t = 0; t < c->taps / tap_columns; t++) {
        int tap = t * tap_columns;
        a_offset[t] =
            (c->tap_y[tap] - view.y) * view.line + (c->tap_x[tap] - view.x) * view.pixel;
        b_offset[t] = (ptrdiff_t)tap * depth * c->panel_width;
      }
      for (int block = part.first_block; block < part.last_block; block++)
        multiply_block(
            c, &part, &view, block, k0, depth, tap_columns, a_offset, b_offset, panels, out_image,
            accumulates || k0 > 0);
    }
    graft_taps_finish(
        c, &part, out_image, bias, residual ? residual + (out_image - output) : 0, activation);
  }
}
