// What tap convolutions in float32 and in bfloat16 share.
#pragma once
#include "graft_kernels.h"

static inline int least(int a, int b) { return a < b ? a : b; }
static inline int most(int a, int b) { return a > b ? a : b; }
static inline int ceiling(int a, int b) { return (a + b - 1) / b; }

/// Widths of tiles over a row of `count` outputs: as equal as they can be.
static inline int tile_rows(int count, int most_rows) {
  return ceiling(count, ceiling(count, most_rows));
}

/// Whether taps stand in full rows of neighbors: a row of them is one run of depth * width in
/// packed data.
int graft_taps_form_rows(const graft_taps *taps);

/// The part of the output that one task computes.
typedef struct {
  int first_image, last_image, first_row, rows, first_x, columns, first_block, last_block;
} graft_taps_part;

graft_taps_part graft_taps_part_of(const graft_taps *taps, int task);

/// Cuts images, and columns where that leaves few tasks, once rows and their pixels are cut.
void graft_taps_cut(graft_taps *taps, int images_per_task);

/// y = activation(y + bias + residual) for a row of pixels.
void graft_taps_finish(
    float *y, int pixels, ptrdiff_t pixel, int channels, const float *bias, const float *residual,
    int activation);

// The same functions in bfloat16.
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
    const graft_weight_gradient *gradient, int task, const float *input,
    const float *output_gradient, float *partials, float *scratch);
