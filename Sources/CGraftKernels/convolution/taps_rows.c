// The rows of one image under the taps, packed where they are not read in place.
#include "convolution/taps_rows.h"

#include <string.h>

/// Copies rows y0 ... of one image's window, zeros outside, channels first ..< first + depth.
static void pack_rows(
    const graft_taps *c, const float *image, int first_row, int rows, int channel, int depth,
    float *packed) {
  int width = packed_width(c), height = packed_height(c, rows);
  int x0 = c->min_x, y0 = first_row * c->stride_y + c->min_y;
  int left = int_max(0, int_min(width, -x0));
  int right = int_max(left, int_min(width, c->in_w - x0));
  for (int y = y0; y < y0 + height; y++) {
    if (y < 0 || y >= c->in_h) {
      memset(packed, 0, sizeof(float) * width * depth);
    } else {
      const float *row = image + ((ptrdiff_t)y * c->in_w + x0 + left) * c->in_channels + channel;
      memset(packed, 0, sizeof(float) * left * depth);
      if (depth == c->in_channels) {
        memcpy(packed + left * depth, row, sizeof(float) * (right - left) * depth);
      } else {
        for (int x = left; x < right; x++, row += c->in_channels)
          memcpy(packed + x * depth, row, sizeof(float) * depth);
      }
      memset(packed + right * depth, 0, sizeof(float) * (width - right) * depth);
    }
    packed += width * depth;
  }
}

graft_rows_view graft_taps_view_rows(
    const graft_taps *c, const float *image, int first_row, int rows, int first_x, int k0,
    int depth, float *scratch) {
  int channel = c->in_first + k0;
  if (c->is_direct) {
    ptrdiff_t pixel = c->in_channels, line = (ptrdiff_t)c->in_w * pixel;
    const float *start = image + (ptrdiff_t)first_row * c->stride_y * line +
                         (ptrdiff_t)first_x * c->stride_x * pixel + channel;
    return (graft_rows_view){start, pixel, line, 0, 0};
  }
  pack_rows(c, image, first_row, rows, channel, depth, scratch);
  return (graft_rows_view){
      scratch, depth, (ptrdiff_t)packed_width(c) * depth, c->min_y, c->min_x};
}
