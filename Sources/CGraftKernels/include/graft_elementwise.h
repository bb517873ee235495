// Elementwise kernels: activations, sums, scales and moves of channels.
#pragma once
#include "graft_kernels.h"

// ---------------------------------------------------------------- activations

/// y = activation(x); the parameter is leaky ReLU's slope or ELU's alpha.
void graft_activate(
    const float *x, ptrdiff_t count, graft_activation activation, float parameter, float *y);
/// dx (+)= dy times the derivative, which follows from what is kept: the input of GELU (quick too), SiLU, Mish
/// and hard swish, the output of all others.
void graft_activate_gradient(
    const float *kept, const float *dy, ptrdiff_t count, graft_activation activation,
    float parameter, int accumulates, float *dx);

/// The same of values and gradients stored as bfloat16.
void graft_activate_stored(
    const void *x, ptrdiff_t count, graft_activation activation, float parameter, void *y);
void graft_activate_gradient_stored(
    const void *kept, const void *dy, ptrdiff_t count, graft_activation activation,
    float parameter, int accumulates, void *dx);

/// Leaky ReLU with a slope for each channel, its gradient, and the slopes' gradients:
/// sum = the channels' sums of x * dy where x is not positive.
void graft_prelu(
    const float *x, const float *slope, ptrdiff_t pixels, int channels, float *y);
void graft_prelu_gradient(
    const float *x, const float *slope, const float *dy, ptrdiff_t pixels, int channels,
    int accumulates, float *dx);
void graft_prelu_slope_gradient(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, float *sum);

/// y = softmax(x) of each of `rows` rows of C.
void graft_softmax(const float *x, ptrdiff_t rows, int channels, float *y);
/// dx (+)= y * (dy - the sum of dy * y).
void graft_softmax_gradient(
    const float *y, const float *dy, ptrdiff_t rows, int channels, int accumulates, float *dx);

// ---------------------------------------------------------------- elementwise

/// y = x · vector, [rows, width] times [width], for a width that is a multiple of 64.
void graft_row_products(
    const float *x, const float *vector, ptrdiff_t rows, ptrdiff_t width, float *y);
void graft_add(const float *a, const float *b, ptrdiff_t count, float *y);
/// y (+)= x.
void graft_copy(const float *x, ptrdiff_t count, int accumulates, float *y);
/// y (+)= x * m.
void graft_multiply(const float *x, const float *m, ptrdiff_t count, int accumulates, float *y);
/// y (+)= factor * x.
void graft_scale(const float *x, float factor, ptrdiff_t count, int accumulates, float *y);
/// sum = the column sums of [rows, columns].
void graft_column_sums(const float *x, ptrdiff_t rows, ptrdiff_t columns, float *sum);
/// The same of numbers stored as bfloat16.
void graft_column_sums_bf16(const void *x, ptrdiff_t rows, ptrdiff_t columns, float *sum);
/// y (+)= x times one factor per channel.
void graft_multiply_channels(
    const float *x, const float *factors, ptrdiff_t pixels, int channels, int accumulates,
    float *y);
/// The same where x and y are stored as bfloat16.
void graft_multiply_channels_stored(
    const void *x, const float *factors, ptrdiff_t pixels, int channels, int accumulates, void *y);
/// y = a + b, all stored as bfloat16.
void graft_add_bf16(const void *a, const void *b, ptrdiff_t count, void *y);
/// Numbers rounded to bfloat16: to nearest, of two equally near ones to the even.
void graft_narrow(const float *x, ptrdiff_t count, void *y);
/// bfloat16 numbers as float32.
void graft_widen(const void *x, ptrdiff_t count, float *y);
/// y (+)= x, both stored as bfloat16.
void graft_copy_bf16(const void *x, ptrdiff_t count, int accumulates, void *y);
/// y += factor * x, where y is stored as bfloat16.
void graft_accumulate_narrowed(const float *x, float factor, ptrdiff_t count, void *y);
/// y += x, where x is stored as bfloat16.
void graft_accumulate_widened(const void *x, ptrdiff_t count, float *y);
/// dy = 0 where ReLU or ReLU6 gave y by not passing its input; both stored as bfloat16.
void graft_rectifier_mask_bf16(
    const void *y, ptrdiff_t count, graft_activation activation, void *dy);
/// sum (+)= the sums of x * dy over pixels, channel by channel.
void graft_channel_products(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, int accumulates, float *sum);
/// The same where x and dy are stored as bfloat16.
void graft_channel_products_stored(
    const void *x, const void *dy, ptrdiff_t pixels, int channels, int accumulates, float *sum);
/// y (+)= `channels` of each pixel; from one pixel to the next are x_stride and y_stride.
void graft_copy_channels(
    const float *x, ptrdiff_t x_stride, ptrdiff_t pixels, int channels, int accumulates, float *y,
    ptrdiff_t y_stride);
/// y (+)= each pixel's channels, [rows, columns] as [columns, rows].
void graft_transpose_channels(
    const float *x, ptrdiff_t pixels, int rows, int columns, int accumulates, float *y);
/// y = x, [a, b, c], with its axes in reverse, [c, b, a].
void graft_reverse_axes(const float *x, ptrdiff_t a, ptrdiff_t b, ptrdiff_t c, float *y);

/// sum[i] (+)= the partials' i-th entries, added in chunk order, for i in first ..< last.
void graft_sum_chunks(
    const float *partials, int chunks, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t last,
    float *sum, int accumulates);

// ---------------------------------------------------------------- channels

/// y = x · scale + shift, channel by channel; a NULL shift is 0.
void graft_channel_affine(
    const float *x, const float *scale, const float *shift, ptrdiff_t pixels, ptrdiff_t channels,
    int accumulates, float *y);
/// Adds dy · x to the first row of `sums` [2, channels], dy to the second.
void graft_channel_affine_sums(
    const float *x, const float *dy, ptrdiff_t pixels, ptrdiff_t channels, double *sums);

/// Output channel i is input channel places[i].
void graft_select_channels(
    const float *x, ptrdiff_t pixels, ptrdiff_t channels, const int32_t *places, ptrdiff_t count,
    float *y);
void graft_select_channels_gradient(
    const float *dy, ptrdiff_t pixels, ptrdiff_t channels, const int32_t *places, ptrdiff_t count,
    int accumulates, float *dx);
