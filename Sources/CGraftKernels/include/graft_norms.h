// Batch norm, layer norm and local response normalization.
#pragma once
#include "graft_kernels.h"

// ---------------------------------------------------------------- batch norm

/// A batch norm's rows of [C], filled for forward (the first four) and for backward (the rest):
/// y = activation(x * scale + offset), dx = scale * g + product * x + constant, where g is dy
/// where the activation passes.
typedef struct {
  const float *mean, *inverse, *scale, *offset, *product, *constant;
  graft_activation activation;
  /// Whether x, y, a residual and the gradients are stored as bfloat16; only in the functions below, which
  /// take them as untyped memory.
  int is_bf16;
} graft_norm;

/// Adds pixels rows of [C] to a record of 1 + 3C doubles, which starts with a count of 0: the
/// count, the first pixel seen, the sums of differences from it and of their squares. Differences
/// keep the precision that a large mean would lose.
void graft_norm_sums(
    const void *x, int is_bf16, ptrdiff_t pixels, int channels, double *record);

/// Merges chunks' records, in order, into the first (Chan, 1979): its count, and in place of shifts
/// and squares the mean and the sum of squared deviations.
void graft_norm_merge(double *records, int chunks, int channels);

/// Adds chunks' rows of sums, `stride` apart, in order to the first.
void graft_norm_add_sums(double *sums, int chunks, ptrdiff_t stride, int count);

/// y = activation(x * scale + offset) per channel.
void graft_norm_apply(
    const graft_norm *norm, const void *x, ptrdiff_t pixels, int channels, void *y);

/// y = activation(x * scale + offset + residual) per channel.
void graft_norm_apply_residual(
    const graft_norm *norm, const void *x, const void *residual, ptrdiff_t pixels, int channels,
    void *y);

/// Adds to sums[0..C) the sum of g, to sums[C..2C) the sum of g * (x - mean) * inverse.
void graft_norm_gradient_sums(
    const graft_norm *norm, const void *x, const void *dy, ptrdiff_t pixels, int channels,
    double *sums);

/// dx (+)= scale * g + product * x + constant per channel.
void graft_norm_data_gradient(
    const graft_norm *norm, const void *x, const void *dy, ptrdiff_t pixels, int channels,
    int accumulates, void *dx);

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

// ---------------------------------------------------------------- global response norm

/// lengths[c] = the Euclidean length of channel c over the pixels of one image.
void graft_channel_lengths(const float *x, ptrdiff_t pixels, int channels, float *lengths);
/// y = x * factors[c] + shift[c].
void graft_response_scale(
    const float *x, ptrdiff_t pixels, int channels, const float *factors, const float *shift,
    float *y);
/// The sums over pixels of dy * x and of dy, channel by channel.
void graft_response_sums(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, float *products,
    float *sums);
/// dx (+)= dy * factors[c] + x * slopes[c].
void graft_response_gradient(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, const float *factors,
    const float *slopes, int accumulates, float *dx);

// ---------------------------------------------------------------- local response normalization

/// y = x / d^beta with d = k + rate · sum of squares over `size` neighboring channels, of which
/// size / 2 lie below and the rest above.
typedef struct {
  int channels, size;
  float rate, beta, k;
} graft_local_response;

/// `denominators` [pixels, channels] is filled with d; it may be y.
void graft_local_response_apply(
    const graft_local_response *shape, const float *x, ptrdiff_t pixels, float *denominators,
    float *y);
/// `scratch` holds two pixels.
void graft_local_response_gradient(
    const graft_local_response *shape, const float *x, const float *denominators, const float *dy,
    ptrdiff_t pixels, int accumulates, float *dx, float *scratch);
