// Which taps a convolution has, and how its output is cut into tasks: from shapes alone, in any
// precision.
#include "convolution/taps.h"

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

void graft_taps_find_extent(graft_taps *c) {
  c->min_y = c->max_y = c->tap_y[0];
  c->min_x = c->max_x = c->tap_x[0];
  for (int t = 1; t < c->taps; t++) {
    c->min_y = int_min(c->min_y, c->tap_y[t]);
    c->max_y = int_max(c->max_y, c->tap_y[t]);
    c->min_x = int_min(c->min_x, c->tap_x[t]);
    c->max_x = int_max(c->max_x, c->tap_x[t]);
  }
}

int graft_taps_stay_inside(const graft_taps *c) {
  return c->min_y >= 0 && c->min_x >= 0 && (c->out_h - 1) * c->stride_y + c->max_y < c->in_h &&
         (c->out_w - 1) * c->stride_x + c->max_x < c->in_w;
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

void graft_taps_cut(graft_taps *c, int images_per_task) {
  c->images_per_task = images_per_task;
  c->image_tasks = ceil_div(c->batch, c->images_per_task);
  int tasks = c->image_tasks * c->row_tasks * c->x_tasks;
  c->column_tasks = int_min(c->column_blocks, int_max(1, 32 / tasks));
  c->columns_per_task = ceil_div(c->column_blocks, c->column_tasks);
  c->column_tasks = ceil_div(c->column_blocks, c->columns_per_task);
  c->task_count = tasks * c->column_tasks;
}

graft_taps_part graft_taps_part_of(const graft_taps *c, int task) {
  graft_taps_part part;
  part.first_block = task % c->column_tasks * c->columns_per_task;
  part.last_block = int_min(c->column_blocks, part.first_block + c->columns_per_task);
  task /= c->column_tasks;
  part.first_x = task % c->x_tasks * c->x_per_task;
  part.columns = int_min(c->x_per_task, c->out_w - part.first_x);
  task /= c->x_tasks;
  part.first_row = task % c->row_tasks * c->rows_per_task;
  part.rows = int_min(c->rows_per_task, c->out_h - part.first_row);
  part.first_image = task / c->row_tasks * c->images_per_task;
  part.last_image = int_min(c->batch, part.first_image + c->images_per_task);
  return part;
}
