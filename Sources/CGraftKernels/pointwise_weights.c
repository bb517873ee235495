// The weight gradient of a 1×1 convolution: one product, x transposed times dy, over all pixels.
//
// Channels of both lie a power of two apart as a rule, so that columns would share a few sets of the
// cache: blocks of pixels are packed first.
#include <string.h>

#include "graft_kernels.h"
#include "products.h"

#define PIXELS 128
#define DEPTH 64

static int least(int a, int b) { return a < b ? a : b; }
static int most(int a, int b) { return a > b ? a : b; }
static int ceiling(int a, int b) { return (a + b - 1) / b; }

void graft_pointwise_weights_prepare(graft_pointwise_weights *g) {
  g->panel_width = graft_panel_width(g->out_channels);
  g->depth_tasks = ceiling(g->in_channels, DEPTH);
  g->depth_split = ceiling(g->in_channels, g->depth_tasks);
  g->weight_count = (ptrdiff_t)g->in_channels * g->out_channels;
  // Small weights are split over pixels too, as far as their partial sums stay small.
  int blocks = ceiling(g->pixels, PIXELS);
  int by_memory = (int)((4 << 20) / g->weight_count);
  g->chunks = most(1, least(blocks, least(ceiling(32, g->depth_tasks), by_memory)));
  g->pixels_per_chunk = ceiling(blocks, g->chunks) * PIXELS;
  g->chunks = ceiling(g->pixels, g->pixels_per_chunk);
  g->task_count = g->chunks * g->depth_tasks;
  g->scratch_count = PIXELS * (g->depth_split + 16 + g->panel_width) + GRAFT_SLACK;
}

/// Rows of `count` floats, `stride` apart in the picture and `width` apart in the block.
static void pack(
    const float *x, ptrdiff_t stride, int rows, int count, float *block, int width) {
  for (int r = 0; r < rows; r++) memcpy(block + r * width, x + r * stride, sizeof(float) * count);
}

void graft_pointwise_weights_task(
    const graft_pointwise_weights *g, int task, const float *input, const float *output_gradient,
    float *partials, float *scratch) {
  int chunk = task / g->depth_tasks, first_k = task % g->depth_tasks * g->depth_split;
  int depth = least(g->depth_split, g->in_channels - first_k);
  int first = chunk * g->pixels_per_chunk;
  int last = least(g->pixels, first + g->pixels_per_chunk);
  float *partial = partials + chunk * g->weight_count + (ptrdiff_t)first_k * g->out_channels;
  int x_row = g->depth_split + 16;
  float *x = scratch, *dy = scratch + PIXELS * x_row;
  for (int p = first; p < last; p += PIXELS) {
    int pixels = least(PIXELS, last - p);
    pack(input + (ptrdiff_t)p * g->in_channels + first_k, g->in_channels, pixels, depth, x, x_row);
    for (int o = 0; o < g->out_channels; o += g->panel_width) {
      int lanes = least(g->panel_width, g->out_channels - o), vectors = ceiling(lanes, 16);
      pack(
          output_gradient + (ptrdiff_t)p * g->out_channels + o, g->out_channels, pixels, lanes, dy,
          g->panel_width);
      graft_multiply_block(
          depth, pixels, x, 1, x_row, dy, g->panel_width, partial + o, g->out_channels, vectors,
          lanes - (vectors - 1) * 16, p > first);
    }
  }
}
