// What tap convolutions in float32 and in bfloat16 share: geometry, tasks and the epilogue.
#pragma once
#include "common/arithmetic.h"
#include "graft_convolution.h"

/// Widths of tiles over a row of `count` outputs: as equal as they can be.
static inline int tile_rows(int count, int max_rows) {
  return ceil_div(count, ceil_div(count, max_rows));
}

/// Whether no tap reads outside the input.
int graft_taps_stay_inside(const graft_taps *taps);

/// Whether taps form full rows of neighbors: a row of them is one run of depth * width in
/// packed data.
int graft_taps_form_rows(const graft_taps *taps);

/// The part of the output that one task computes.
typedef struct {
  int first_image, last_image, first_row, rows, first_x, columns, first_block, last_block;
} graft_taps_part;

graft_taps_part graft_taps_part_of(const graft_taps *taps, int task);

/// Finds how far taps reach.
void graft_taps_find_extent(graft_taps *taps);

/// Cuts images, and columns where that leaves few tasks, once rows and their pixels are cut.
void graft_taps_cut(graft_taps *taps, int images_per_task);

/// y = activation(y + bias + residual) over a part of one image, whose first pixel is y[0].
void graft_taps_finish(
    const graft_taps *taps, const graft_taps_part *part, float *y, const float *bias,
    const float *residual, graft_activation activation);

/// Whether inputs or outputs are stored as bfloat16.
static inline int graft_taps_store_bf16(const graft_taps *taps) {
  return taps->in_bf16 || taps->out_bf16;
}

// The functions of graft_convolution.h in float32.
void graft_taps_prepare_f32(graft_taps *taps);
void graft_taps_pack_f32(
    const graft_taps *taps, const float *weights, ptrdiff_t slab, ptrdiff_t k_stride,
    ptrdiff_t o_stride, const float *scale, float *panels, int column_block);
void graft_taps_task_f32(
    const graft_taps *taps, int task, const float *input, const float *panels, float *output,
    int accumulates, const float *bias, const float *residual, graft_activation activation,
    float *scratch);
void graft_weight_gradient_prepare_f32(graft_weight_gradient *gradient);
void graft_weight_gradient_task_f32(
    const graft_weight_gradient *gradient, int task, const float *input,
    const float *output_gradient, float *partials, float *scratch);

// The same in bfloat16.
void graft_taps_prepare_bf16(graft_taps *taps);
void graft_taps_pack_bf16(
    const graft_taps *taps, const float *weights, ptrdiff_t slab, ptrdiff_t k_stride,
    ptrdiff_t o_stride, const float *scale, float *panels, int column_block);
void graft_taps_task_bf16(
    const graft_taps *taps, int task, const float *input, const float *panels, float *output,
    int accumulates, const float *bias, const float *residual, graft_activation activation,
    float *scratch);
void graft_weight_gradient_prepare_bf16(graft_weight_gradient *gradient);
void graft_weight_gradient_task_bf16(
    const graft_weight_gradient *gradient, int task, const void *input,
    const void *output_gradient, float *partials, float *scratch);

/// One task where inputs or outputs are stored as bfloat16.
void graft_taps_task_stored(
    const graft_taps *taps, int task, const void *input, const float *panels, void *output,
    const float *bias, const void *residual, graft_activation activation, float *scratch);
