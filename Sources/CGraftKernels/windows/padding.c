// Images with a border: zeros, mirrored, repeated or from the opposite side.
#include <string.h>

#include "common/dispatch.h"
#include "graft_windows.h"

/// Which of `count` positions is shown at `place`, which may be outside; -1 is none.
static int source(int place, int count, graft_pad_mode mode) {
  if (place >= 0 && place < count) return place;
  switch (mode) {
    case GRAFT_PAD_REFLECT: return place < 0 ? -place : 2 * (count - 1) - place;
    case GRAFT_PAD_REPLICATE: return place < 0 ? 0 : count - 1;
    case GRAFT_PAD_CIRCULAR: return place < 0 ? place + count : place - count;
    default: return -1;
  }
}

void graft_pad(const graft_padding *s, const float *x, int first_row, int last_row, float *y) {
  ptrdiff_t c = s->channels, line = s->in_w * c;
  size_t pixel = sizeof(float) * c;
  for (int oy = first_row; oy < last_row; oy++) {
    float *to = y + (ptrdiff_t)oy * s->out_w * c;
    int iy = source(oy - s->top, s->in_h, s->mode);
    if (iy < 0) {
      memset(to, 0, pixel * s->out_w);
      continue;
    }
    const float *from = x + iy * line;
    memcpy(to + s->left * c, from, sizeof(float) * line);
    for (int ox = 0; ox < s->out_w; ox++) {
      if (ox == s->left) ox += s->in_w;
      if (ox == s->out_w) break;
      int ix = source(ox - s->left, s->in_w, s->mode);
      if (ix < 0)
        memset(to + ox * c, 0, pixel);
      else
        memcpy(to + ox * c, from + ix * c, pixel);
    }
  }
}

/// Adds one row of the output's gradient to the row of the input that it was computed from.
GRAFT_INLINE void add_row(const graft_padding *s, const float *dy, int accumulates, float *dx) {
  ptrdiff_t c = s->channels, line = s->in_w * c;
  const float *own = dy + s->left * c;
  if (accumulates)
    for (ptrdiff_t i = 0; i < line; i++) dx[i] += own[i];
  else
    memcpy(dx, own, sizeof(float) * line);
  if (s->mode == GRAFT_PAD_ZERO) return;
  for (int ox = 0; ox < s->out_w; ox++) {
    if (ox == s->left) ox += s->in_w;
    if (ox == s->out_w) break;
    float *to = dx + source(ox - s->left, s->in_w, s->mode) * c;
    for (ptrdiff_t i = 0; i < c; i++) to[i] += dy[ox * c + i];
  }
}

GRAFT_DISPATCHED void graft_pad_gradient(
    const graft_padding *s, const float *dy, int first_row, int last_row, int accumulates,
    float *dx) {
  ptrdiff_t row = (ptrdiff_t)s->out_w * s->channels, line = (ptrdiff_t)s->in_w * s->channels;
  for (int iy = first_row; iy < last_row; iy++) {
    add_row(s, dy + (iy + s->top) * row, accumulates, dx + iy * line);
    if (s->mode == GRAFT_PAD_ZERO) continue;
    for (int oy = 0; oy < s->out_h; oy++) {
      if (oy == s->top) oy += s->in_h;
      if (oy == s->out_h) break;
      if (source(oy - s->top, s->in_h, s->mode) == iy) add_row(s, dy + oy * row, 1, dx + iy * line);
    }
  }
}
