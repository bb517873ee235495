// Pooling by the root of the sum of squares.
#include <math.h>
#include <string.h>

#include "common/dispatch.h"
#include "graft_pooling.h"

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
