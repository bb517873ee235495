// The weight gradient of a 1×1 convolution: one product, x transposed times dy, over all pixels.
//
// A task sums one block of the weights over its chunk of pixels. Channels of both factors lie a power
// of two apart as a rule, so that columns would share a few sets of the cache: blocks of pixels are
// packed first, unless all their channels are one run. What is packed next comes from memory: tiles
// ask for it, each for its share, while they multiply.
#include <string.h>

#include "graft_kernels.h"
#include "products/products.h"

// A block of pixels, and the weights of one task: its factors stay in the L2 cache with their sums.
#define PIXELS 128
#define DEPTH 256
#define COLUMNS 256
// Fewer weights are split over pixels too.
#define TASKS 16
// Up to so many channels are multiplied where they lie.
#define NARROW 64

static int least(int a, int b) { return a < b ? a : b; }
static int most(int a, int b) { return a > b ? a : b; }
static int ceiling(int a, int b) { return (a + b - 1) / b; }

void graft_pointwise_weights_prepare(graft_pointwise_weights *g) {
  g->panel_width = graft_panel_width(g->out_channels);
  g->depth_tasks = ceiling(g->in_channels, DEPTH);
  g->depth_split = ceiling(g->in_channels, g->depth_tasks);
  int panels = ceiling(g->out_channels, g->panel_width);
  g->columns_per_task = ceiling(panels, ceiling(g->out_channels, COLUMNS)) * g->panel_width;
  g->column_tasks = ceiling(g->out_channels, g->columns_per_task);
  g->weight_count = (ptrdiff_t)g->in_channels * g->out_channels;
  // As far as the chunks' partial sums stay small.
  int blocks = ceiling(g->pixels, PIXELS);
  int by_memory = (int)((4 << 20) / g->weight_count);
  int by_tasks = ceiling(TASKS, g->depth_tasks * g->column_tasks);
  g->chunks = most(1, least(blocks, least(by_tasks, by_memory)));
  g->pixels_per_chunk = ceiling(blocks, g->chunks) * PIXELS;
  g->chunks = ceiling(g->pixels, g->pixels_per_chunk);
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

void graft_pointwise_weights_task(
    const graft_pointwise_weights *g, int task, const float *input, const float *output_gradient,
    float *partials, float *scratch) {
  int first_o = task % g->column_tasks * g->columns_per_task;
  int last_o = least(g->out_channels, first_o + g->columns_per_task);
  task /= g->column_tasks;
  int first_k = task % g->depth_tasks * g->depth_split, chunk = task / g->depth_tasks;
  int depth = least(g->depth_split, g->in_channels - first_k);
  int first = chunk * g->pixels_per_chunk;
  int last = least(g->pixels, first + g->pixels_per_chunk);
  int x_row = g->depth_split + 16, panels = ceiling(last_o - first_o, g->panel_width);
  float *partial = partials + chunk * g->weight_count + (ptrdiff_t)first_k * g->out_channels;
  const ptrdiff_t zero = 0;

  for (int p = first; p < last; p += PIXELS) {
    int pixels = least(PIXELS, last - p), next_pixels = least(PIXELS, last - p - pixels);
    const float *block = input + (ptrdiff_t)p * g->in_channels + first_k;
    pixel_rows x = rows_of(block, g->in_channels, pixels, depth, scratch, x_row);
    const float *next_x = block + (ptrdiff_t)pixels * g->in_channels;
    for (int panel = 0; panel < panels; panel++) {
      int o = first_o + panel * g->panel_width, lanes = least(g->panel_width, last_o - o);
      int vectors = ceiling(lanes, 16), last_lanes = lanes - (vectors - 1) * 16;
      const float *columns = output_gradient + (ptrdiff_t)p * g->out_channels + o;
      pixel_rows dy = rows_of(
          columns, g->out_channels, pixels, lanes, scratch + PIXELS * x_row, g->panel_width);
      // The next panel of these pixels, or the first of the next.
      int is_last = panel == panels - 1;
      const float *next_dy = is_last ? columns + (ptrdiff_t)pixels * g->out_channels - (o - first_o)
                                     : columns + g->panel_width;
      int tiles = ceiling(depth, graft_tile_rows(vectors)), rows = ceiling(depth, tiles);
      for (int tile = 0, k = 0; k < depth; tile++, k += rows) {
        graft_prefetch_share(
            next_dy, is_last ? next_pixels : pixels, g->out_channels, g->panel_width, tile, tiles);
        graft_prefetch_share(
            next_x, next_pixels, g->in_channels, depth, panel * tiles + tile, panels * tiles);
        float *sum = partial + (ptrdiff_t)k * g->out_channels + o;
        if (k + rows < depth)
          graft_prefetch_written(
              sum + (ptrdiff_t)rows * g->out_channels, rows, g->out_channels, lanes);
        graft_tile_kernel(least(rows, depth - k), vectors)(
            1, &zero, &zero, pixels, x.start + k, 1, x.row, dy.start, dy.row, sum,
            g->out_channels, last_lanes, p > first);
      }
    }
  }
}
