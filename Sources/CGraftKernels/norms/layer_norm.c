// Layer norm (Ba et al., 2016): each row by its own mean and deviation.
#include <math.h>

#include "common/dispatch.h"
#include "graft_norms.h"

/// total = the sum of TERM over channels c, in sixteen lanes that are added in order.
#define ROW_SUM(total, TERM)                                        \
  {                                                                 \
    float lanes[16] = {0};                                          \
    int c0 = 0;                                                     \
    for (; c0 + 16 <= channels; c0 += 16)                           \
      for (int i = 0; i < 16; i++) { int c = c0 + i; lanes[i] += (TERM); } \
    for (int c = c0; c < channels; c++) lanes[c - c0] += (TERM);    \
    total = 0;                                                      \
    for (int i = 0; i < 16; i++) total += lanes[i];                 \
  }

GRAFT_DISPATCHED void graft_layer_norm(
    const float *x, ptrdiff_t rows, int channels, float epsilon, const float *scale,
    const float *shift, float *statistics, float *y) {
  for (ptrdiff_t r = 0; r < rows; r++, x += channels, y += channels) {
    float mean, square;
    ROW_SUM(mean, x[c])
    mean /= channels;
    ROW_SUM(square, (x[c] - mean) * (x[c] - mean))
    float inverse = 1 / sqrtf(square / channels + epsilon);
    if (statistics) {
      statistics[2 * r] = mean;
      statistics[2 * r + 1] = inverse;
    }
    GRAFT_IN_PLACE for (int c = 0; c < channels; c++)
      y[c] = (x[c] - mean) * inverse * scale[c] + shift[c];
  }
}

GRAFT_DISPATCHED void graft_layer_norm_gradient(
    const float *x, const float *dy, ptrdiff_t rows, int channels, const float *scale,
    const float *statistics, int accumulates, float *dx) {
  for (ptrdiff_t r = 0; r < rows; r++, x += channels, dy += channels, dx += channels) {
    float mean = statistics[2 * r], inverse = statistics[2 * r + 1], sum, product;
    ROW_SUM(sum, dy[c] * scale[c])
    ROW_SUM(product, dy[c] * scale[c] * (x[c] - mean))
    sum /= channels;
    product *= inverse * inverse / channels;
    if (accumulates)
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++)
        dx[c] += inverse * (dy[c] * scale[c] - sum - (x[c] - mean) * product);
    else
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++)
        dx[c] = inverse * (dy[c] * scale[c] - sum - (x[c] - mean) * product);
  }
}

GRAFT_DISPATCHED void graft_layer_norm_sums(
    const float *x, const float *dy, ptrdiff_t rows, int channels, const float *statistics,
    float *scale_sum, float *shift_sum) {
  enum { LANES = 64, BLOCK = 64 };
  for (int c0 = 0; c0 < channels; c0 += LANES) {
    int count = channels - c0 < LANES ? channels - c0 : LANES;
    for (int c = 0; c < count; c++) scale_sum[c0 + c] = shift_sum[c0 + c] = 0;
    // Short blocks keep the precision that one long float sum would lose.
    for (ptrdiff_t r0 = 0; r0 < rows; r0 += BLOCK) {
      ptrdiff_t r1 = r0 + BLOCK < rows ? r0 + BLOCK : rows;
      float products[LANES] = {0}, sums[LANES] = {0};
      for (ptrdiff_t r = r0; r < r1; r++) {
        const float *from = x + r * channels + c0, *gradient = dy + r * channels + c0;
        float mean = statistics[2 * r], inverse = statistics[2 * r + 1];
        for (int c = 0; c < count; c++) {
          sums[c] += gradient[c];
          products[c] += gradient[c] * ((from[c] - mean) * inverse);
        }
      }
      for (int c = 0; c < count; c++) {
        scale_sum[c0 + c] += products[c];
        shift_sum[c0 + c] += sums[c];
      }
    }
  }
}
