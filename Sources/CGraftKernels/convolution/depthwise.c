// Depthwise convolutions.
//
// Both directions run along rows that were copied, normalized on the way, into a ring of lines
// with zero margins: the window never leaves a line, and a line is read from the cache by every
// row of outputs that it reaches.
#include <string.h>

#include "common/arithmetic.h"
#include "graft_convolution.h"
#include "graft_elementwise.h"
#include "norms/batch_norm.h"
#include "products/products.h"

#define TILE 7  // divides the widths of the usual images: 112, 56, 28, 14, 7
#define UNROLL _Pragma("clang loop unroll(full)")

static int reach_y(const graft_depthwise *s) { return (s->kernel_h - 1) * s->dilation_y + 1; }
static int reach_x(const graft_depthwise *s) { return (s->kernel_w - 1) * s->dilation_x + 1; }

/// Pixels of a line of inputs: its first is column -pad_x.
static int input_width(const graft_depthwise *s) {
  return int_max(s->pad_x + s->in_w, (s->out_w - 1) * s->stride_x + reach_x(s));
}

/// Zero pixels before the first gradient of a line.
static int gradient_margin(const graft_depthwise *s) {
  return int_max(0, reach_x(s) - 1 - s->pad_x);
}

/// Pixels of a line of output gradients, which lie stride_x apart.
static int gradient_width(const graft_depthwise *s) {
  return gradient_margin(s) + int_max(s->in_w + s->pad_x, (s->out_w - 1) * s->stride_x + 1);
}

ptrdiff_t graft_depthwise_scratch(const graft_depthwise *s) {
  ptrdiff_t width = int_max(input_width(s), gradient_width(s));
  return (reach_y(s) * width + s->in_w) * s->channels + GRAFT_SLACK;
}

#define SOURCES 3
/// The next pixels in memory; tiles of a row prefetch their shares while they compute.
typedef struct {
  const float *start[SOURCES];
  int pixels[SOURCES];
} coming_pixels;

static void fetch_share(const coming_pixels *next, int channels, int share, int shares) {
  for (int i = 0; i < SOURCES; i++)
    graft_prefetch_share(next->start[i], next->pixels[i], channels, channels, share, shares);
}

/// Stores a vector, or the first lanes of it at the end of the channels.
#define STORE(vector, out, lanes, adds)                                               \
  if (lanes == 16) {                                                                  \
    v16 *whole = (v16 *)(out);                                                        \
    *whole = (adds) ? *whole + vector : vector;                                       \
  } else {                                                                            \
    float each[16];                                                                   \
    *(v16 *)each = vector;                                                            \
    for (int i = 0; i < lanes; i++) (out)[i] = (adds) ? (out)[i] + each[i] : each[i]; \
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

GRAFT_DISPATCHED void graft_depthwise_forward(
    const graft_depthwise *s, const float *input, const graft_norm *norm, const float *weights,
    const float *bias, graft_activation activation, int first_row, int last_row, float *output,
    double *record, float *scratch) {
  ptrdiff_t channels = s->channels, line = input_width(s) * channels;
  int ring = reach_y(s);
  memset(scratch, 0, sizeof(float) * ring * line);
  int loaded = int_max(0, first_row * s->stride_y - s->pad_y);
  const float *lines[GRAFT_MAX_TAPS];
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
    for (int ky = 0; ky < s->kernel_h; ky++) {
      int iy = top + ky * s->dilation_y;
      lines[ky] = iy >= 0 && iy < s->in_h ? scratch + iy % ring * line : 0;
    }
    int coming = oy + 1 < last_row ? int_min(s->in_h, top + s->stride_y + ring) - loaded : 0;
    coming_pixels next = {{input + loaded * s->in_w * channels}, {int_max(0, coming) * s->in_w}};
    float *row = output + oy * s->out_w * channels;
#define FORWARD_ROW(width, stride) \
  forward_row(                     \
      width, stride, s, lines, weights, bias, is_later ? GRAFT_LINEAR : activation, &next, row)
    int width = s->stride_x <= 2 ? known_width(s) : 0;
    if (width == 3 && s->stride_x == 1) FORWARD_ROW(3, 1);
    else if (width == 3) FORWARD_ROW(3, 2);
    else if (width == 5 && s->stride_x == 1) FORWARD_ROW(5, 1);
    else if (width == 5) FORWARD_ROW(5, 2);
    else FORWARD_ROW(0, 0);
    if (is_later) graft_activate(row, s->out_w * channels, activation, 0, row);
    if (record && (oy + 1 - summed == rows_per_sum || oy + 1 == last_row)) {
      graft_norm_sums(
          output + summed * s->out_w * channels, (oy + 1 - summed) * s->out_w, s->channels, record);
      summed = oy + 1;
    }
  }
}

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
