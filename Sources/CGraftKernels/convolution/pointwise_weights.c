// The weight gradient of a 1×1 convolution: one product, x transposed times dy, over all pixels.
//
// A task sums one block of the weights over its chunk of pixels. Channels of both factors lie a power
// of two apart as a rule, so that columns would share a few sets of the cache: blocks of pixels are
// packed first, unless all their channels are one run. The data packed next is in memory: tiles
// prefetch it, each its share, while they multiply.
#include <string.h>

#include "common/arithmetic.h"
#include "graft_convolution.h"
#include "products/products.h"

// A block of pixels, and the weights of one task: its factors stay in the L2 cache with their sums.
#define PIXELS 128
#define DEPTH 256
#define COLUMNS 256
// Fewer weights are split over pixels too.
#define TASKS 16
// Up to this many channels are multiplied in place.
#define NARROW 64


void graft_pointwise_weights_prepare(graft_pointwise_weights *g) {
  g->panel_width = graft_panel_width(g->out_channels);
  g->depth_tasks = ceil_div(g->in_channels, DEPTH);
  g->depth_split = ceil_div(g->in_channels, g->depth_tasks);
  int panels = ceil_div(g->out_channels, g->panel_width);
  g->columns_per_task = ceil_div(panels, ceil_div(g->out_channels, COLUMNS)) * g->panel_width;
  g->column_tasks = ceil_div(g->out_channels, g->columns_per_task);
  g->weight_count = (ptrdiff_t)g->in_channels * g->out_channels;
  // As long as the chunks' partial sums stay small.
  int blocks = ceil_div(g->pixels, PIXELS);
  int by_memory = (int)((4 << 20) / g->weight_count);
  int by_tasks = ceil_div(TASKS, g->depth_tasks * g->column_tasks);
  g->chunks = int_max(1, int_min(blocks, int_min(by_tasks, by_memory)));
  g->pixels_per_chunk = ceil_div(blocks, g->chunks) * PIXELS;
  g->chunks = ceil_div(g->pixels, g->pixels_per_chunk);
  g->task_count = g->chunks * g->depth_tasks * g->column_tasks;
  g->scratch_count = PIXELS * (g->depth_split + 16 + g->panel_width) + GRAFT_SLACK;
}

/// A block of pixels: rows of channels, `row` floats apart.
typedef struct {
  const float *start;
  ptrdiff_t row;
} pixel_rows;

/// `count` channels of some pixels, packed into rows of `width` unless they are narrow.
static pixel_rows rows_of(
    const float *x, int channels, int pixels, int count, float *block, int width) {
  if (channels <= NARROW) return (pixel_rows){x, channels};
  for (int p = 0; p < pixels; p++)
    memcpy(block + p * width, x + (ptrdiff_t)p * channels, sizeof(float) * count);
  return (pixel_rows){block, width};
}

/// What the next products read, which tiles prefetch while they multiply.
typedef struct {
  const float *x, *dy;
  int x_pixels, dy_pixels, panel, panels;
} coming_rows;

/// sum[k][o] (+)= the products of some pixels' channels, `depth` of x and `lanes` of dy.
GRAFT_INLINE void multiply_panel(
    const graft_pointwise_weights *g, pixel_rows x, pixel_rows dy, int pixels, int depth, int lanes,
    coming_rows next, float *sums, int accumulates) {
  const ptrdiff_t zero = 0;
  int vectors = ceil_div(lanes, 16), last_lanes = lanes - (vectors - 1) * 16;
  int tiles = ceil_div(depth, graft_tile_rows(vectors)), rows = ceil_div(depth, tiles);
  for (int tile = 0, k = 0; k < depth; tile++, k += rows) {
    graft_prefetch_share(
        next.dy, next.dy_pixels, g->out_channels, g->panel_width, tile, tiles);
    graft_prefetch_share(
        next.x, next.x_pixels, g->in_channels, depth, next.panel * tiles + tile,
        next.panels * tiles);
    float *sum = sums + (ptrdiff_t)k * g->out_channels;
    if (k + rows < depth)
      graft_prefetch_written(
          sum + (ptrdiff_t)rows * g->out_channels, rows, g->out_channels, lanes);
    graft_tile_kernel(int_min(rows, depth - k), vectors)(
        1, &zero, &zero, pixels, x.start + k, 1, x.row, dy.start, dy.row, sum, g->out_channels,
        last_lanes, accumulates);
  }
}

void graft_pointwise_weights_task(
    const graft_pointwise_weights *g, int task, const float *input, const float *output_gradient,
    float *partials, float *scratch) {
  int first_o = task % g->column_tasks * g->columns_per_task;
  int last_o = int_min(g->out_channels, first_o + g->columns_per_task);
  task /= g->column_tasks;
  int first_k = task % g->depth_tasks * g->depth_split, chunk = task / g->depth_tasks;
  int depth = int_min(g->depth_split, g->in_channels - first_k);
  int first = chunk * g->pixels_per_chunk;
  int last = int_min(g->pixels, first + g->pixels_per_chunk);
  int x_row = g->depth_split + 16, panels = ceil_div(last_o - first_o, g->panel_width);
  float *partial = partials + chunk * g->weight_count + (ptrdiff_t)first_k * g->out_channels;
  for (int p = first; p < last; p += PIXELS) {
    int pixels = int_min(PIXELS, last - p), next_pixels = int_min(PIXELS, last - p - pixels);
    const float *block = input + (ptrdiff_t)p * g->in_channels + first_k;
    pixel_rows x = rows_of(block, g->in_channels, pixels, depth, scratch, x_row);
    const float *next_x = block + (ptrdiff_t)pixels * g->in_channels;
    for (int panel = 0; panel < panels; panel++) {
      int o = first_o + panel * g->panel_width, lanes = int_min(g->panel_width, last_o - o);
      const float *columns = output_gradient + (ptrdiff_t)p * g->out_channels + o;
      pixel_rows dy = rows_of(
          columns, g->out_channels, pixels, lanes, scratch + PIXELS * x_row, g->panel_width);
      // The next panel of these pixels, or the first of the next.
      int is_last = panel == panels - 1;
      coming_rows next = {
          .x = next_x, .x_pixels = next_pixels, .dy = columns + g->panel_width,
          .dy_pixels = pixels, .panel = panel, .panels = panels};
      if (is_last) {
        next.dy = columns + (ptrdiff_t)pixels * g->out_channels - (o - first_o);
        next.dy_pixels = next_pixels;
      }
      multiply_panel(g, x, dy, pixels, depth, lanes, next, partial + o, p > first);
    }
  }
}
