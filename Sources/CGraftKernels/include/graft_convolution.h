// Convolutions by taps, depthwise and pointwise: forward and both gradients.
#pragma once
#include "graft_kernels.h"
#include "graft_norms.h"

// ---------------------------------------------------------------- convolution by taps

/// Whether this processor multiplies bfloat16 numbers by AMX; without it, a loop over float32 gives the
/// same bits. `allow` is for comparing the two.
int graft_has_amx(void);
void graft_allow_amx(int allowed);

/// A convolution as a list of taps: output position (y, x) is the sum over taps t of
/// input[y * stride_y + tap_y[t], x * stride_x + tap_x[t]] times a matrix [depth, out_channels].
/// Forward is one of these, the data gradient one for each phase of the stride.
typedef struct {
  int batch, in_h, in_w, in_channels, in_first, depth;
  int out_h, out_w, out_channels;
  ptrdiff_t out_origin, out_image, out_row, out_pixel;
  int stride_y, stride_x, taps;
  // Where each tap reads, and which slab [depth, out_channels] of the weights is its.
  int16_t tap_y[GRAFT_MAX_TAPS], tap_x[GRAFT_MAX_TAPS], tap_slab[GRAFT_MAX_TAPS];
  /// Whether inputs and weights are rounded to bfloat16 (bf16.h); sums are float32.
  int is_bf16;
  /// Whether inputs, outputs and residuals are stored as bfloat16; only where is_bf16 is set. A weight
  /// gradient reads input and output.
  int in_bf16, out_bf16, residual_bf16;
  // Filled by graft_taps_prepare, from the shapes alone.
  int panel_width, column_blocks, depth_block, depth_blocks;
  int is_direct, joins_rows, min_y, max_y, min_x, max_x;
  int rows_per_task, row_tasks, images_per_task, image_tasks, columns_per_task, column_tasks;
  int x_per_task, x_tasks;
  // In bfloat16: from one packed pixel to the next, and the depth of an instruction that a run takes.
  int pixel, chunks;
  ptrdiff_t panel_count, scratch_count;
  int task_count;
} graft_taps;

/// The taps of a kernel window, as forward reads them.
void graft_taps_set_window(
    graft_taps *taps, int kernel_h, int kernel_w, int dilation_y, int dilation_x, int pad_y,
    int pad_x);

/// The taps by which output gradients reach input rows phase_y, phase_y + stride_y, ... and columns
/// likewise; there may be none.
void graft_taps_set_phase(
    graft_taps *taps, int phase_y, int phase_x, int stride_y, int stride_x, int kernel_h,
    int kernel_w, int dilation_y, int dilation_x, int pad_y, int pad_x);

/// Chooses blocks and counts tasks, scratch per worker and floats of packed weights.
void graft_taps_prepare(graft_taps *taps);

/// Packs weights for graft_taps_task. weight_of(tap, k, o) lies at
/// weights[tap_slab[tap] * slab + k * k_stride + o * o_stride]; scale (of each o, may be null)
/// multiplies.
void graft_taps_pack(
    const graft_taps *taps, const float *weights, ptrdiff_t slab, ptrdiff_t k_stride,
    ptrdiff_t o_stride, const float *scale, float *panels, int column_block);

/// Computes one task: output = activation(products + bias + residual), or output += products, which must
/// be stored as residuals are then. Input, output and residual are float32 or bfloat16 as the taps say.
void graft_taps_task(
    const graft_taps *taps, int task, const void *input, const float *panels, void *output,
    int accumulates, const float *bias, const void *residual, graft_activation activation,
    float *scratch);

/// The weight gradient of a tap convolution, split into chunks of images and blocks of depth.
typedef struct {
  graft_taps taps;
  int chunks, images_per_chunk, depth_split, depth_tasks, rows_per_pack;
  // In bfloat16: images that are packed together.
  int images_per_pack;
  ptrdiff_t weight_count, scratch_count;
  int task_count;
} graft_weight_gradient;

void graft_weight_gradient_prepare(graft_weight_gradient *gradient);

/// Adds one task's products into its chunk: partial[chunk][tap][k][o], out_channels contiguous.
void graft_weight_gradient_task(
    const graft_weight_gradient *gradient, int task, const void *input,
    const void *output_gradient, float *partials, float *scratch);

// ---------------------------------------------------------------- depthwise convolution

typedef struct {
  int in_h, in_w, channels, out_h, out_w, kernel_h, kernel_w;
  int stride_y, stride_x, pad_y, pad_x, dilation_y, dilation_x;
  /// Whether inputs and outputs, each with its gradient and its norm, are stored as bfloat16.
  int in_bf16, out_bf16;
} graft_depthwise;

/// Floats of scratch that a call takes: the rows under the window.
ptrdiff_t graft_depthwise_scratch(const graft_depthwise *shape);

/// Rows first_row ..< last_row of one image's output; weights [taps, C]. Input rows pass through
/// `norm` as they are loaded (null: as they are); `record` (may be null) takes the sums of what is
/// stored.
void graft_depthwise_forward(
    const graft_depthwise *shape, const void *input, const graft_norm *norm, const float *weights,
    const float *bias, graft_activation activation, int first_row, int last_row, void *output,
    double *record, float *scratch);

/// What one call of graft_depthwise_gradient reads and writes, all of one image.
typedef struct {
  const void *input;
  /// Applied to input rows as they are loaded; null takes them as they are.
  const graft_norm *input_norm;
  const void *output_gradient;
  /// When set, output_gradient still has to pass this norm, whose input `output` is.
  const graft_norm *output_norm;
  const void *output;
  const float *weights;
  /// What follows is written where it is not null. The input's gradient, before input_norm.
  void *input_gradient;
  int accumulates;
  /// The sums of input_norm's backward.
  double *sums;
  /// [taps, C], added to.
  float *weight_gradient;
} graft_depthwise_operands;

/// Both gradients for rows first_row ..< last_row of one image's input.
void graft_depthwise_gradient(
    const graft_depthwise *shape, const graft_depthwise_operands *operands, int first_row,
    int last_row, float *scratch);

// ---------------------------------------------------------------- pointwise convolution

/// A block of pixels [P, I] through a 1x1 convolution, `block` being its forward taps with in_w = P:
/// output [P, O] of norm(input); null norms pass. `record` (may be null) takes the sums of what is
/// stored. The next_pixels right after the block are fetched meanwhile. Scratch: P * I with a norm.
void graft_pointwise_forward(
    const graft_taps *block, const float *input, int next_pixels, const graft_norm *norm,
    const float *panels, float *output, double *record, float *scratch);

/// What one call of graft_pointwise_gradient reads and writes; as graft_depthwise_operands.
typedef struct {
  const float *input;
  const graft_norm *input_norm;
  const float *output_gradient;
  const graft_norm *output_norm;
  const float *output, *panels;
  float *input_gradient;
  int accumulates;
  double *sums;
  /// [I, O], added to.
  float *weight_gradient;
  /// Pixels of the block that comes next, right after this one; they are fetched meanwhile.
  int next_pixels;
} graft_pointwise_operands;

/// Both gradients for a block of pixels, `block` being its data gradient's taps: depth is O,
/// out_channels I. Scratch: P * (I + O) + 2 * GRAFT_SLACK.
void graft_pointwise_gradient(
    const graft_taps *block, const graft_pointwise_operands *operands, float *scratch);

/// The weight gradient of a 1x1 convolution at stride 1, split into blocks of weights, and small
/// weights into chunks of pixels.
typedef struct {
  int pixels, in_channels, out_channels;
  // Filled by graft_pointwise_weights_prepare, from the shapes alone.
  int panel_width, depth_split, depth_tasks, columns_per_task, column_tasks;
  int chunks, pixels_per_chunk;
  ptrdiff_t weight_count, scratch_count;
  int task_count;
} graft_pointwise_weights;

void graft_pointwise_weights_prepare(graft_pointwise_weights *weights);

/// Sums one task's products into its chunk: partial[chunk][k][o].
void graft_pointwise_weights_task(
    const graft_pointwise_weights *weights, int task, const float *input,
    const float *output_gradient, float *partials, float *scratch);
