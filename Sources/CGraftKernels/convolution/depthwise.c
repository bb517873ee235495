// Depthwise convolutions.
//
// Both directions run along rows that were copied, normalized on the way, into a ring of lines
// with zero margins: the window never leaves a line, and a line is read from the cache by every
// row of outputs that it reaches.
#include <string.h>

#include "convolution/depthwise.h"
#include "graft_elementwise.h"

ptrdiff_t graft_depthwise_scratch(const graft_depthwise *s) {
  ptrdiff_t width = int_max(input_width(s), gradient_width(s));
  // After the lines: an input row that is normalized, and rows of both inputs and both outputs that are not
  // float32.
  int rows = s->in_w + (s->out_bf16 ? 2 * s->out_w : 0) + (s->in_bf16 ? 2 * s->in_w : 0);
  return (ptrdiff_t)(reach_y(s) * width + rows) * s->channels + 2 * GRAFT_SLACK;
}

/// Outputs ox ..< ox + tile of one row; lines are those under the window, null outside the image.
/// A width and a stride other than 0 are the shape's own, known when compiled: taps share loads.
GRAFT_INLINE void forward_tile(
    const int tile, const int known_width, const int known_stride, const graft_depthwise *s,
    const float *const *lines, const float *weights, const float *bias,
    graft_activation activation, int ox, float *row) {
  int width = known_width ? known_width : s->kernel_w;
  ptrdiff_t channels = s->channels, dilation = known_width ? 1 : s->dilation_x;
  ptrdiff_t stride = known_stride ? known_stride : s->stride_x;
  const v16 zero = {0}, six = zero + 6;
  for (int c = 0; c < channels; c += 16) {
    int lanes = int_min(16, (int)channels - c);
    v16 sum[TILE];
    UNROLL for (int j = 0; j < tile; j++) sum[j] = bias ? *(const v16 *)(bias + c) : zero;
    for (int ky = 0; ky < s->kernel_h; ky++) {
      if (!lines[ky]) continue;
      const float *at = lines[ky] + ox * stride * channels + c;
      const float *w = weights + ky * width * channels + c;
#define FORWARD_TAP(kx)                                   \
  v16 weight = *(const v16 *)(w + kx * channels);         \
  UNROLL for (int j = 0; j < tile; j++) sum[j] +=         \
      weight * *(const v16 *)(at + (j * stride + kx * dilation) * channels);
      if (known_width) {
        UNROLL for (int kx = 0; kx < known_width; kx++) { FORWARD_TAP(kx) }
      } else {
        for (int kx = 0; kx < width; kx++) { FORWARD_TAP(kx) }
      }
    }
    UNROLL for (int j = 0; j < tile; j++) {
      v16 y = sum[j];
      if (activation) y = GRAFT_SELECT(y < zero, zero, y);
      if (activation == GRAFT_RELU6) y = GRAFT_SELECT(y > six, six, y);
      STORE(y, row + (ox + j) * channels + c, lanes, 0)
    }
  }
}

GRAFT_INLINE void forward_row(
    const int width, const int stride, const graft_depthwise *s, const float *const *lines,
    const float *weights, const float *bias, graft_activation activation,
    const coming_pixels *next, float *row) {
  int ox = 0;
  for (; ox + TILE <= s->out_w; ox += TILE) {
    fetch_share(next, s->channels, ox / TILE, s->out_w / TILE);
    forward_tile(TILE, width, stride, s, lines, weights, bias, activation, ox, row);
  }
  for (; ox < s->out_w; ox++)
    forward_tile(1, 0, 0, s, lines, weights, bias, activation, ox, row);
}

/// The window's width where loops are compiled for it, else 0.
static int known_width(const graft_depthwise *s) {
  return (s->kernel_w == 3 || s->kernel_w == 5) && s->dilation_x == 1 ? s->kernel_w : 0;
}

/// One row of outputs from the input lines under its window.
GRAFT_INLINE void forward_lines(
    const graft_depthwise *s, int top, const float *ring_lines, ptrdiff_t line,
    const float *weights, const float *bias, graft_activation activation,
    const coming_pixels *next, float *row) {
  const float *lines[GRAFT_MAX_TAPS];
  for (int ky = 0; ky < s->kernel_h; ky++) {
    int iy = top + ky * s->dilation_y;
    lines[ky] = iy >= 0 && iy < s->in_h ? ring_lines + iy % reach_y(s) * line : 0;
  }
#define FORWARD_ROW(width, stride) \
  forward_row(width, stride, s, lines, weights, bias, activation, next, row)
  int width = s->stride_x <= 2 ? known_width(s) : 0;
  if (width == 3 && s->stride_x == 1) FORWARD_ROW(3, 1);
  else if (width == 3) FORWARD_ROW(3, 2);
  else if (width == 5 && s->stride_x == 1) FORWARD_ROW(5, 1);
  else if (width == 5) FORWARD_ROW(5, 2);
  else FORWARD_ROW(0, 0);
}

GRAFT_DISPATCHED static void forward_f32(
    const graft_depthwise *s, const float *input, const graft_norm *norm, const float *weights,
    const float *bias, graft_activation activation, int first_row, int last_row, float *output,
    double *record, float *scratch) {
  ptrdiff_t channels = s->channels, line = input_width(s) * channels;
  int ring = reach_y(s);
  memset(scratch, 0, sizeof(float) * ring * line);
  int loaded = int_max(0, first_row * s->stride_y - s->pad_y);
  // Sums are taken of rows that are still in the cache, of enough pixels to be worth the call.
  int rows_per_sum = int_max(1, 64 / s->out_w), summed = first_row;
  int is_later = activation > GRAFT_RELU6;  // on whole rows, while they are in the cache
  for (int oy = first_row; oy < last_row; oy++) {
    int top = oy * s->stride_y - s->pad_y;
    for (loaded = int_max(loaded, top); loaded < int_min(s->in_h, top + ring); loaded++) {
      const float *from = input + loaded * s->in_w * channels;
      float *to = scratch + loaded % ring * line + s->pad_x * channels;
      for (ptrdiff_t x = 0; x < s->in_w * channels; x += channels)
        graft_norm_pixel(norm, from + x, s->channels, to + x);
    }
    int coming = oy + 1 < last_row ? int_min(s->in_h, top + s->stride_y + ring) - loaded : 0;
    coming_pixels next = {{input + loaded * s->in_w * channels}, {int_max(0, coming) * s->in_w}};
    float *row = output + oy * s->out_w * channels;
    forward_lines(
        s, top, scratch, line, weights, bias, is_later ? GRAFT_LINEAR : activation, &next, row);
    if (is_later) graft_activate(row, s->out_w * channels, activation, 0, row);
    if (record && (oy + 1 - summed == rows_per_sum || oy + 1 == last_row)) {
      graft_norm_sums(
          output + summed * s->out_w * channels, 0, (oy + 1 - summed) * s->out_w, s->channels,
          record);
      summed = oy + 1;
    }
  }
}

/// The same where values are stored as bfloat16: lines and a row of outputs are float32, in scratch.
GRAFT_DISPATCHED static void forward_stored(
    const graft_depthwise *s, const void *input, const graft_norm *norm, const float *weights,
    const float *bias, graft_activation activation, int first_row, int last_row, void *output,
    double *record, float *scratch) {
  ptrdiff_t line = (ptrdiff_t)input_width(s) * s->channels;
  ptrdiff_t in_row = (ptrdiff_t)s->in_w * s->channels, out_row = (ptrdiff_t)s->out_w * s->channels;
  int ring = reach_y(s), is_later = activation > GRAFT_RELU6;
  const coming_pixels nothing = {{0}, {0}};
  memset(scratch, 0, sizeof(float) * ring * line);
  int loaded = int_max(0, first_row * s->stride_y - s->pad_y);
  for (int oy = first_row; oy < last_row; oy++) {
    int top = oy * s->stride_y - s->pad_y;
    for (loaded = int_max(loaded, top); loaded < int_min(s->in_h, top + ring); loaded++) {
      float *to = scratch + loaded % ring * line + s->pad_x * s->channels;
      if (s->in_bf16) graft_bf16_widen((const uint16_t *)input + loaded * in_row, in_row, to);
      else memcpy(to, (const float *)input + loaded * in_row, sizeof *to * in_row);
      for (ptrdiff_t x = 0; norm && x < in_row; x += s->channels)
        graft_norm_pixel(norm, to + x, s->channels, to + x);
    }
    float *row = s->out_bf16 ? scratch + ring * line : (float *)output + oy * out_row;
    forward_lines(
        s, top, scratch, line, weights, bias, is_later ? GRAFT_LINEAR : activation, &nothing, row);
    if (is_later) graft_activate(row, out_row, activation, 0, row);
    if (record) graft_norm_sums(row, 0, s->out_w, s->channels, record);
    if (s->out_bf16) graft_narrow(row, out_row, (uint16_t *)output + oy * out_row);
  }
}

void graft_depthwise_forward(
    const graft_depthwise *s, const void *input, const graft_norm *norm, const float *weights,
    const float *bias, graft_activation activation, int first_row, int last_row, void *output,
    double *record, float *scratch) {
  if (s->in_bf16 || s->out_bf16)
    forward_stored(
        s, input, norm, weights, bias, activation, first_row, last_row, output, record, scratch);
  else
    forward_f32(
        s, input, norm, weights, bias, activation, first_row, last_row, output, record, scratch);
}
