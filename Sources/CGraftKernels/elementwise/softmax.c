// Softmax over the channels of each row.
#include <math.h>

#include "graft_elementwise.h"

void graft_softmax(const float *x, ptrdiff_t rows, int channels, float *y) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *in = x + row * channels;
    float *out = y + row * channels, top = in[0];
    double sum = 0;
    for (int i = 1; i < channels; i++) top = in[i] > top ? in[i] : top;
    for (int i = 0; i < channels; i++) {
      out[i] = expf(in[i] - top);
      sum += out[i];
    }
    float factor = (float)(1 / sum);
    for (int i = 0; i < channels; i++) out[i] *= factor;
  }
}

void graft_softmax_gradient(
    const float *y, const float *dy, ptrdiff_t rows, int channels, int accumulates, float *dx) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    ptrdiff_t at = row * channels;
    double sum = 0;
    for (int i = 0; i < channels; i++) sum += (double)y[at + i] * dy[at + i];
    for (int i = 0; i < channels; i++) {
      float g = y[at + i] * (dy[at + i] - (float)sum);
      dx[at + i] = accumulates ? dx[at + i] + g : g;
    }
  }
}
