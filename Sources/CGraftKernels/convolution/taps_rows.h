// The rows of one image as taps in float32 read them: in the input itself, or packed.
#pragma once
#include "convolution/taps.h"

// Packed rows stay within a quarter of a 1 MiB L2.
#define ROWS_FLOATS (48 * 1024)

static inline int packed_width(const graft_taps *c) {
  return (c->out_w - 1) * c->stride_x + c->max_x - c->min_x + 1;
}

static inline int packed_height(const graft_taps *c, int rows) {
  return (rows - 1) * c->stride_y + c->max_y - c->min_y + 1;
}

/// Rows of one image as taps read them: in the input itself, or packed into scratch.
typedef struct {
  const float *start;
  /// Floats from one pixel, and from one row, to the next.
  ptrdiff_t pixel, line;
  /// The tap that reads at start.
  int y, x;
} graft_rows_view;

/// The inputs of `rows` rows of outputs from first_row, channels k0 ..< k0 + depth; scratch holds what
/// is packed.
graft_rows_view graft_taps_view_rows(
    const graft_taps *c, const float *image, int first_row, int rows, int first_x, int k0,
    int depth, float *scratch);
