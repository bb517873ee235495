#include <string.h>

#include "dispatch.h"
#include "graft_kernels.h"

static int clamp(int v, int low, int high) { return v < low ? low : v > high ? high : v; }

GRAFT_DISPATCHED void graft_max_pool(
    const graft_pool *s, const float *x, float *y, int32_t *switches) {
  ptrdiff_t c = s->channels;
  for (int oy = 0; oy < s->out_h; oy++) {
    int y0 = oy * s->stride_y - s->pad_y;
    int top = clamp(y0, 0, s->in_h), bottom = clamp(y0 + s->kernel_h, 0, s->in_h);
    for (int ox = 0; ox < s->out_w; ox++) {
      int x0 = ox * s->stride_x - s->pad_x;
      int left = clamp(x0, 0, s->in_w), right = clamp(x0 + s->kernel_w, 0, s->in_w);
      ptrdiff_t out = ((ptrdiff_t)oy * s->out_w + ox) * c;
      float *best = y + out;
      int32_t first = top * s->in_w + left;
      memcpy(best, x + first * c, sizeof(float) * c);
      if (switches)
        for (int i = 0; i < c; i++) switches[out + i] = first;
      for (int iy = top; iy < bottom; iy++) {
        for (int ix = left; ix < right; ix++) {
          int32_t place = iy * s->in_w + ix;
          const float *row = x + place * c;
          if (switches) {
            int32_t *at = switches + out;
            for (int i = 0; i < c; i++) {
              int better = row[i] > best[i] || row[i] != row[i];
              at[i] = better ? place : at[i];
              best[i] = better ? row[i] : best[i];
            }
          } else {
            for (int i = 0; i < c; i++) best[i] = row[i] > best[i] || row[i] != row[i] ? row[i] : best[i];
          }
        }
      }
    }
  }
}

GRAFT_DISPATCHED void graft_max_pool_gradient(
    const graft_pool *s, const float *dy, const int32_t *switches, int accumulates, float *dx) {
  ptrdiff_t c = s->channels;
  if (!accumulates) memset(dx, 0, sizeof(float) * s->in_h * s->in_w * c);
  for (ptrdiff_t out = 0; out < (ptrdiff_t)s->out_h * s->out_w * c; out += c)
    for (int i = 0; i < c; i++) dx[switches[out + i] * c + i] += dy[out + i];
}

/// The window's clipped extent and torch's divisor: pixels of the window within the padded picture.
static int window(
    const graft_pool *s, int oy, int ox, int *top, int *bottom, int *left, int *right) {
  int y0 = oy * s->stride_y - s->pad_y, x0 = ox * s->stride_x - s->pad_x;
  int y1 = clamp(y0 + s->kernel_h, 0, s->in_h + s->pad_y);
  int x1 = clamp(x0 + s->kernel_w, 0, s->in_w + s->pad_x);
  *top = clamp(y0, 0, s->in_h);
  *bottom = clamp(y1, 0, s->in_h);
  *left = clamp(x0, 0, s->in_w);
  *right = clamp(x1, 0, s->in_w);
  return (y1 - y0) * (x1 - x0);
}

GRAFT_DISPATCHED void graft_average_pool(const graft_pool *s, const float *x, float *y) {
  ptrdiff_t c = s->channels;
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ox = 0; ox < s->out_w; ox++) {
      int top, bottom, left, right;
      float factor = 1.0f / window(s, oy, ox, &top, &bottom, &left, &right);
      float *out = y + ((ptrdiff_t)oy * s->out_w + ox) * c;
      memset(out, 0, sizeof(float) * c);
      for (int iy = top; iy < bottom; iy++)
        for (int ix = left; ix < right; ix++) {
          const float *row = x + ((ptrdiff_t)iy * s->in_w + ix) * c;
          for (int i = 0; i < c; i++) out[i] += row[i];
        }
      for (int i = 0; i < c; i++) out[i] *= factor;
    }
  }
}

GRAFT_DISPATCHED void graft_average_pool_gradient(
    const graft_pool *s, const float *dy, int accumulates, float *dx) {
  ptrdiff_t c = s->channels;
  if (!accumulates) memset(dx, 0, sizeof(float) * s->in_h * s->in_w * c);
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ox = 0; ox < s->out_w; ox++) {
      int top, bottom, left, right;
      float factor = 1.0f / window(s, oy, ox, &top, &bottom, &left, &right);
      const float *g = dy + ((ptrdiff_t)oy * s->out_w + ox) * c;
      for (int iy = top; iy < bottom; iy++)
        for (int ix = left; ix < right; ix++) {
          float *row = dx + ((ptrdiff_t)iy * s->in_w + ix) * c;
          for (int i = 0; i < c; i++) row[i] += g[i] * factor;
        }
    }
  }
}
