// Kernels of layers beside convolution and pooling that read pictures through a window or at other
// places. The legend of graft_kernels.h holds.
#pragma once
#include <stddef.h>
#include <stdint.h>

// ---------------------------------------------------------------- padding

/// What stands outside the picture: 0; its mirror image without the edge; its edge; its other side.
typedef enum {
  GRAFT_PAD_ZERO = 0,
  GRAFT_PAD_REFLECT = 1,
  GRAFT_PAD_REPLICATE = 2,
  GRAFT_PAD_CIRCULAR = 3
} graft_pad_mode;

typedef struct {
  int in_h, in_w, channels, out_h, out_w;
  /// Rows above and columns to the left that the output has more than the input.
  int top, left;
  graft_pad_mode mode;
} graft_padding;

/// Rows first_row ..< last_row of one image's output.
void graft_pad(const graft_padding *shape, const float *x, int first_row, int last_row, float *y);
/// Rows first_row ..< last_row of one image's input: each adds up, in order of rows, what was made
/// of it.
void graft_pad_gradient(
    const graft_padding *shape, const float *dy, int first_row, int last_row, int accumulates,
    float *dx);
