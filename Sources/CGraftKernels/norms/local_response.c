// Local response normalization (Krizhevsky et al., 2012): sums over neighboring channels.
#include <math.h>
#include <string.h>

#include "common/dispatch.h"
#include "graft_norms.h"

/// sum[i] = the sum of terms[i - before ... i + after] or of their squares, channels outside
/// counting as 0.
GRAFT_INLINE void window_sums(
    const float *terms, ptrdiff_t channels, int before, int after, int squares, float *sum) {
  memset(sum, 0, sizeof(float) * channels);
  for (int offset = -before; offset <= after; offset++) {
    ptrdiff_t first = offset < 0 ? -offset : 0;
    ptrdiff_t last = offset > 0 ? channels - offset : channels;
    for (ptrdiff_t i = first; i < last; i++)
      sum[i] += terms[i + offset] * (squares ? terms[i + offset] : 1);
  }
}

/// d^-beta; the usual exponent needs only two square roots.
GRAFT_INLINE float power(float d, float beta) {
  return beta == 0.75f ? 1.0f / (sqrtf(d) * sqrtf(sqrtf(d))) : powf(d, -beta);
}

GRAFT_DISPATCHED void graft_local_response_apply(
    const graft_local_response *s, const float *x, ptrdiff_t pixels, float *denominators,
    float *y) {
  ptrdiff_t channels = s->channels;
  int before = s->size / 2, after = s->size - 1 - before;
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
    const float *in = x + pixel * channels;
    float *d = denominators + pixel * channels, *out = y + pixel * channels;
    window_sums(in, channels, before, after, 1, d);
    GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < channels; i++) d[i] = s->k + s->rate * d[i];
    if (s->beta == 0.75f)
      GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < channels; i++) out[i] = in[i] * power(d[i], 0.75f);
    else
      for (ptrdiff_t i = 0; i < channels; i++) out[i] = in[i] * power(d[i], s->beta);
  }
}

GRAFT_DISPATCHED void graft_local_response_gradient(
    const graft_local_response *s, const float *x, const float *denominators, const float *dy,
    ptrdiff_t pixels, int accumulates, float *dx, float *scratch) {
  ptrdiff_t channels = s->channels;
  int before = s->size / 2, after = s->size - 1 - before;
  float *terms = scratch, *sums = scratch + channels;
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
    const float *in = x + pixel * channels, *d = denominators + pixel * channels;
    const float *g = dy + pixel * channels;
    float *out = dx + pixel * channels;
    for (ptrdiff_t i = 0; i < channels; i++) terms[i] = g[i] * in[i] * power(d[i], s->beta) / d[i];
    // Channel j reads i when i lies in j's window: the window mirrored.
    window_sums(terms, channels, after, before, 0, sums);
    float factor = 2 * s->beta * s->rate;
    for (ptrdiff_t i = 0; i < channels; i++) {
      float value = g[i] * power(d[i], s->beta) - factor * in[i] * sums[i];
      out[i] = accumulates ? out[i] + value : value;
    }
  }
}
