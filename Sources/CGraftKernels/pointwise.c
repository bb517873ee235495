#include <string.h>

#include "normalisation.h"
#include "products.h"

static int least(int a, int b) { return a < b ? a : b; }

void graft_pointwise_forward(
    const graft_taps *block, const float *input, const graft_norm *norm, const float *panels,
    float *output, double *record, float *scratch) {
  int pixels = block->in_w;
  if (norm) {
    graft_norm_apply(norm, input, pixels, block->depth, scratch);
    input = scratch;
  }
  for (int task = 0; task < block->task_count; task++)
    graft_taps_task(block, task, input, panels, output, 0, 0, 0, GRAFT_LINEAR, 0);
  if (record) graft_norm_sums(output, pixels, block->out_channels, record);
}

/// dw[i, o] += sum over pixels of x[p, i] * dy[p, o].
static void add_products(
    const float *x, const float *dy, int pixels, int inputs, int outputs, float *dw) {
  const ptrdiff_t start = 0;
  int widest = graft_tile_vectors();
  for (int o = 0; o < outputs; o += widest * 16) {
    int lanes = least(widest * 16, outputs - o);
    int vectors = (lanes + 15) / 16, last_lanes = lanes - (vectors - 1) * 16;
    int tiles = (inputs + graft_tile_rows(vectors) - 1) / graft_tile_rows(vectors);
    int rows = (inputs + tiles - 1) / tiles;
    for (int i = 0; i < inputs; i += rows)
      graft_tile_kernel(least(rows, inputs - i), vectors)(
          1, &start, &start, pixels, x + i, 1, inputs, dy + o, outputs,
          dw + (ptrdiff_t)i * outputs + o, outputs, last_lanes, 1);
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
          block, task, dy, o->panels, o->input_gradient, o->accumulates, 0, 0, GRAFT_LINEAR, 0);
    if (o->sums)
      graft_norm_gradient_sums(o->input_norm, x, o->input_gradient, pixels, inputs, o->sums);
  }
  if (!o->weight_gradient) return;
  if (o->input_norm) {
    graft_norm_apply(o->input_norm, x, pixels, inputs, scratch);
    x = scratch;
  }
  add_products(x, dy, pixels, inputs, outputs, o->weight_gradient);
}
