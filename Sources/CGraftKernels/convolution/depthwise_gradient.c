// Both gradients of depthwise convolutions.
#include <string.h>

#include "convolution/depthwise.h"

/// Inputs ix ..< ix + tile of one row x: their gradients from the lines of output gradients within
/// reach (null for taps that reach none), and the weights' gradients.
GRAFT_INLINE void gradient_tile(
    const int tile, const int needs_data, const int needs_weights, const graft_depthwise *s,
    const float *const *lines, const float *x, const float *weights, int accumulates, int ix,
    float *dx, float *dw) {
  ptrdiff_t channels = s->channels;
  for (int c = 0; c < channels; c += 16) {
    int lanes = int_min(16, (int)channels - c);
    v16 sum[TILE], value[TILE];
    UNROLL for (int j = 0; j < tile; j++) {
      sum[j] = (v16){0};
      if (needs_weights) value[j] = *(const v16 *)(x + (ix + j) * channels + c);
    }
    for (int ky = 0; ky < s->kernel_h; ky++) {
      if (!lines[ky]) continue;
      const float *at = lines[ky] + (ix + s->pad_x + gradient_margin(s)) * channels + c;
      ptrdiff_t tap = ky * s->kernel_w * channels + c;
      for (int kx = 0; kx < s->kernel_w; kx++) {
        v16 weight = *(const v16 *)(weights + tap), product = {0};
        UNROLL for (int j = 0; j < tile; j++) {
          v16 g = *(const v16 *)(at + j * channels);
          if (needs_data) sum[j] += weight * g;
          if (needs_weights) product += value[j] * g;
        }
        if (needs_weights) { STORE(product, dw + tap, lanes, 1) }
        at -= s->dilation_x * channels;
        tap += channels;
      }
    }
    if (needs_data)
      UNROLL for (int j = 0; j < tile; j++) {
        v16 result = sum[j];
        STORE(result, dx + (ix + j) * channels + c, lanes, accumulates)
      }
  }
}

GRAFT_INLINE void gradient_row(
    const int needs_data, const int needs_weights, const graft_depthwise *s,
    const float *const *lines, const float *x, const float *weights, int accumulates,
    const coming_pixels *next, float *dx, float *dw) {
  int ix = 0;
  for (; ix + TILE <= s->in_w; ix += TILE) {
    fetch_share(next, s->channels, ix / TILE, s->in_w / TILE);
    gradient_tile(
        TILE, needs_data, needs_weights, s, lines, x, weights, accumulates, ix, dx, dw);
  }
  for (; ix < s->in_w; ix++)
    gradient_tile(1, needs_data, needs_weights, s, lines, x, weights, accumulates, ix, dx, dw);
}

GRAFT_DISPATCHED void graft_depthwise_gradient(
    const graft_depthwise *s, const graft_depthwise_operands *o, int first_row, int last_row,
    float *scratch) {
  ptrdiff_t channels = s->channels, line = gradient_width(s) * channels;
  int ring = reach_y(s);
  float *normalized = scratch + ring * line;
  memset(scratch, 0, sizeof(float) * ring * line);
  int loaded = 0;
  const float *lines[GRAFT_MAX_TAPS];
  for (int iy = first_row; iy < last_row; iy++) {
    // Output rows whose window holds this input row.
    int low = int_max(0, iy + s->pad_y - ring + s->stride_y) / s->stride_y;
    int high = int_min(s->out_h - 1, (iy + s->pad_y) / s->stride_y);
    for (loaded = int_max(loaded, low); loaded <= high; loaded++) {
      ptrdiff_t from = loaded * s->out_w * channels;
      float *to = scratch + loaded % ring * line + gradient_margin(s) * channels;
      for (int x = 0; x < s->out_w; x++, from += channels, to += s->stride_x * channels)
        graft_norm_pixel_gradient(
            o->output_norm, o->output + (o->output_norm ? from : 0), o->output_gradient + from,
            s->channels, 0, to);
    }
    for (int ky = 0; ky < s->kernel_h; ky++) {
      int y = iy + s->pad_y - ky * s->dilation_y;
      int reaches = y >= 0 && y % s->stride_y == 0 && y / s->stride_y < s->out_h;
      lines[ky] = reaches ? scratch + y / s->stride_y % ring * line : 0;
    }
    ptrdiff_t at = iy * s->in_w * channels;
    const float *x = o->input + at;
    if (o->input_norm && o->weight_gradient) {
      for (ptrdiff_t i = 0; i < s->in_w * channels; i += channels)
        graft_norm_pixel(o->input_norm, x + i, s->channels, normalized + i);
      x = normalized;
    }
    // What the next input row needs.
    int is_last = iy + 1 == last_row;
    int later = int_min(s->out_h, (iy + 1 + s->pad_y) / s->stride_y + 1) - loaded;
    int pixels = is_last ? 0 : int_max(0, later) * s->out_w;
    ptrdiff_t from = loaded * s->out_w * channels;
    coming_pixels next = {
        {o->output_gradient + from, o->output + (o->output_norm ? from : 0),
         o->input + at + s->in_w * channels},
        {pixels, o->output_norm ? pixels : 0, is_last ? 0 : s->in_w}};
    float *dx = o->input_gradient ? o->input_gradient + at : 0;
    if (o->input_gradient && o->weight_gradient)
      gradient_row(1, 1, s, lines, x, o->weights, o->accumulates, &next, dx, o->weight_gradient);
    else if (o->input_gradient)
      gradient_row(1, 0, s, lines, x, o->weights, o->accumulates, &next, dx, 0);
    else gradient_row(0, 1, s, lines, x, o->weights, 0, &next, 0, o->weight_gradient);
    if (o->sums)
      graft_norm_gradient_sums(o->input_norm, o->input + at, dx, s->in_w, s->channels, o->sums);
  }
}
