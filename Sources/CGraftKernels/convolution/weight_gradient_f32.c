// The weight gradient of a tap convolution in float32.
#include "convolution/taps_rows.h"
#include "products/products.h"

void graft_weight_gradient_prepare_f32(graft_weight_gradient *g) {
  graft_taps *c = &g->taps;
  g->weight_count = (ptrdiff_t)c->taps * c->depth * c->out_channels;
  // Large weights are split over depth, small ones over images; both from the shape alone.
  g->depth_tasks = g->weight_count > 64 * 1024 ? ceil_div(c->depth, 64) : 1;
  g->depth_split = ceil_div(c->depth, g->depth_tasks);
  g->depth_tasks = ceil_div(c->depth, g->depth_split);
  int by_memory = (int)((4 << 20) / int_max(1, (int)g->weight_count));
  g->chunks = int_max(1, int_min(c->batch, int_min(ceil_div(16, g->depth_tasks), by_memory)));
  g->images_per_chunk = ceil_div(c->batch, g->chunks);
  g->chunks = ceil_div(c->batch, g->images_per_chunk);
  int row_floats = packed_width(c) * g->depth_split;
  int by_rows = (ROWS_FLOATS / int_max(1, row_floats) - (c->max_y - c->min_y)) / c->stride_y;
  g->rows_per_pack = int_max(
      1, int_min(c->out_h, int_min(int_min(by_rows, GRAFT_MAX_TAPS), ceil_div(512, c->out_w))));
  g->scratch_count =
      (ptrdiff_t)packed_height(c, g->rows_per_pack) * row_floats + GRAFT_SLACK;
  g->task_count = g->chunks * g->depth_tasks;
}

/// Products of some rows of inputs and of output gradients: partial[tap][k0 + k][o] (+)= their sum
/// over the rows' pixels. Offsets are those of each row.
GRAFT_INLINE void add_products(
    const graft_taps *c, const graft_rows_view *view, int rows, int k0, int depth, int tap_columns,
    const ptrdiff_t *a_offset, const ptrdiff_t *b_offset, const float *dy, float *partial,
    int adds) {
  int values = tap_columns * depth;
  for (int o0 = 0; o0 < c->out_channels;) {
    int lanes = int_min(c->panel_width, c->out_channels - o0);
    int vectors = ceil_div(lanes, 16), last_lanes = lanes - (vectors - 1) * 16;
    int step = tile_rows(values, graft_tile_rows(vectors));
    for (int t = 0; t < c->taps; t += tap_columns) {
      const float *at = view->start + (c->tap_y[t] - view->y) * view->line +
                        (c->tap_x[t] - view->x) * view->pixel;
      float *out = partial + ((ptrdiff_t)t * c->depth + k0) * c->out_channels + o0;
      for (int p = 0; p < values; p += step) {
        int tile = int_min(step, values - p);
        graft_tile_kernel(tile, vectors)(
            rows, a_offset, b_offset, c->out_w, at + p, 1, c->stride_x * view->pixel, dy + o0,
            c->out_pixel, out + (ptrdiff_t)p * c->out_channels, c->out_channels, last_lanes, adds);
      }
    }
    o0 += lanes;
  }
}

void graft_weight_gradient_task_f32(
    const graft_weight_gradient *g, int task, const float *input, const float *output_gradient,
    float *partials, float *scratch) {
  const graft_taps *c = &g->taps;
  int chunk = task / g->depth_tasks;
  int k0 = task % g->depth_tasks * g->depth_split;
  int depth = int_min(g->depth_split, c->depth - k0);
  int last_image = int_min(c->batch, (chunk + 1) * g->images_per_chunk);
  float *partial = partials + chunk * g->weight_count;
  // Neighboring taps make longer tiles where they and their channels lie side by side.
  int whole = depth == c->depth && graft_taps_form_rows(c) &&
              (!c->is_direct || c->in_channels == c->depth);
  int tap_columns = whole ? c->max_x - c->min_x + 1 : 1;
  ptrdiff_t a_offset[GRAFT_MAX_TAPS], b_offset[GRAFT_MAX_TAPS];
  int adds = 0;
  for (int n = chunk * g->images_per_chunk; n < last_image; n++) {
    const float *image = input + (ptrdiff_t)n * c->in_h * c->in_w * c->in_channels;
    const float *dy = output_gradient + c->out_origin + n * c->out_image;
    for (int first_row = 0; first_row < c->out_h; first_row += g->rows_per_pack) {
      int rows = int_min(g->rows_per_pack, c->out_h - first_row);
      graft_rows_view view =
          graft_taps_view_rows(c, image, first_row, rows, 0, k0, depth, scratch);
      for (int y = 0; y < rows; y++) {
        a_offset[y] = (ptrdiff_t)y * c->stride_y * view.line;
        b_offset[y] = (first_row + y) * c->out_row;
      }
      add_products(
          c, &view, rows, k0, depth, tap_columns, a_offset, b_offset, dy, partial, adds);
      adds = 1;
    }
  }
}
