// Windows whose weights differ by position.
#include <string.h>

#include "common/dispatch.h"
#include "graft_windows.h"

/// Calls BODY for each tap of the window at (oy, ox) that lies in the image, with the pixel's number
/// `pixel` and the tap's number `tap`.
#define FOR_TAPS(s, oy, ox, BODY)                              \
  for (int ky = 0; ky < s->kernel_h; ky++) {                   \
    int iy = oy * s->stride_y - s->pad_y + ky;                 \
    if (iy < 0 || iy >= s->in_h) continue;                     \
    for (int kx = 0; kx < s->kernel_w; kx++) {                 \
      int ix = ox * s->stride_x - s->pad_x + kx;               \
      if (ix < 0 || ix >= s->in_w) continue;                   \
      ptrdiff_t pixel = (ptrdiff_t)iy * s->in_w + ix;          \
      ptrdiff_t tap = (ptrdiff_t)ky * s->kernel_w + kx;        \
      BODY                                                     \
    }                                                          \
  }

GRAFT_DISPATCHED void graft_local_forward(
    const graft_local *s, const float *x, const float *weights, const float *bias, int oy,
    float *y) {
  ptrdiff_t c = s->channels, k = s->outputs, slab = c * k;
  ptrdiff_t in_image = (ptrdiff_t)s->in_h * s->in_w * c;
  ptrdiff_t out_image = (ptrdiff_t)s->out_h * s->out_w * k;
  for (int ox = 0; ox < s->out_w; ox++) {
    ptrdiff_t place = (ptrdiff_t)oy * s->out_w + ox;
    const float *own = weights + place * s->kernel_h * s->kernel_w * slab;
    for (int n = 0; n < s->batch; n++) {
      float *out = y + n * out_image + place * k;
      if (bias)
        memcpy(out, bias + place * k, sizeof(float) * k);
      else
        memset(out, 0, sizeof(float) * k);
      FOR_TAPS(s, oy, ox, {
        const float *in = x + n * in_image + pixel * c;
        for (ptrdiff_t i = 0; i < c; i++)
          for (ptrdiff_t o = 0; o < k; o++) out[o] += in[i] * own[tap * slab + i * k + o];
      })
    }
  }
}

GRAFT_DISPATCHED void graft_local_data_gradient(
    const graft_local *s, const float *dy, const float *weights, int n, int accumulates,
    float *dx) {
  ptrdiff_t c = s->channels, k = s->outputs, slab = c * k;
  float *image = dx + n * ((ptrdiff_t)s->in_h * s->in_w * c);
  const float *gradient = dy + n * ((ptrdiff_t)s->out_h * s->out_w * k);
  if (!accumulates) memset(image, 0, sizeof(float) * s->in_h * s->in_w * c);
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ox = 0; ox < s->out_w; ox++) {
      ptrdiff_t place = (ptrdiff_t)oy * s->out_w + ox;
      const float *own = weights + place * s->kernel_h * s->kernel_w * slab;
      const float *g = gradient + place * k;
      FOR_TAPS(s, oy, ox, {
        for (ptrdiff_t i = 0; i < c; i++) {
          float sum = 0;
          for (ptrdiff_t o = 0; o < k; o++) sum += g[o] * own[tap * slab + i * k + o];
          image[pixel * c + i] += sum;
        }
      })
    }
  }
}

GRAFT_DISPATCHED void graft_local_weight_gradient(
    const graft_local *s, const float *x, const float *dy, int oy, float *weights, float *bias) {
  ptrdiff_t c = s->channels, k = s->outputs, slab = c * k;
  ptrdiff_t in_image = (ptrdiff_t)s->in_h * s->in_w * c;
  ptrdiff_t out_image = (ptrdiff_t)s->out_h * s->out_w * k;
  ptrdiff_t window = (ptrdiff_t)s->kernel_h * s->kernel_w * slab;
  for (int ox = 0; ox < s->out_w; ox++) {
    ptrdiff_t place = (ptrdiff_t)oy * s->out_w + ox;
    float *own = weights ? weights + place * window : 0;
    if (own) memset(own, 0, sizeof(float) * window);
    if (bias) memset(bias + place * k, 0, sizeof(float) * k);
    for (int n = 0; n < s->batch; n++) {
      const float *g = dy + n * out_image + place * k;
      if (bias)
        for (ptrdiff_t o = 0; o < k; o++) bias[place * k + o] += g[o];
      if (!own) continue;
      FOR_TAPS(s, oy, ox, {
        const float *in = x + n * in_image + pixel * c;
        for (ptrdiff_t i = 0; i < c; i++)
          for (ptrdiff_t o = 0; o < k; o++) own[tap * slab + i * k + o] += in[i] * g[o];
      })
    }
  }
}
