// Pooling over windows that follow from the sizes of input and output.
#include <string.h>

#include "common/dispatch.h"
#include "graft_pooling.h"

typedef struct {
  int top, bottom, left, right;
} bounds;

static bounds window(const graft_adaptive_pool *s, int oy, int ox) {
  bounds b;
  b.top = (int)((int64_t)oy * s->in_h / s->out_h);
  b.bottom = (int)(((int64_t)(oy + 1) * s->in_h + s->out_h - 1) / s->out_h);
  b.left = (int)((int64_t)ox * s->in_w / s->out_w);
  b.right = (int)(((int64_t)(ox + 1) * s->in_w + s->out_w - 1) / s->out_w);
  return b;
}

static float share(bounds b) {
  return 1.0f / (float)((ptrdiff_t)(b.bottom - b.top) * (b.right - b.left));
}

GRAFT_DISPATCHED void graft_adaptive_average_pool(
    const graft_adaptive_pool *s, const float *x, float *y) {
  ptrdiff_t c = s->channels;
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ox = 0; ox < s->out_w; ox++) {
      bounds b = window(s, oy, ox);
      float factor = share(b);
      float *out = y + ((ptrdiff_t)oy * s->out_w + ox) * c;
      memset(out, 0, sizeof(float) * c);
      for (int iy = b.top; iy < b.bottom; iy++)
        for (int ix = b.left; ix < b.right; ix++) {
          const float *pixel = x + ((ptrdiff_t)iy * s->in_w + ix) * c;
          for (ptrdiff_t i = 0; i < c; i++) out[i] += pixel[i];
        }
      for (ptrdiff_t i = 0; i < c; i++) out[i] *= factor;
    }
  }
}

GRAFT_DISPATCHED void graft_adaptive_average_pool_gradient(
    const graft_adaptive_pool *s, const float *dy, int accumulates, float *dx) {
  ptrdiff_t c = s->channels;
  if (!accumulates) memset(dx, 0, sizeof(float) * s->in_h * s->in_w * c);
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ox = 0; ox < s->out_w; ox++) {
      bounds b = window(s, oy, ox);
      float factor = share(b);
      const float *g = dy + ((ptrdiff_t)oy * s->out_w + ox) * c;
      for (int iy = b.top; iy < b.bottom; iy++)
        for (int ix = b.left; ix < b.right; ix++) {
          float *pixel = dx + ((ptrdiff_t)iy * s->in_w + ix) * c;
          for (ptrdiff_t i = 0; i < c; i++) pixel[i] += g[i] * factor;
        }
    }
  }
}

GRAFT_DISPATCHED void graft_adaptive_max_pool(
    const graft_adaptive_pool *s, const float *x, float *y, int32_t *switches) {
  ptrdiff_t c = s->channels;
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ox = 0; ox < s->out_w; ox++) {
      bounds b = window(s, oy, ox);
      ptrdiff_t at = ((ptrdiff_t)oy * s->out_w + ox) * c;
      int first = b.top * s->in_w + b.left;
      memcpy(y + at, x + first * c, sizeof(float) * c);
      if (switches)
        for (ptrdiff_t i = 0; i < c; i++) switches[at + i] = first;
      for (int iy = b.top; iy < b.bottom; iy++)
        for (int ix = b.left; ix < b.right; ix++) {
          int place = iy * s->in_w + ix;
          const float *pixel = x + place * c;
          // A NaN stays one.
          if (switches)
            for (ptrdiff_t i = 0; i < c; i++)
              switches[at + i] = (pixel[i] > y[at + i]) | (pixel[i] != pixel[i])
                                     ? place : switches[at + i];
          for (ptrdiff_t i = 0; i < c; i++)
            y[at + i] = (pixel[i] > y[at + i]) | (pixel[i] != pixel[i]) ? pixel[i] : y[at + i];
        }
    }
  }
}

void graft_adaptive_max_pool_gradient(
    const graft_adaptive_pool *s, const float *dy, const int32_t *switches, int accumulates,
    float *dx) {
  ptrdiff_t c = s->channels, count = (ptrdiff_t)s->out_h * s->out_w * c;
  if (!accumulates) memset(dx, 0, sizeof(float) * s->in_h * s->in_w * c);
  for (ptrdiff_t at = 0; at < count; at += c)
    for (ptrdiff_t i = 0; i < c; i++) dx[switches[at + i] * c + i] += dy[at + i];
}
