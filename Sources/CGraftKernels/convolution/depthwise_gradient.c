// Both gradients of depthwise convolutions.
#include <string.h>

#include "convolution/depthwise.h"
#include "graft_elementwise.h"

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

/// A row of values: where it lies, or widened.
GRAFT_INLINE const float *row_at(
    const void *values, ptrdiff_t at, ptrdiff_t count, int is_bf16, float *scratch) {
  if (!is_bf16) return (const float *)values + at;
  graft_bf16_widen((const uint16_t *)values + at, count, scratch);
  return scratch;
}

GRAFT_DISPATCHED void graft_depthwise_gradient(
    const graft_depthwise *s, const graft_depthwise_operands *o, int first_row, int last_row,
    float *scratch) {
  ptrdiff_t channels = s->channels, line = gradient_width(s) * channels;
  ptrdiff_t in_row = s->in_w * channels, out_row = s->out_w * channels;
  int ring = reach_y(s);
  float *normalized = scratch + ring * line, *outputs = normalized + in_row;
  float *inputs = outputs + (s->out_bf16 ? 2 * out_row : 0);
  memset(scratch, 0, sizeof(float) * ring * line);
  int loaded = 0;
  const float *lines[GRAFT_MAX_TAPS];
  for (int iy = first_row; iy < last_row; iy++) {
    // Output rows whose window holds this input row.
    int low = int_max(0, iy + s->pad_y - ring + s->stride_y) / s->stride_y;
    int high = int_min(s->out_h - 1, (iy + s->pad_y) / s->stride_y);
    for (loaded = int_max(loaded, low); loaded <= high; loaded++) {
      ptrdiff_t from = loaded * out_row;
      const float *dy = row_at(o->output_gradient, from, out_row, s->out_bf16, outputs);
      const float *y =
          o->output_norm ? row_at(o->output, from, out_row, s->out_bf16, outputs + out_row) : dy;
      float *to = scratch + loaded % ring * line + gradient_margin(s) * channels;
      for (ptrdiff_t x = 0; x < out_row; x += channels, to += s->stride_x * channels)
        graft_norm_pixel_gradient(o->output_norm, y + x, dy + x, s->channels, 0, to);
    }
    for (int ky = 0; ky < s->kernel_h; ky++) {
      int y = iy + s->pad_y - ky * s->dilation_y;
      int reaches = y >= 0 && y % s->stride_y == 0 && y / s->stride_y < s->out_h;
      lines[ky] = reaches ? scratch + y / s->stride_y % ring * line : 0;
    }
    ptrdiff_t at = iy * in_row;
    const float *x = o->input;
    if (o->weight_gradient) x = row_at(o->input, at, in_row, s->in_bf16, inputs);
    if (o->input_norm && o->weight_gradient) {
      for (ptrdiff_t i = 0; i < in_row; i += channels)
        graft_norm_pixel(o->input_norm, x + i, s->channels, normalized + i);
      x = normalized;
    }
    // What the next input row needs.
    int is_last = iy + 1 == last_row;
    int later = int_min(s->out_h, (iy + 1 + s->pad_y) / s->stride_y + 1) - loaded;
    int pixels = is_last ? 0 : int_max(0, later) * s->out_w;
    ptrdiff_t from = loaded * out_row;
    coming_pixels next = {{0}, {0}};
    if (!s->in_bf16 && !s->out_bf16)
      next = (coming_pixels){
          {(const float *)o->output_gradient + from,
           (const float *)o->output + (o->output_norm ? from : 0),
           (const float *)o->input + at + in_row},
          {pixels, o->output_norm ? pixels : 0, is_last ? 0 : s->in_w}};
    float *dx = o->input_gradient ? (float *)o->input_gradient + at : 0;
    uint16_t *stored = 0;
    if (s->in_bf16 && o->input_gradient) {
      stored = (uint16_t *)o->input_gradient + at;
      dx = inputs + in_row;
      if (o->accumulates) graft_bf16_widen(stored, in_row, dx);
    }
    if (o->input_gradient && o->weight_gradient)
      gradient_row(1, 1, s, lines, x, o->weights, o->accumulates, &next, dx, o->weight_gradient);
    else if (o->input_gradient)
      gradient_row(1, 0, s, lines, x, o->weights, o->accumulates, &next, dx, 0);
    else gradient_row(0, 1, s, lines, x, o->weights, 0, &next, 0, o->weight_gradient);
    if (stored) graft_narrow(dx, in_row, stored);
    if (o->sums && stored)
      graft_norm_gradient_sums(
          o->input_norm, (const uint16_t *)o->input + at, stored, s->in_w, s->channels, o->sums);
    else if (o->sums)
      graft_norm_gradient_sums(
          o->input_norm, (const float *)o->input + at, dx, s->in_w, s->channels, o->sums);
  }
}
