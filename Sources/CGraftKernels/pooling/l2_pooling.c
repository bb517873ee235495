#include <math.h>
#include <string.h>

#include "common/dispatch.h"
#include "graft_windows.h"

GRAFT_DISPATCHED void graft_l2_pool(
    int in_w, int channels, int out_h, int out_w, int kernel_h, int kernel_w, int stride_y,
    int stride_x, const float *x, float *y) {
  for (int oy = 0; oy < out_h; oy++)
    for (int ox = 0; ox < out_w; ox++) {
      float *out = y + ((ptrdiff_t)oy * out_w + ox) * channels;
      memset(out, 0, sizeof(float) * channels);
      for (int ky = 0; ky < kernel_h; ky++)
        for (int kx = 0; kx < kernel_w; kx++) {
          const float *in =
              x + ((ptrdiff_t)(oy * stride_y + ky) * in_w + ox * stride_x + kx) * channels;
          for (int i = 0; i < channels; i++) out[i] += in[i] * in[i];
        }
      for (int i = 0; i < channels; i++) out[i] = sqrtf(out[i]);
    }
}

GRAFT_DISPATCHED void graft_l2_pool_gradient(
    int in_h, int in_w, int channels, int out_h, int out_w, int kernel_h, int kernel_w,
    int stride_y, int stride_x, const float *x, const float *y, const float *dy, int accumulates,
    float *dx) {
  if (!accumulates) memset(dx, 0, sizeof(float) * in_h * in_w * channels);
  for (int oy = 0; oy < out_h; oy++)
    for (int ox = 0; ox < out_w; ox++) {
      ptrdiff_t out = ((ptrdiff_t)oy * out_w + ox) * channels;
      for (int ky = 0; ky < kernel_h; ky++)
        for (int kx = 0; kx < kernel_w; kx++) {
          ptrdiff_t in = ((ptrdiff_t)(oy * stride_y + ky) * in_w + ox * stride_x + kx) * channels;
          for (int i = 0; i < channels; i++)
            dx[in + i] += y[out + i] > 0 ? dy[out + i] * x[in + i] / y[out + i] : 0;
        }
    }
}

void graft_unpool_gradient(
    int in_w, int channels, int out_h, int out_w, int kernel_w, int stride_y, int stride_x,
    int pad_y, int pad_x, const float *dy, const uint8_t *switches, int accumulates, float *dv) {
  for (int oy = 0; oy < out_h; oy++)
    for (int ox = 0; ox < out_w; ox++) {
      ptrdiff_t out = ((ptrdiff_t)oy * out_w + ox) * channels;
      for (int i = 0; i < channels; i++) {
        int at = switches[out + i];
        int iy = oy * stride_y - pad_y + at / kernel_w, ix = ox * stride_x - pad_x + at % kernel_w;
        float g = dy[((ptrdiff_t)iy * in_w + ix) * channels + i];
        dv[out + i] = accumulates ? dv[out + i] + g : g;
      }
    }
}

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
