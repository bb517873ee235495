// 3x3 convolutions by Winograd's method: forward and both gradients.
#pragma once
#include "graft_kernels.h"
#include "graft_norms.h"

/// A convolution of 3x3 at stride 1 by Winograd's F(4x4, 3x3), in blocks of output tiles.
typedef struct {
  int batch, in_h, in_w, in_channels, out_h, out_w, out_channels, pad_y, pad_x;
  // Filled by graft_winograd_prepare, from the shapes alone.
  int tiles_y, tiles_x, tile_count, blocks, tiles_per_block;
  int panel_width, column_blocks, columns, depth;
  /// Whether all threads share each block, one stage after the other: transform, multiply, store.
  int is_staged, transform_tasks, product_tasks, filter_tasks;
  /// Floats of all transformed filters, and of one block's workspace.
  ptrdiff_t filter_count, block_count;
  ptrdiff_t v_place, m_place;
} graft_winograd;

/// What tiles are cut from: x, or x normalized by a batch norm as it is loaded. With z, x is the
/// gradient of the norm's result and z the norm's input; without, x is the norm's input itself.
typedef struct {
  const float *x, *z;
  const graft_norm *norm;
} graft_winograd_source;

/// Where results go: output = activation(convolution + bias + residual), or output += convolution.
typedef struct {
  float *output;
  const float *bias, *residual;
  int accumulates, activation;
  /// Of the norm that the output goes to, or comes from, when its sums are computed in the same
  /// pass: with z, its input, the sums of `graft_norm_gradient_sums`, else those of
  /// `graft_norm_sums`.
  const graft_norm *norm;
  const float *z;
} graft_winograd_target;

/// Chooses blocks and counts tasks and floats.
void graft_winograd_prepare(graft_winograd *winograd);

/// Transforms one task's share of the filters. weight_of(tap, k, o) lies at
/// weights[tap * slab + k * k_stride + o * o_stride]; scale (of each o, may be null) multiplies.
void graft_winograd_filters(
    const graft_winograd *winograd, const float *weights, ptrdiff_t slab, ptrdiff_t k_stride,
    ptrdiff_t o_stride, const float *scale, float *filters, int task);

/// Computes one block from start to end, in a workspace of the worker's own; adds the sums of the
/// target's norm to a record, unless that is null.
void graft_winograd_block(
    const graft_winograd *winograd, int block, const graft_winograd_source *source,
    const float *filters, const graft_winograd_target *target, double *record, float *workspace);

/// The three stages of one block, over one workspace: transform_tasks of input tiles, product_tasks,
/// and again transform_tasks of output tiles.
void graft_winograd_transform(
    const graft_winograd *winograd, int block, int task, const graft_winograd_source *source,
    float *workspace);
void graft_winograd_multiply(
    const graft_winograd *winograd, int block, int task, const float *filters, float *workspace);
void graft_winograd_store(
    const graft_winograd *winograd, int block, int task, const float *workspace,
    const graft_winograd_target *target, double *record);

/// The weight gradient of the same convolution, from tiles of inputs and of output gradients.
typedef struct {
  graft_winograd forward;
  /// Whether all threads share each block; else each chunk of blocks has sums of its own.
  int is_staged, chunks, blocks_per_chunk, blocks, tiles_per_block;
  int columns, column_blocks, panel_width, v_row, transform_tasks, product_tasks;
  /// Floats of one chunk's sums, and of one block's workspace.
  ptrdiff_t sum_count, block_count;
  ptrdiff_t v_place, m_place, sum_place;
} graft_winograd_gradient;

/// `forward` holds the shapes; the rest is filled.
void graft_winograd_gradient_prepare(graft_winograd_gradient *gradient);

/// One chunk from its tiles to its sums, in a workspace of the worker's own.
void graft_winograd_gradient_chunk(
    const graft_winograd_gradient *gradient, int chunk, const graft_winograd_source *input,
    const graft_winograd_source *output_gradient, float *sums, float *workspace);

/// The two stages of one block: transform_tasks of tiles, then product_tasks.
void graft_winograd_gradient_transform(
    const graft_winograd_gradient *gradient, int block, int task,
    const graft_winograd_source *input, const graft_winograd_source *output_gradient,
    float *workspace);
void graft_winograd_gradient_multiply(
    const graft_winograd_gradient *gradient, int block, int task, const float *workspace,
    float *sums);

/// The filters' gradients of input channels first ..< last from the sums of all chunks, which are
/// added into the first; weight (tap, k, o) lies at weights[(tap * in_channels + k) * out_channels + o].
void graft_winograd_gradient_filters(
    const graft_winograd_gradient *gradient, int first, int last, float *sums, float *weights,
    int accumulates);
