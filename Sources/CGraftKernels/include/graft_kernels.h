// Graft's kernels in C: loops that clang vectorizes for the processor they run on.
//
// Legend: N images, H rows, W columns, C channels. Activations are [N, H, W, C], rows from the top;
// weights are [taps, I, O]. All pointers are float32; sizes and strides count floats. Buffers end
// with GRAFT_SLACK floats that may be read (never used), so that loops need no ragged ends.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define GRAFT_SLACK 64
/// The largest kernel area of a dense convolution.
#define GRAFT_MOST_TAPS 256

/// Tells the processor that this thread is spinning.
void graft_pause(void);

// ---------------------------------------------------------------- products

/// The functions that follow a layer. Norms and Winograd convolutions know the first three only.
typedef enum {
  GRAFT_LINEAR = 0, GRAFT_RELU = 1, GRAFT_RELU6 = 2,
  GRAFT_LEAKY_RELU, GRAFT_ELU, GRAFT_SELU, GRAFT_GELU, GRAFT_GELU_TANH, GRAFT_SIGMOID, GRAFT_TANH,
  GRAFT_SOFTPLUS, GRAFT_SILU, GRAFT_MISH, GRAFT_HARD_SWISH, GRAFT_HARD_SIGMOID
} graft_activation;

/// A convolution as a list of taps: output position (y, x) is the sum over taps t of
/// input[y * stride_y + tap_y[t], x * stride_x + tap_x[t]] times a matrix [depth, out_channels].
/// Forward is one of these, the data gradient one for each phase of the stride.
typedef struct {
  int batch, in_h, in_w, in_channels, in_first, depth;
  int out_h, out_w, out_channels;
  ptrdiff_t out_origin, out_image, out_row, out_pixel;
  int stride_y, stride_x, taps;
  // Where each tap reads, and which slab [depth, out_channels] of the weights is its.
  int16_t tap_y[GRAFT_MOST_TAPS], tap_x[GRAFT_MOST_TAPS], tap_slab[GRAFT_MOST_TAPS];
  /// Whether inputs and weights are rounded to bfloat16 (bf16.h); the output is float32.
  int is_bf16;
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

/// Whether this processor multiplies bfloat16 numbers by itself (AMX); where not, a loop over float32
/// gives the same bits. `allow` is for comparing the two.
int graft_bf16_has_unit(void);
void graft_bf16_allow_unit(int allowed);

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

/// Computes one task: output = activation(products + bias + residual), or output += products.
void graft_taps_task(
    const graft_taps *taps, int task, const float *input, const float *panels, float *output,
    int accumulates, const float *bias, const float *residual, graft_activation activation,
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
    const graft_weight_gradient *gradient, int task, const float *input,
    const float *output_gradient, float *partials, float *scratch);

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

/// sum[i] (+)= the partials' i-th entries, added in chunk order, for i in first ..< last.
void graft_sum_chunks(
    const float *partials, int chunks, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t last,
    float *sum, int accumulates);

// ---------------------------------------------------------------- batch norm

/// A batch norm's rows of [C], filled for forward (the first four) and for backward (the rest):
/// y = activation(x * scale + offset), dx = scale * g + product * x + constant, where g is dy
/// where the activation passes.
typedef struct {
  const float *mean, *inverse, *scale, *offset, *product, *constant;
  graft_activation activation;
} graft_norm;

/// Adds pixels rows of [C] to a record of 1 + 3C doubles, which starts with a count of 0: the
/// count, the first pixel seen, the sums of differences from it and of their squares. Differences
/// keep the digits that a large mean would cost.
void graft_norm_sums(const float *x, ptrdiff_t pixels, int channels, double *record);

/// Merges chunks' records, in order, into the first (Chan, 1979): its count, and in place of shifts
/// and squares the mean and the sum of squared deviations.
void graft_norm_merge(double *records, int chunks, int channels);

/// Adds chunks' rows of sums, `stride` apart, in order to the first.
void graft_norm_add_sums(double *sums, int chunks, ptrdiff_t stride, int count);

/// y = activation(x * scale + offset) per channel.
void graft_norm_apply(
    const graft_norm *norm, const float *x, ptrdiff_t pixels, int channels, float *y);

/// y = activation(x * scale + offset + residual) per channel.
void graft_norm_apply_residual(
    const graft_norm *norm, const float *x, const float *residual, ptrdiff_t pixels, int channels,
    float *y);

/// Adds to sums[0..C) the sum of g, to sums[C..2C) the sum of g * (x - mean) * inverse.
void graft_norm_gradient_sums(
    const graft_norm *norm, const float *x, const float *dy, ptrdiff_t pixels, int channels,
    double *sums);

/// dx (+)= scale * g + product * x + constant per channel.
void graft_norm_data_gradient(
    const graft_norm *norm, const float *x, const float *dy, ptrdiff_t pixels, int channels,
    int accumulates, float *dx);

// ---------------------------------------------------------------- Winograd convolution

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

/// What tiles are cut from: x, or what a batch norm makes of it on the way. With z, x is the gradient
/// of the norm's result and z the norm's input; without, x is the norm's input itself.
typedef struct {
  const float *x, *z;
  const graft_norm *norm;
} graft_winograd_source;

/// Where results go: output = activation(convolution + bias + residual), or output += convolution.
typedef struct {
  float *output;
  const float *bias, *residual;
  int accumulates, activation;
  /// Of the norm that the output goes to, or comes from, when its sums are added up on the way:
  /// with z, its input, the sums of `graft_norm_gradient_sums`, else those of `graft_norm_sums`.
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

// ---------------------------------------------------------------- depthwise convolution

typedef struct {
  int in_h, in_w, channels, out_h, out_w, kernel_h, kernel_w;
  int stride_y, stride_x, pad_y, pad_x, dilation_y, dilation_x;
} graft_depthwise;

/// Floats of scratch that a call takes: the rows under the window.
ptrdiff_t graft_depthwise_scratch(const graft_depthwise *shape);

/// Rows first_row ..< last_row of one image's output; weights [taps, C]. Input rows pass through
/// `norm` as they are loaded (null: as they are); `record` (may be null) takes the sums of what is
/// stored.
void graft_depthwise_forward(
    const graft_depthwise *shape, const float *input, const graft_norm *norm, const float *weights,
    const float *bias, graft_activation activation, int first_row, int last_row, float *output,
    double *record, float *scratch);

/// What one call of graft_depthwise_gradient reads and writes, all of one image.
typedef struct {
  const float *input;
  /// Applied to input rows as they are loaded; null takes them as they are.
  const graft_norm *input_norm;
  const float *output_gradient;
  /// When set, output_gradient still has to pass this norm, whose input `output` is.
  const graft_norm *output_norm;
  const float *output, *weights;
  /// What follows is written where it is not null. The input's gradient, before input_norm.
  float *input_gradient;
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
/// stored. The next_pixels right behind the block are fetched meanwhile. Scratch: P * I with a norm.
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
  /// Pixels of the block that comes next, right behind this one; they are fetched meanwhile.
  int next_pixels;
} graft_pointwise_operands;

/// Both gradients for a block of pixels, `block` being its data gradient's taps: depth is O,
/// out_channels I. Scratch: P * (I + O) + 2 * GRAFT_SLACK.
void graft_pointwise_gradient(
    const graft_taps *block, const graft_pointwise_operands *operands, float *scratch);

// ---------------------------------------------------------------- activations

/// y = activation(x); the parameter is leaky ReLU's slope or ELU's alpha.
void graft_activate(
    const float *x, ptrdiff_t count, graft_activation activation, float parameter, float *y);
/// dx (+)= dy times the derivative, which follows from what is kept: the input of GELU, SiLU, Mish and
/// hard swish, the output of all others.
void graft_activate_gradient(
    const float *kept, const float *dy, ptrdiff_t count, graft_activation activation,
    float parameter, int accumulates, float *dx);

/// Leaky ReLU with a slope for each channel, its gradient, and the slopes' gradients:
/// sum = the channels' sums of x * dy where x is not positive.
void graft_channel_leak(
    const float *x, const float *slope, ptrdiff_t pixels, int channels, float *y);
void graft_channel_leak_gradient(
    const float *x, const float *slope, const float *dy, ptrdiff_t pixels, int channels,
    int accumulates, float *dx);
void graft_channel_leak_slopes(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, float *sum);

// ---------------------------------------------------------------- elementwise

void graft_add(const float *a, const float *b, ptrdiff_t count, float *y);
/// y (+)= x.
void graft_copy(const float *x, ptrdiff_t count, int accumulates, float *y);
/// y (+)= x * m.
void graft_multiply(const float *x, const float *m, ptrdiff_t count, int accumulates, float *y);
/// y (+)= factor * x.
void graft_scale(const float *x, float factor, ptrdiff_t count, int accumulates, float *y);
/// sum = the column sums of [rows, columns].
void graft_column_sums(const float *x, ptrdiff_t rows, ptrdiff_t columns, float *sum);
/// y (+)= x times one factor a channel.
void graft_multiply_channels(
    const float *x, const float *factors, ptrdiff_t pixels, int channels, int accumulates,
    float *y);
/// sum (+)= the sums of x * dy over pixels, channel by channel.
void graft_channel_products(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, int accumulates, float *sum);
/// y (+)= `channels` of each pixel; from one pixel to the next are x_stride and y_stride.
void graft_copy_channels(
    const float *x, ptrdiff_t x_stride, ptrdiff_t pixels, int channels, int accumulates, float *y,
    ptrdiff_t y_stride);
/// y (+)= each pixel's channels, [rows, columns] as [columns, rows].
void graft_transpose_channels(
    const float *x, ptrdiff_t pixels, int rows, int columns, int accumulates, float *y);
/// y = x, [a, b, c], with its axes in reverse, [c, b, a].
void graft_reverse_axes(const float *x, ptrdiff_t a, ptrdiff_t b, ptrdiff_t c, float *y);

// ---------------------------------------------------------------- layer norm

/// y = (x - mean) / sqrt(variance + epsilon) * scale + shift, over the channels of each row;
/// statistics (may be null) gets each row's mean and 1 / deviation.
void graft_layer_norm(
    const float *x, ptrdiff_t rows, int channels, float epsilon, const float *scale,
    const float *shift, float *statistics, float *y);
/// dx (+)= the gradient of x.
void graft_layer_norm_gradient(
    const float *x, const float *dy, ptrdiff_t rows, int channels, const float *scale,
    const float *statistics, int accumulates, float *dx);
/// The gradients of scale and shift from some rows.
void graft_layer_norm_sums(
    const float *x, const float *dy, ptrdiff_t rows, int channels, const float *statistics,
    float *scale_sum, float *shift_sum);

// ---------------------------------------------------------------- pooling

typedef struct {
  int in_h, in_w, channels, out_h, out_w, kernel_h, kernel_w, stride_y, stride_x, pad_y, pad_x;
  /// An average is that of the pixels within the image; 0 counts padding as zeros.
  int leaves_out_padding;
} graft_pool;

/// Rows first_row ..< last_row of one image's output; switches (may be null) gets the place of each
/// maximum within its window, of at most 256 pixels.
void graft_max_pool(
    const graft_pool *shape, const float *x, int first_row, int last_row, float *y,
    uint8_t *switches);
/// Rows first_row ..< last_row of one image's input.
void graft_max_pool_gradient(
    const graft_pool *shape, const float *dy, const uint8_t *switches, int first_row, int last_row,
    int accumulates, float *dx);
/// The same two over a batch norm's result that is not stored: its input x is normalized line by line
/// as it is pooled. Backward adds the norm's sums to `sums`, or, where that is null, makes the
/// gradient of x.
ptrdiff_t graft_norm_max_pool_scratch(const graft_pool *shape);
void graft_norm_max_pool(
    const graft_pool *shape, const graft_norm *norm, const float *x, int first_row, int last_row,
    float *y, uint8_t *switches, float *scratch);
void graft_norm_max_pool_gradient(
    const graft_pool *shape, const graft_norm *norm, const float *x, const float *dy,
    const uint8_t *switches, int first_row, int last_row, double *sums, int accumulates, float *dx,
    float *scratch);
/// Average over the whole kernel window, padding counted as zeros (torch's default); a window that
/// the rounding-up of sizes pushes outside is divided by what lies within the padded image.
void graft_average_pool(const graft_pool *shape, const float *x, float *y);
void graft_average_pool_gradient(
    const graft_pool *shape, const float *dy, int accumulates, float *dx);
