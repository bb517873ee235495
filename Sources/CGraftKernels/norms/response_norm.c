// Global response norm (Woo et al., 2023): each channel by its length over an image.
#include <math.h>

#include "common/dispatch.h"
#include "graft_norms.h"

enum { LANES = 64, BLOCK = 64 };

GRAFT_DISPATCHED void graft_channel_lengths(
    const float *x, ptrdiff_t pixels, int channels, float *lengths) {
  for (int c0 = 0; c0 < channels; c0 += LANES) {
    int count = channels - c0 < LANES ? channels - c0 : LANES;
    float totals[LANES] = {0};
    // Short blocks keep the precision that one long float sum would lose.
    for (ptrdiff_t r0 = 0; r0 < pixels; r0 += BLOCK) {
      ptrdiff_t r1 = r0 + BLOCK < pixels ? r0 + BLOCK : pixels;
      float squares[LANES] = {0};
      for (ptrdiff_t r = r0; r < r1; r++) {
        const float *from = x + r * channels + c0;
        for (int c = 0; c < count; c++) squares[c] += from[c] * from[c];
      }
      for (int c = 0; c < count; c++) totals[c] += squares[c];
    }
    for (int c = 0; c < count; c++) lengths[c0 + c] = sqrtf(totals[c]);
  }
}

GRAFT_DISPATCHED void graft_response_scale(
    const float *x, ptrdiff_t pixels, int channels, const float *factors, const float *shift,
    float *y) {
  for (ptrdiff_t r = 0; r < pixels; r++, x += channels, y += channels)
    for (int c = 0; c < channels; c++) y[c] = x[c] * factors[c] + shift[c];
}

GRAFT_DISPATCHED void graft_response_sums(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, float *products,
    float *sums) {
  for (int c0 = 0; c0 < channels; c0 += LANES) {
    int count = channels - c0 < LANES ? channels - c0 : LANES;
    for (int c = 0; c < count; c++) products[c0 + c] = sums[c0 + c] = 0;
    for (ptrdiff_t r0 = 0; r0 < pixels; r0 += BLOCK) {
      ptrdiff_t r1 = r0 + BLOCK < pixels ? r0 + BLOCK : pixels;
      float product[LANES] = {0}, sum[LANES] = {0};
      for (ptrdiff_t r = r0; r < r1; r++) {
        const float *from = x + r * channels + c0, *gradient = dy + r * channels + c0;
        for (int c = 0; c < count; c++) {
          sum[c] += gradient[c];
          product[c] += gradient[c] * from[c];
        }
      }
      for (int c = 0; c < count; c++) {
        products[c0 + c] += product[c];
        sums[c0 + c] += sum[c];
      }
    }
  }
}

GRAFT_DISPATCHED void graft_response_gradient(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, const float *factors,
    const float *slopes, int accumulates, float *dx) {
  for (ptrdiff_t r = 0; r < pixels; r++, x += channels, dy += channels, dx += channels) {
    if (accumulates)
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++)
        dx[c] += dy[c] * factors[c] + x[c] * slopes[c];
    else
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++)
        dx[c] = dy[c] * factors[c] + x[c] * slopes[c];
  }
}
