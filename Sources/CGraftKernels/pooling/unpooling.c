// Values put back where max pooling found them (Zeiler and Fergus, 2014).
#include "graft_pooling.h"

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
