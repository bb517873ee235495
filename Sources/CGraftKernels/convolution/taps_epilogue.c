// The epilogue of a convolution: bias, residual and activation.
#include "convolution/taps.h"
#include "graft_elementwise.h"

/// y = activation(y + bias + residual) over rows of pixels; bias and residual are optional.
#define FINISH(BIAS, RESIDUAL, activation)                                          \
  for (ptrdiff_t at = 0; at < pixels * pixel; at += pixel)                          \
  GRAFT_IN_PLACE for (int o = 0; o < channels; o++)                                 \
      y[at + o] = graft_apply(                                                      \
          y[at + o] + (BIAS ? bias[o] : 0) + (RESIDUAL ? residual[at + o] : 0), activation)
#define FINISH_ANY(activation)                          \
  if (bias && residual) FINISH(1, 1, activation);       \
  else if (bias) FINISH(1, 0, activation);              \
  else if (residual) FINISH(0, 1, activation);          \
  else FINISH(0, 0, activation)

GRAFT_DISPATCHED static void finish_row(
    float *y, int pixels, ptrdiff_t pixel, int channels, const float *bias, const float *residual,
    int activation) {
  if (activation == GRAFT_LINEAR) { FINISH_ANY(0); }
  else if (activation == GRAFT_RELU) { FINISH_ANY(1); }
  else if (activation == GRAFT_RELU6) { FINISH_ANY(2); }
  else {
    FINISH_ANY(0);
    for (ptrdiff_t at = 0; at < pixels * pixel; at += pixel)
      graft_activate(y + at, channels, (graft_activation)activation, 0, y + at);
  }
}

void graft_taps_finish(
    const graft_taps *c, const graft_taps_part *part, float *y, const float *bias,
    const float *residual, graft_activation activation) {
  if (!bias && !residual && !activation) return;
  int first = part->first_block * c->panel_width;
  int channels = int_min(c->out_channels, part->last_block * c->panel_width) - first;
  for (int row = 0; row < part->rows; row++) {
    ptrdiff_t at = row * c->out_row + first;
    finish_row(
        y + at, part->columns, c->out_pixel, channels, bias ? bias + first : 0,
        residual ? residual + at : 0, activation);
  }
}
