// A scale and a shift for each channel, and channels in another order.
#include <string.h>

#include "common/dispatch.h"
#include "graft_elementwise.h"

GRAFT_DISPATCHED void graft_channel_affine(
    const float *x, const float *scale, const float *shift, ptrdiff_t pixels, ptrdiff_t channels,
    int accumulates, float *y) {
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
    const float *in = x + pixel * channels;
    float *out = y + pixel * channels;
    GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < channels; i++) {
      float value = in[i] * scale[i] + (shift ? shift[i] : 0);
      out[i] = accumulates ? out[i] + value : value;
    }
  }
}

GRAFT_DISPATCHED void graft_channel_affine_sums(
    const float *x, const float *dy, ptrdiff_t pixels, ptrdiff_t channels, double *sums) {
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
    const float *in = x + pixel * channels, *g = dy + pixel * channels;
    for (ptrdiff_t i = 0; i < channels; i++) sums[i] += (double)g[i] * in[i];
    for (ptrdiff_t i = 0; i < channels; i++) sums[channels + i] += g[i];
  }
}

void graft_select_channels(
    const float *x, ptrdiff_t pixels, ptrdiff_t channels, const int32_t *places, ptrdiff_t count,
    float *y) {
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++)
    for (ptrdiff_t i = 0; i < count; i++) y[pixel * count + i] = x[pixel * channels + places[i]];
}

void graft_select_channels_gradient(
    const float *dy, ptrdiff_t pixels, ptrdiff_t channels, const int32_t *places, ptrdiff_t count,
    int accumulates, float *dx) {
  if (!accumulates) memset(dx, 0, sizeof(float) * pixels * channels);
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++)
    for (ptrdiff_t i = 0; i < count; i++) dx[pixel * channels + places[i]] += dy[pixel * count + i];
}
