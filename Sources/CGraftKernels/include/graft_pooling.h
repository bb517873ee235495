// Pooling: maxima, averages and roots of sums of squares over windows, and unpooling.
#pragma once
#include "graft_kernels.h"
#include "graft_norms.h"

// ---------------------------------------------------------------- fixed windows

typedef struct {
  int in_h, in_w, channels, out_h, out_w, kernel_h, kernel_w, stride_y, stride_x, pad_y, pad_x;
  /// An average is that of the pixels within the image; 0 counts padding as zeros.
  int excludes_padding;
  /// Whether input and output, with their gradients, are stored as bfloat16.
  int is_bf16;
} graft_pool;

/// Rows first_row ..< last_row of one image's output; switches (may be null) gets the place of each
/// maximum within its window, of at most 256 pixels.
void graft_max_pool(
    const graft_pool *shape, const void *x, int first_row, int last_row, void *y,
    uint8_t *switches);
/// Rows first_row ..< last_row of one image's input.
void graft_max_pool_gradient(
    const graft_pool *shape, const void *dy, const uint8_t *switches, int first_row, int last_row,
    int accumulates, void *dx);
/// The same two over a batch norm's result that is not stored: its input x is normalized line by line
/// as it is pooled, and both are stored alike. Backward adds the norm's sums to `sums`, or, where that is null, makes the
/// gradient of x.
ptrdiff_t graft_norm_max_pool_scratch(const graft_pool *shape);
void graft_norm_max_pool(
    const graft_pool *shape, const graft_norm *norm, const void *x, int first_row, int last_row,
    void *y, uint8_t *switches, float *scratch);
void graft_norm_max_pool_gradient(
    const graft_pool *shape, const graft_norm *norm, const void *x, const void *dy,
    const uint8_t *switches, int first_row, int last_row, double *sums, int accumulates, void *dx,
    float *scratch);
/// Average over the whole kernel window, padding counted as zeros (torch's default); a window that
/// the rounding-up of sizes pushes outside is divided by what lies within the padded image.
void graft_average_pool(const graft_pool *shape, const void *x, void *y);
void graft_average_pool_gradient(
    const graft_pool *shape, const void *dy, int accumulates, void *dx);

/// y = the root of the sum of squares of each window of one image.
void graft_l2_pool(
    int in_w, int channels, int out_h, int out_w, int kernel_h, int kernel_w, int stride_y,
    int stride_x, const float *x, float *y);
/// dx (+)= dy * x / y; 0 where y is.
void graft_l2_pool_gradient(
    int in_h, int in_w, int channels, int out_h, int out_w, int kernel_h, int kernel_w,
    int stride_y, int stride_x, const float *x, const float *y, const float *dy, int accumulates,
    float *dx);

/// dv (+)= dy at the position of each maximum, of one image: `switches` are positions in windows.
void graft_unpool_gradient(
    int in_w, int channels, int out_h, int out_w, int kernel_w, int stride_y, int stride_x,
    int pad_y, int pad_x, const float *dy, const uint8_t *switches, int accumulates, float *dv);

// ---------------------------------------------------------------- windows that adapt to the image

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
