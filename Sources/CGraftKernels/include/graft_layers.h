// Kernels of what networks before 2016 have besides: windows that adapt to the image, and sums over
// neighboring channels.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Adaptive pooling of one image [in_h, in_w, channels] to [out_h, out_w, channels]: output row i
/// sees the rows floor(i · in_h / out_h) ..< ceil((i + 1) · in_h / out_h), columns alike.
typedef struct {
  int in_h, in_w, channels, out_h, out_w;
} graft_adaptive_pool;

void graft_adaptive_average_pool(const graft_adaptive_pool *shape, const float *x, float *y);
void graft_adaptive_average_pool_gradient(
    const graft_adaptive_pool *shape, const float *dy, int accumulates, float *dx);

/// `switches`, the pixel of each maximum, may be NULL.
void graft_adaptive_max_pool(
    const graft_adaptive_pool *shape, const float *x, float *y, int32_t *switches);
void graft_adaptive_max_pool_gradient(
    const graft_adaptive_pool *shape, const float *dy, const int32_t *switches, int accumulates,
    float *dx);

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
/// `scratch` has room for two pixels.
void graft_local_response_gradient(
    const graft_local_response *shape, const float *x, const float *denominators, const float *dy,
    ptrdiff_t pixels, int accumulates, float *dx, float *scratch);

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
