#include <string.h>

#include "dispatch.h"
#include "graft_kernels.h"

#define LANES 64

/// Output columns whose whole window lies inside a row: first ..< last.
static void inner_columns(const graft_depthwise *s, int *first, int *last) {
  int reach = (s->kernel_w - 1) * s->dilation_x;
  int a = (s->pad_x + s->stride_x - 1) / s->stride_x;
  int b = s->in_w - 1 - reach + s->pad_x;
  b = b < 0 ? 0 : b / s->stride_x + 1;
  if (b > s->out_w) b = s->out_w;
  if (a > b) a = b;
  *first = a;
  *last = b;
}

/// One vector of channels over the inner columns of a row, a 3x3 window with its weights at hand.
GRAFT_INLINE void row_of_nine(
    const graft_depthwise *s, const float *const rows[3], const v16 w[9], const float *bias,
    graft_activation activation, int first, int last, int channel, float *y) {
  ptrdiff_t step = (ptrdiff_t)s->stride_x * s->channels, c = s->channels;
  ptrdiff_t at = ((ptrdiff_t)first * s->stride_x - s->pad_x) * c + channel;
  const v16 zero = {0}, six = zero + 6;
  v16 start = zero;
  if (bias) start = *(const v16 *)(bias + channel);
  for (int x = first; x < last; x++, at += step) {
    v16 sum = start;
    for (int ky = 0; ky < 3; ky++)
      for (int kx = 0; kx < 3; kx++) sum += w[ky * 3 + kx] * *(const v16 *)(rows[ky] + at + kx * c);
    if (activation) sum = GRAFT_SELECT(sum < zero, zero, sum);
    if (activation == GRAFT_RELU6) sum = GRAFT_SELECT(sum > six, six, sum);
    *(v16 *)(y + x * c + channel) = sum;
  }
}

GRAFT_DISPATCHED void graft_depthwise_forward(
    const graft_depthwise *s, const float *input, const float *weights, const float *bias,
    graft_activation activation, int first_row, int last_row, float *output) {
  int first, last;
  inner_columns(s, &first, &last);
  int nine = s->kernel_h == 3 && s->kernel_w == 3 && s->dilation_y == 1 && s->dilation_x == 1;
  int whole = s->channels / 16 * 16;
  for (int oy = first_row; oy < last_row; oy++) {
    float *y = output + (ptrdiff_t)oy * s->out_w * s->channels;
    int top = oy * s->stride_y - s->pad_y;
    int fast = nine && top >= 0 && top + 3 <= s->in_h;
    if (fast) {
      const float *rows[3];
      for (int ky = 0; ky < 3; ky++) rows[ky] = input + (ptrdiff_t)(top + ky) * s->in_w * s->channels;
      for (int c = 0; c < whole; c += 16) {
        v16 w[9];
        for (int t = 0; t < 9; t++) w[t] = *(const v16 *)(weights + (ptrdiff_t)t * s->channels + c);
        row_of_nine(s, rows, w, bias, activation, first, last, c, y);
      }
    }
    for (int ox = 0; ox < s->out_w; ox++) {
      int inside = fast && ox >= first && ox < last;
      float *out = y + (ptrdiff_t)ox * s->channels;
      int from = inside ? whole : 0;
      if (from == s->channels) continue;
      for (int c = from; c < s->channels; c++) out[c] = bias ? bias[c] : 0;
      for (int ky = 0; ky < s->kernel_h; ky++) {
        int iy = top + ky * s->dilation_y;
        if (iy < 0 || iy >= s->in_h) continue;
        for (int kx = 0; kx < s->kernel_w; kx++) {
          int ix = ox * s->stride_x - s->pad_x + kx * s->dilation_x;
          if (ix < 0 || ix >= s->in_w) continue;
          const float *x = input + ((ptrdiff_t)iy * s->in_w + ix) * s->channels;
          const float *w = weights + (ptrdiff_t)(ky * s->kernel_w + kx) * s->channels;
          for (int c = from; c < s->channels; c++) out[c] += w[c] * x[c];
        }
      }
      if (activation)
        for (int c = from; c < s->channels; c++) out[c] = graft_apply(out[c], activation);
    }
  }
}

GRAFT_DISPATCHED void graft_depthwise_data_gradient(
    const graft_depthwise *s, const float *output_gradient, const float *weights, int first,
    int last, int accumulates, float *input_gradient) {
  int count = last - first;
  if (!accumulates)
    for (ptrdiff_t p = 0; p < (ptrdiff_t)s->in_h * s->in_w; p++)
      memset(input_gradient + p * s->channels + first, 0, sizeof(float) * count);
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ky = 0; ky < s->kernel_h; ky++) {
      int iy = oy * s->stride_y - s->pad_y + ky * s->dilation_y;
      if (iy < 0 || iy >= s->in_h) continue;
      for (int kx = 0; kx < s->kernel_w; kx++) {
        const float *w = weights + (ptrdiff_t)(ky * s->kernel_w + kx) * s->channels + first;
        for (int ox = 0; ox < s->out_w; ox++) {
          int ix = ox * s->stride_x - s->pad_x + kx * s->dilation_x;
          if (ix < 0 || ix >= s->in_w) continue;
          const float *dy = output_gradient + ((ptrdiff_t)oy * s->out_w + ox) * s->channels + first;
          float *dx = input_gradient + ((ptrdiff_t)iy * s->in_w + ix) * s->channels + first;
          for (int c = 0; c < count; c++) dx[c] += w[c] * dy[c];
        }
      }
    }
  }
}

GRAFT_DISPATCHED void graft_depthwise_weight_gradient(
    const graft_depthwise *s, const float *input, const float *output_gradient, int first,
    int last, float *partial) {
  for (int c0 = first; c0 < last; c0 += LANES) {
    int count = last - c0 < LANES ? last - c0 : LANES;
    for (int ky = 0; ky < s->kernel_h; ky++) {
      for (int kx = 0; kx < s->kernel_w; kx++) {
        float sum[LANES] = {0};
        for (int oy = 0; oy < s->out_h; oy++) {
          int iy = oy * s->stride_y - s->pad_y + ky * s->dilation_y;
          if (iy < 0 || iy >= s->in_h) continue;
          for (int ox = 0; ox < s->out_w; ox++) {
            int ix = ox * s->stride_x - s->pad_x + kx * s->dilation_x;
            if (ix < 0 || ix >= s->in_w) continue;
            const float *x = input + ((ptrdiff_t)iy * s->in_w + ix) * s->channels + c0;
            const float *dy = output_gradient + ((ptrdiff_t)oy * s->out_w + ox) * s->channels + c0;
            if (count == LANES) {
              for (int c = 0; c < LANES; c++) sum[c] += x[c] * dy[c];
            } else {
              for (int c = 0; c < count; c++) sum[c] += x[c] * dy[c];
            }
          }
        }
        float *out = partial + (ptrdiff_t)(ky * s->kernel_w + kx) * s->channels + c0;
        for (int c = 0; c < count; c++) out[c] += sum[c];
      }
    }
  }
}
