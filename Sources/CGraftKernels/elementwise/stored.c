// Elementwise loops over values stored as bfloat16: blocks are widened, computed as float32 while they are in
// the cache, and rounded once.
#include "common/arithmetic.h"
#include "graft_elementwise.h"

#define BLOCK 1024

void graft_activate_stored(
    const void *x, ptrdiff_t count, graft_activation activation, float parameter, void *y) {
  float values[BLOCK];
  for (ptrdiff_t at = 0; at < count; at += BLOCK) {
    ptrdiff_t part = count - at < BLOCK ? count - at : BLOCK;
    graft_widen((const uint16_t *)x + at, part, values);
    graft_activate(values, part, activation, parameter, values);
    graft_narrow(values, part, (uint16_t *)y + at);
  }
}

void graft_activate_gradient_stored(
    const void *kept, const void *dy, ptrdiff_t count, graft_activation activation,
    float parameter, int accumulates, void *dx) {
  float values[BLOCK], gradients[BLOCK], results[BLOCK];
  for (ptrdiff_t at = 0; at < count; at += BLOCK) {
    ptrdiff_t part = count - at < BLOCK ? count - at : BLOCK;
    graft_widen((const uint16_t *)kept + at, part, values);
    graft_widen((const uint16_t *)dy + at, part, gradients);
    if (accumulates) graft_widen((const uint16_t *)dx + at, part, results);
    graft_activate_gradient(
        values, gradients, part, activation, parameter, accumulates, results);
    graft_narrow(results, part, (uint16_t *)dx + at);
  }
}

GRAFT_DISPATCHED static void scale_channels(
    const uint16_t *x, const float *factors, ptrdiff_t pixels, int channels, int accumulates,
    uint16_t *y) {
  for (ptrdiff_t p = 0; p < pixels; p++, x += channels, y += channels)
    if (accumulates)
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++) y[c] =
          graft_bf16_of(graft_bf16_value(y[c]) + graft_bf16_value(x[c]) * factors[c]);
    else
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++) y[c] =
          graft_bf16_of(graft_bf16_value(x[c]) * factors[c]);
}

void graft_multiply_channels_stored(
    const void *x, const float *factors, ptrdiff_t pixels, int channels, int accumulates, void *y) {
  scale_channels(x, factors, pixels, channels, accumulates, y);
}

GRAFT_DISPATCHED static void channel_products(
    const uint16_t *x, const uint16_t *dy, ptrdiff_t pixels, int channels, int accumulates,
    float *sum) {
  enum { LANES = 64, PIXELS = 64 };
  for (int c0 = 0; c0 < channels; c0 += LANES) {
    int count = int_min(LANES, channels - c0);
    float total[LANES] = {0};
    // Short blocks keep the precision that one long float sum would lose.
    for (ptrdiff_t p0 = 0; p0 < pixels; p0 += PIXELS) {
      ptrdiff_t p1 = p0 + PIXELS < pixels ? p0 + PIXELS : pixels;
      float block[LANES] = {0};
      for (ptrdiff_t p = p0; p < p1; p++) {
        const uint16_t *a = x + p * channels + c0, *b = dy + p * channels + c0;
        for (int c = 0; c < count; c++) block[c] += graft_bf16_value(a[c]) * graft_bf16_value(b[c]);
      }
      for (int c = 0; c < count; c++) total[c] += block[c];
    }
    for (int c = 0; c < count; c++)
      sum[c0 + c] = accumulates ? sum[c0 + c] + total[c] : total[c];
  }
}

void graft_channel_products_stored(
    const void *x, const void *dy, ptrdiff_t pixels, int channels, int accumulates, float *sum) {
  channel_products(x, dy, pixels, channels, accumulates, sum);
}
