// Tap convolutions in either precision: each call is passed to the float32 or the bfloat16 files.
#include "convolution/taps.h"

void graft_taps_prepare(graft_taps *taps) {
  graft_taps_find_extent(taps);
  if (taps->is_bf16)
    graft_taps_prepare_bf16(taps);
  else
    graft_taps_prepare_f32(taps);
}

void graft_taps_pack(
    const graft_taps *taps, const float *weights, ptrdiff_t slab, ptrdiff_t k_stride,
    ptrdiff_t o_stride, const float *scale, float *panels, int column_block) {
  if (taps->is_bf16)
    graft_taps_pack_bf16(taps, weights, slab, k_stride, o_stride, scale, panels, column_block);
  else
    graft_taps_pack_f32(taps, weights, slab, k_stride, o_stride, scale, panels, column_block);
}

void graft_taps_task(
    const graft_taps *taps, int task, const void *input, const float *panels, void *output,
    int accumulates, const float *bias, const void *residual, graft_activation activation,
    float *scratch) {
  if (graft_taps_store_bf16(taps))
    // What is there already is a residual.
    graft_taps_task_stored(
        taps, task, input, panels, output, bias, accumulates ? output : residual, activation,
        scratch);
  else if (taps->is_bf16)
    graft_taps_task_bf16(
        taps, task, input, panels, output, accumulates, bias, residual, activation, scratch);
  else
    graft_taps_task_f32(
        taps, task, input, panels, output, accumulates, bias, residual, activation, scratch);
}

void graft_weight_gradient_prepare(graft_weight_gradient *gradient) {
  graft_taps_prepare(&gradient->taps);
  if (gradient->taps.is_bf16)
    graft_weight_gradient_prepare_bf16(gradient);
  else
    graft_weight_gradient_prepare_f32(gradient);
}

void graft_weight_gradient_task(
    const graft_weight_gradient *gradient, int task, const void *input,
    const void *output_gradient, float *partials, float *scratch) {
  if (gradient->taps.is_bf16)
    graft_weight_gradient_task_bf16(gradient, task, input, output_gradient, partials, scratch);
  else
    graft_weight_gradient_task_f32(gradient, task, input, output_gradient, partials, scratch);
}
