// 1×1 convolutions over blocks of pixels, with the norms around them: forward and both gradients.
#include <string.h>

#include "common/arithmetic.h"
#include "graft_convolution.h"
#include "norms/batch_norm.h"
#include "products/products.h"

// From this many input channels on, products prefetch the next block of pixels.
#define MIN_INPUTS 96


/// y = x times the panels, for a block of pixels; prefetches the rows of x that come `next`.
static void multiply(
    const graft_taps *block, const float *x, const float *panels, float *y, const float *next,
    int next_pixels) {
  const ptrdiff_t zero = 0;
  int pixels = block->in_w, depth = block->depth, width = block->panel_width;
  int outputs = block->out_channels, max_rows = graft_tile_rows(width / 16);
  int tiles = ceil_div(pixels, max_rows), rows = ceil_div(pixels, tiles);
  int pieces = ceil_div(depth, GRAFT_PANEL_DEPTH), piece = ceil_div(depth, pieces);
  int share = 0, shares = block->column_blocks * pieces * tiles;
  for (int o = 0; o < outputs; o += width, panels += (ptrdiff_t)depth * width) {
    int lanes = int_min(width, outputs - o);
    int vectors = ceil_div(lanes, 16), last_lanes = lanes - (vectors - 1) * 16;
    for (int k = 0; k < depth; k += piece) {
      for (int p = 0; p < pixels; p += rows) {
        graft_prefetch_share(next, next_pixels, depth, depth, share++, shares);
        graft_tile_kernel(int_min(rows, pixels - p), vectors)(
            1, &zero, &zero, int_min(piece, depth - k), x + (ptrdiff_t)p * depth + k, depth, 1,
            panels + (ptrdiff_t)k * width, width, y + (ptrdiff_t)p * outputs + o, outputs,
            last_lanes, k > 0);
      }
    }
  }
}

void graft_pointwise_forward(
    const graft_taps *block, const float *input, int next_pixels, const graft_norm *norm,
    const float *panels, float *output, double *record, float *scratch) {
  int pixels = block->in_w;
  const float *x = input, *next = input + (ptrdiff_t)pixels * block->depth;
  if (norm) {
    graft_norm_apply(norm, input, pixels, block->depth, scratch);
    x = scratch;
    scratch += (ptrdiff_t)pixels * block->depth + GRAFT_SLACK;
  }
  if (block->is_bf16) {
    for (int task = 0; task < block->task_count; task++)
      graft_taps_task(block, task, x, panels, output, 0, 0, 0, GRAFT_LINEAR, scratch);
  } else {
    multiply(block, x, panels, output, next, next_pixels);
  }
  if (record) graft_norm_sums(output, 0, pixels, block->out_channels, record);
}

/// dw[i, o] += sum over pixels of x[p, i] * dy[p, o]; prefetches the next block.
static void add_products(
    const float *x, const float *dy, int pixels, int inputs, int outputs,
    const graft_pointwise_operands *operands) {
  const ptrdiff_t zero = 0;
  int width = graft_tile_vectors() * 16, panels = ceil_div(outputs, width);
  const float *next_x = operands->input + (ptrdiff_t)pixels * inputs;
  const float *next_dy = operands->output_gradient + (ptrdiff_t)pixels * outputs;
  const float *next_output = operands->output + (ptrdiff_t)pixels * outputs;
  // Narrow inputs have few tiles, which would wait for their prefetches.
  int next = inputs >= MIN_INPUTS ? operands->next_pixels : 0;
  int next_normalized = operands->output_norm ? next : 0;
  for (int panel = 0; panel < panels; panel++) {
    int o = panel * width, lanes = int_min(width, outputs - o);
    int vectors = ceil_div(lanes, 16), last_lanes = lanes - (vectors - 1) * 16;
    int tiles = ceil_div(inputs, graft_tile_rows(vectors)), rows = ceil_div(inputs, tiles);
    for (int tile = 0, i = 0; i < inputs; tile++, i += rows) {
      int share = panel * tiles + tile, shares = panels * tiles;
      graft_prefetch_share(next_x, next, inputs, inputs, share, shares);
      graft_prefetch_share(next_dy, next, outputs, outputs, share, shares);
      graft_prefetch_share(next_output, next_normalized, outputs, outputs, share, shares);
      graft_tile_kernel(int_min(rows, inputs - i), vectors)(
          1, &zero, &zero, pixels, x + i, 1, inputs, dy + o, outputs,
          operands->weight_gradient + (ptrdiff_t)i * outputs + o, outputs, last_lanes, 1);
    }
  }
}

void graft_pointwise_gradient(
    const graft_taps *block, const graft_pointwise_operands *o, float *scratch) {
  int pixels = block->in_w, inputs = block->out_channels, outputs = block->depth;
  const float *dy = o->output_gradient, *x = o->input;
  if (o->output_norm) {
    graft_norm_data_gradient(o->output_norm, o->output, dy, pixels, outputs, 0, scratch);
    dy = scratch;
    scratch += (ptrdiff_t)pixels * outputs + GRAFT_SLACK;
  }
  if (o->input_gradient) {
    for (int task = 0; task < block->task_count; task++)
      graft_taps_task(
          block, task, dy, o->panels, o->input_gradient, o->accumulates, 0, 0, GRAFT_LINEAR,
          scratch);
    if (o->sums)
      graft_norm_gradient_sums(o->input_norm, x, o->input_gradient, pixels, inputs, o->sums);
  }
  if (!o->weight_gradient) return;
  if (o->input_norm) {
    graft_norm_apply(o->input_norm, x, pixels, inputs, scratch);
    x = scratch;
  }
  add_products(x, dy, pixels, inputs, outputs, o);
}
