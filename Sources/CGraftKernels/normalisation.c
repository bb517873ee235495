#include "dispatch.h"
#include "graft_kernels.h"

// Sums run in float over blocks of pixels short enough to keep seven digits, then in double.
#define BLOCK 64
#define LANES 64

GRAFT_DISPATCHED void graft_norm_sums(
    const float *x, const float *shift, ptrdiff_t pixels, int channels, double *sums) {
  for (int i = 0; i < 2 * channels; i++) sums[i] = 0;
  for (ptrdiff_t p0 = 0; p0 < pixels; p0 += BLOCK) {
    ptrdiff_t p1 = p0 + BLOCK < pixels ? p0 + BLOCK : pixels;
    for (int c0 = 0; c0 < channels; c0 += LANES) {
      int count = channels - c0 < LANES ? channels - c0 : LANES;
      float sum[LANES] = {0}, square[LANES] = {0};
      for (ptrdiff_t p = p0; p < p1; p++) {
        const float *row = x + p * channels + c0;
        if (count == LANES) {
          for (int c = 0; c < LANES; c++) {
            float v = row[c] - shift[c0 + c];
            sum[c] += v;
            square[c] += v * v;
          }
        } else {
          for (int c = 0; c < count; c++) {
            float v = row[c] - shift[c0 + c];
            sum[c] += v;
            square[c] += v * v;
          }
        }
      }
      for (int c = 0; c < count; c++) {
        sums[c0 + c] += sum[c];
        sums[channels + c0 + c] += square[c];
      }
    }
  }
}

GRAFT_DISPATCHED void graft_norm_apply(
    const float *x, const float *scale, const float *offset, ptrdiff_t pixels, int channels,
    graft_activation activation, float *y) {
  for (ptrdiff_t p = 0; p < pixels; p++) {
    const float *from = x + p * channels;
    float *to = y + p * channels;
    if (activation == GRAFT_LINEAR)
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++) to[c] = from[c] * scale[c] + offset[c];
    else if (activation == GRAFT_RELU)
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++) to[c] = graft_apply(from[c] * scale[c] + offset[c], 1);
    else
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++) to[c] = graft_apply(from[c] * scale[c] + offset[c], 2);
  }
}

GRAFT_INLINE float passed(float x, float dy, float scale, float offset, int activation) {
  if (activation == GRAFT_LINEAR) return dy;
  float z = x * scale + offset;
  int passes = activation == GRAFT_RELU ? z > 0 : (z > 0) & (z < 6);
  return passes ? dy : 0;
}

GRAFT_INLINE void gradient_sums(
    const float *x, const float *dy, const float *scale, const float *offset, const float *mean,
    ptrdiff_t pixels, ptrdiff_t channels, int count, int activation, float *sum, float *product) {
  for (ptrdiff_t p = 0; p < pixels; p++) {
    for (int c = 0; c < count; c++) {
      float g = passed(x[c], dy[c], scale[c], offset[c], activation);
      sum[c] += g;
      product[c] += g * (x[c] - mean[c]);
    }
    x += channels;
    dy += channels;
  }
}

GRAFT_DISPATCHED void graft_norm_gradient_sums(
    const float *x, const float *dy, const float *scale, const float *offset, const float *mean,
    const float *inverse_deviation, ptrdiff_t pixels, int channels, graft_activation activation,
    double *sums) {
  for (int i = 0; i < 2 * channels; i++) sums[i] = 0;
  for (ptrdiff_t p0 = 0; p0 < pixels; p0 += BLOCK) {
    ptrdiff_t rows = pixels - p0 < BLOCK ? pixels - p0 : BLOCK;
    for (int c0 = 0; c0 < channels; c0 += LANES) {
      int count = channels - c0 < LANES ? channels - c0 : LANES;
      float sum[LANES] = {0}, product[LANES] = {0};
      const float *from = x + p0 * channels + c0, *gradient = dy + p0 * channels + c0;
#define SUMS(count, activation)                                                             \
  gradient_sums(                                                                            \
      from, gradient, scale + c0, offset + c0, mean + c0, rows, channels, count, activation, \
      sum, product)
      if (count == LANES) {
        if (activation == GRAFT_LINEAR) SUMS(LANES, 0);
        else if (activation == GRAFT_RELU) SUMS(LANES, 1);
        else SUMS(LANES, 2);
      } else {
        if (activation == GRAFT_LINEAR) SUMS(count, 0);
        else if (activation == GRAFT_RELU) SUMS(count, 1);
        else SUMS(count, 2);
      }
      for (int c = 0; c < count; c++) {
        sums[c0 + c] += sum[c];
        sums[channels + c0 + c] += product[c] * inverse_deviation[c0 + c];
      }
    }
  }
}

GRAFT_DISPATCHED void graft_norm_data_gradient(
    const float *x, const float *dy, const float *scale, const float *offset, const float *a,
    const float *b, const float *c, ptrdiff_t pixels, int channels, graft_activation activation,
    int accumulates, float *dx) {
#define GRADIENT(activation, assign)                                                \
  GRAFT_IN_PLACE for (int i = 0; i < channels; i++)                                                \
  to[i] assign a[i] * passed(from[i], g[i], scale[i], offset[i], activation) +      \
      b[i] * from[i] + c[i]
  for (ptrdiff_t p = 0; p < pixels; p++) {
    const float *from = x + p * channels, *g = dy + p * channels;
    float *to = dx + p * channels;
    if (accumulates) {
      if (activation == GRAFT_LINEAR) GRADIENT(0, +=);
      else if (activation == GRAFT_RELU) GRADIENT(1, +=);
      else GRADIENT(2, +=);
    } else {
      if (activation == GRAFT_LINEAR) GRADIENT(0, =);
      else if (activation == GRAFT_RELU) GRADIENT(1, =);
      else GRADIENT(2, =);
    }
  }
}
