// What both directions of depthwise convolutions share: lines, tiles, and fetching what comes next.
#pragma once
#include "common/arithmetic.h"
#include "graft_convolution.h"
#include "norms/batch_norm.h"
#include "products/products.h"

#define TILE 7  // divides the widths of the usual images: 112, 56, 28, 14, 7
#define UNROLL _Pragma("clang loop unroll(full)")

static inline int reach_y(const graft_depthwise *s) { return (s->kernel_h - 1) * s->dilation_y + 1; }
static inline int reach_x(const graft_depthwise *s) { return (s->kernel_w - 1) * s->dilation_x + 1; }

/// Pixels of a line of inputs: its first is column -pad_x.
static inline int input_width(const graft_depthwise *s) {
  return int_max(s->pad_x + s->in_w, (s->out_w - 1) * s->stride_x + reach_x(s));
}

/// Zero pixels before the first gradient of a line.
static inline int gradient_margin(const graft_depthwise *s) {
  return int_max(0, reach_x(s) - 1 - s->pad_x);
}

/// Pixels of a line of output gradients, which lie stride_x apart.
static inline int gradient_width(const graft_depthwise *s) {
  return gradient_margin(s) + int_max(s->in_w + s->pad_x, (s->out_w - 1) * s->stride_x + 1);
}

#define SOURCES 3
/// The next pixels in memory; tiles of a row prefetch their shares while they compute.
typedef struct {
  const float *start[SOURCES];
  int pixels[SOURCES];
} coming_pixels;

static inline void fetch_share(const coming_pixels *next, int channels, int share, int shares) {
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
