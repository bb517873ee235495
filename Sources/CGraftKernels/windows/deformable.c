// Deformable windows (Dai et al., 2017): taps moved by offsets, read between pixels.
#include <math.h>
#include <string.h>

#include "common/dispatch.h"
#include "graft_windows.h"

/// Where one tap reads: four pixels, which may be outside, and the weight of each.
typedef struct {
  ptrdiff_t at[4];
  float share[4];
  /// By how much the value grows with a step down or to the right, for each pixel.
  float down[4], right[4];
  int is_outside;
} tap_place;

static tap_place place_of(const graft_deformable *s, float y, float x) {
  tap_place place;
  int top = (int)floorf(y), left = (int)floorf(x);
  float fy = y - top, fx = x - left;
  place.is_outside = y <= -1 || y >= s->in_h || x <= -1 || x >= s->in_w;
  for (int corner = 0; corner < 4; corner++) {
    int iy = top + corner / 2, ix = left + corner % 2;
    int inside = iy >= 0 && iy < s->in_h && ix >= 0 && ix < s->in_w;
    float wy = corner / 2 ? fy : 1 - fy, wx = corner % 2 ? fx : 1 - fx;
    place.at[corner] = inside ? ((ptrdiff_t)iy * s->in_w + ix) * s->channels : 0;
    place.share[corner] = inside && !place.is_outside ? wy * wx : 0;
    place.down[corner] = inside ? (corner / 2 ? wx : -wx) : 0;
    place.right[corner] = inside ? (corner % 2 ? wy : -wy) : 0;
  }
  return place;
}

/// A position far outside would not fit an integer; nothing is read there.
static float bounded(float v, int size) { return v < -2 ? -2 : v > size + 1 ? size + 1 : v; }

#define PLACE(s, offsets, oy, ox, group, tap)                                                     \
  const float *move = offsets + ((((ptrdiff_t)oy * s->out_w + ox) * s->groups + group) * taps + tap) * 2; \
  float at_y = oy * s->stride_y - s->pad_y + tap / s->kernel_w * s->dilation_y + move[0];         \
  float at_x = ox * s->stride_x - s->pad_x + tap % s->kernel_w * s->dilation_x + move[1];         \
  tap_place place = place_of(s, bounded(at_y, s->in_h), bounded(at_x, s->in_w));

GRAFT_DISPATCHED void graft_deformable_read(
    const graft_deformable *s, const float *x, const float *offsets, const float *mask,
    int first_row, int last_row, float *y) {
  int taps = s->kernel_h * s->kernel_w, width = s->channels / s->groups;
  for (int oy = first_row; oy < last_row; oy++)
    for (int ox = 0; ox < s->out_w; ox++)
      for (int tap = 0; tap < taps; tap++)
        for (int group = 0; group < s->groups; group++) {
          PLACE(s, offsets, oy, ox, group, tap)
          ptrdiff_t pixel = (ptrdiff_t)oy * s->out_w + ox;
          float m = mask ? mask[(pixel * s->groups + group) * taps + tap] : 1;
          float a = m * place.share[0], b = m * place.share[1];
          float c = m * place.share[2], d = m * place.share[3];
          const float *p = x + place.at[0] + group * width, *q = x + place.at[1] + group * width;
          const float *r = x + place.at[2] + group * width, *t = x + place.at[3] + group * width;
          float *out = y + (pixel * taps + tap) * s->channels + group * width;
          for (int i = 0; i < width; i++) out[i] = a * p[i] + b * q[i] + c * r[i] + d * t[i];
        }
}

/// The sum of products of two rows, in sixteen partial sums.
GRAFT_INLINE float dot(const float *a, const float *b, int count) {
  float lanes[16] = {0}, sum = 0;
  int i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; lane++) lanes[lane] += a[i + lane] * b[i + lane];
  for (; i < count; i++) sum += a[i] * b[i];
  for (int lane = 0; lane < 16; lane++) sum += lanes[lane];
  return sum;
}

GRAFT_DISPATCHED void graft_deformable_gradient(
    const graft_deformable *s, const float *x, const float *offsets, const float *mask,
    const float *dy, const graft_deformable_gradients *to) {
  int taps = s->kernel_h * s->kernel_w, width = s->channels / s->groups;
  if (to->x && !to->adds_x) memset(to->x, 0, sizeof(float) * s->in_h * s->in_w * s->channels);
  for (int oy = 0; oy < s->out_h; oy++)
    for (int ox = 0; ox < s->out_w; ox++)
      for (int tap = 0; tap < taps; tap++)
        for (int group = 0; group < s->groups; group++) {
          PLACE(s, offsets, oy, ox, group, tap)
          ptrdiff_t pixel = (ptrdiff_t)oy * s->out_w + ox;
          ptrdiff_t number = (pixel * s->groups + group) * taps + tap;
          float m = mask ? mask[number] : 1, value = 0, down = 0, right = 0;
          const float *g = dy + (pixel * taps + tap) * s->channels + group * width;
          for (int corner = 0; corner < 4; corner++) {
            ptrdiff_t at = place.at[corner] + group * width;
            float product = to->offsets || to->mask ? dot(g, x + at, width) : 0;
            value += place.share[corner] * product;
            down += place.down[corner] * product;
            right += place.right[corner] * product;
            float share = m * place.share[corner];
            if (to->x && share != 0)
              for (int i = 0; i < width; i++) to->x[at + i] += share * g[i];
          }
          if (to->mask) to->mask[number] = value + (to->adds_mask ? to->mask[number] : 0);
          if (to->offsets) {
            float *move = to->offsets + number * 2;
            move[0] = m * down + (to->adds_offsets ? move[0] : 0);
            move[1] = m * right + (to->adds_offsets ? move[1] : 0);
          }
        }
}
