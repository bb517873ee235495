#include "dispatch.h"
#include "graft_kernels.h"

// Pixels by a row of one factor a channel, and channels moved about.

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
    // Short blocks keep the digits that one long float sum would lose.
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
