// Maps resized by nearest neighbors or bilinearly.
#include <string.h>

#include "common/dispatch.h"
#include "graft_windows.h"

/// How one output position along an axis reads the input: low and high with their weights.
typedef struct {
  int low, high;
  float low_share, high_share;
} place;

GRAFT_INLINE float scale_of(int in, int out, graft_interpolation how) {
  if (how == GRAFT_UPSAMPLE_CORNERS) return out > 1 ? (float)(in - 1) / (float)(out - 1) : 0;
  return (float)in / (float)out;
}

GRAFT_INLINE place place_of(int at, int in, float scale, graft_interpolation how) {
  if (how == GRAFT_UPSAMPLE_NEAREST) {
    int from = (int)((float)at * scale);
    if (from > in - 1) from = in - 1;
    return (place){from, from, 1, 0};
  }
  float from = how == GRAFT_UPSAMPLE_BILINEAR ? ((float)at + 0.5f) * scale - 0.5f : (float)at * scale;
  if (from < 0) from = 0;
  int low = (int)from;
  if (low > in - 1) low = in - 1;
  int high = low < in - 1 ? low + 1 : low;
  float share = from - (float)low;
  if (share > 1) share = 1;
  return (place){low, high, 1 - share, share};
}

GRAFT_DISPATCHED void graft_upsample_rows(
    const graft_upsample *s, const float *x, int first_row, int last_row, float *y) {
  ptrdiff_t channels = s->channels, line = s->in_w * channels;
  float scale_y = scale_of(s->in_h, s->out_h, s->interpolation);
  float scale_x = scale_of(s->in_w, s->out_w, s->interpolation);
  for (int oy = first_row; oy < last_row; oy++) {
    place row = place_of(oy, s->in_h, scale_y, s->interpolation);
    const float *above = x + row.low * line, *below = x + row.high * line;
    for (int ox = 0; ox < s->out_w; ox++) {
      place column = place_of(ox, s->in_w, scale_x, s->interpolation);
      float *to = y + ((ptrdiff_t)oy * s->out_w + ox) * channels;
      const float *a = above + column.low * channels, *b = above + column.high * channels;
      const float *c = below + column.low * channels, *d = below + column.high * channels;
      if (s->interpolation == GRAFT_UPSAMPLE_NEAREST) {
        memcpy(to, a, sizeof(float) * channels);
        continue;
      }
      float left = column.low_share, right = column.high_share;
      for (ptrdiff_t i = 0; i < channels; i++)
        to[i] = row.low_share * (left * a[i] + right * b[i]) +
                row.high_share * (left * c[i] + right * d[i]);
    }
  }
}

/// The output positions that may read an input position: first ..< last.
GRAFT_INLINE void readers(
    int at, int out, float scale, graft_interpolation how, int *first, int *last) {
  if (scale <= 0) {
    *first = 0;
    *last = out;
    return;
  }
  float shift = how == GRAFT_UPSAMPLE_BILINEAR ? 0.5f : 0;
  float low = ((float)at - 1 + shift) / scale - shift - 1;
  float high = ((float)at + 1 + shift) / scale - shift + 2;
  *first = low > 0 ? (int)low : 0;
  *last = high < (float)out ? (int)high : out;
}

GRAFT_INLINE float share_of(int at, place p) {
  return (p.low == at ? p.low_share : 0) + (p.high == at ? p.high_share : 0);
}

GRAFT_DISPATCHED void graft_upsample_gradient_rows(
    const graft_upsample *s, const float *dy, int first_row, int last_row, int accumulates,
    float *dx) {
  ptrdiff_t channels = s->channels;
  float scale_y = scale_of(s->in_h, s->out_h, s->interpolation);
  float scale_x = scale_of(s->in_w, s->out_w, s->interpolation);
  for (int iy = first_row; iy < last_row; iy++) {
    int top, bottom;
    readers(iy, s->out_h, scale_y, s->interpolation, &top, &bottom);
    for (int ix = 0; ix < s->in_w; ix++) {
      int left, right;
      readers(ix, s->out_w, scale_x, s->interpolation, &left, &right);
      float *to = dx + ((ptrdiff_t)iy * s->in_w + ix) * channels;
      if (!accumulates) memset(to, 0, sizeof(float) * channels);
      for (int oy = top; oy < bottom; oy++) {
        float row = share_of(iy, place_of(oy, s->in_h, scale_y, s->interpolation));
        if (row == 0) continue;
        for (int ox = left; ox < right; ox++) {
          float share = row * share_of(ix, place_of(ox, s->in_w, scale_x, s->interpolation));
          if (share == 0) continue;
          const float *from = dy + ((ptrdiff_t)oy * s->out_w + ox) * channels;
          for (ptrdiff_t i = 0; i < channels; i++) to[i] += share * from[i];
        }
      }
    }
  }
}
