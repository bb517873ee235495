// Pixels times a row of one factor per channel, and channels in another order.
#include "common/arithmetic.h"
#include "graft_elementwise.h"

GRAFT_DISPATCHED void graft_multiply_channels(
    const float *x, const float *factors, ptrdiff_t pixels, int channels, int accumulates,
    float *y) {
  for (ptrdiff_t p = 0; p < pixels; p++, x += channels, y += channels)
    if (accumulates)
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++) y[c] += x[c] * factors[c];
    else
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++) y[c] = x[c] * factors[c];
}

GRAFT_DISPATCHED void graft_channel_products(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, int accumulates, float *sum) {
  enum { LANES = 64, BLOCK = 64 };
  for (int c0 = 0; c0 < channels; c0 += LANES) {
    int count = channels - c0 < LANES ? channels - c0 : LANES;
    float total[LANES] = {0};
    // Short blocks keep the precision that one long float sum would lose.
    for (ptrdiff_t p0 = 0; p0 < pixels; p0 += BLOCK) {
      ptrdiff_t p1 = p0 + BLOCK < pixels ? p0 + BLOCK : pixels;
      float block[LANES] = {0};
      for (ptrdiff_t p = p0; p < p1; p++) {
        const float *a = x + p * channels + c0, *b = dy + p * channels + c0;
        for (int c = 0; c < count; c++) block[c] += a[c] * b[c];
      }
      for (int c = 0; c < count; c++) total[c] += block[c];
    }
    for (int c = 0; c < count; c++)
      sum[c0 + c] = accumulates ? sum[c0 + c] + total[c] : total[c];
  }
}

GRAFT_DISPATCHED void graft_copy_channels(
    const float *x, ptrdiff_t x_stride, ptrdiff_t pixels, int channels, int accumulates, float *y,
    ptrdiff_t y_stride) {
  for (ptrdiff_t p = 0; p < pixels; p++, x += x_stride, y += y_stride) {
    if (accumulates) for (int c = 0; c < channels; c++) y[c] += x[c];
    else __builtin_memcpy(y, x, sizeof(float) * channels);
  }
}

void graft_transpose_channels(
    const float *x, ptrdiff_t pixels, int rows, int columns, int accumulates, float *y) {
  for (ptrdiff_t p = 0; p < pixels; p++, x += rows * columns)
    for (int c = 0; c < columns; c++)
      for (int r = 0; r < rows; r++, y++) *y = accumulates ? *y + x[r * columns + c] : x[r * columns + c];
}

void graft_reverse_axes(const float *x, ptrdiff_t a, ptrdiff_t b, ptrdiff_t c, float *y) {
  enum { SIDE = 32 };  // squares whose lines stay in cache on both sides
  for (ptrdiff_t i0 = 0; i0 < a; i0 += SIDE)
    for (ptrdiff_t j = 0; j < b; j++)
      for (ptrdiff_t k0 = 0; k0 < c; k0 += SIDE)
        for (ptrdiff_t k = k0; k < c && k < k0 + SIDE; k++)
          for (ptrdiff_t i = i0; i < a && i < i0 + SIDE; i++)
            y[(k * b + j) * a + i] = x[(i * b + j) * c + k];
}
