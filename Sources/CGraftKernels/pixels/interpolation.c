// Reading between pixels: Pillow's bilinear and bicubic warps, in its own double arithmetic.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pixels/interpolation.h"

#pragma STDC FP_CONTRACT OFF

GRAFT_INLINE ptrdiff_t clamped(ptrdiff_t index, ptrdiff_t count) {
  return index < 0 ? 0 : index < count ? index : count - 1;
}

GRAFT_INLINE double mixed(uint8_t first, uint8_t second, double share) {
  return (double)first + (double)(second - first) * share;
}

GRAFT_INLINE void read_bilinear(
    const graft_warp_source *source, int channels, double x, double y, uint8_t *target) {
  const ptrdiff_t left = (ptrdiff_t)floor(x), top = (ptrdiff_t)floor(y), width = source->width;
  const double dx = x - (double)left, dy = y - (double)top;
  const uint8_t *upper = source->pixels + clamped(top, source->height) * width * channels;
  // Below the last row the value of the first row is kept, so both rows may be the same.
  const uint8_t *lower =
      top + 1 < source->height ? source->pixels + (top + 1) * width * channels : upper;
  const ptrdiff_t first = clamped(left, width) * channels;
  const ptrdiff_t second = clamped(left + 1, width) * channels;
  for (int c = 0; c < channels; c++) {
    double above = mixed(upper[first + c], upper[second + c], dx);
    double below = mixed(lower[first + c], lower[second + c], dx);
    target[c] = (uint8_t)(above + (below - above) * dy);
  }
}

/// The cubic through four values with a = -1, at `share` of the way from `v2` to `v3`.
GRAFT_INLINE double cubic(double v1, double v2, double v3, double v4, double share) {
  double linear = -v1 + v3;
  double square = 2 * (v1 - v2) + v3 - v4;
  double cube = -v1 + v2 - v3 + v4;
  return v2 + share * (linear + share * (square + share * cube));
}

GRAFT_INLINE void read_bicubic(
    const graft_warp_source *source, int channels, double x, double y, uint8_t *target) {
  const ptrdiff_t left = (ptrdiff_t)floor(x), top = (ptrdiff_t)floor(y);
  const ptrdiff_t width = source->width, height = source->height;
  const double dx = x - (double)left, dy = y - (double)top;
  ptrdiff_t column[4], row[4];
  for (int i = 0; i < 4; i++) column[i] = clamped(left - 1 + i, width) * channels;
  // A row below the image repeats the one before it, as in Pillow.
  row[0] = clamped(top - 1, height);
  row[1] = top >= 0 && top < height ? top : row[0];
  row[2] = top + 1 < height ? top + 1 : row[1];
  row[3] = top + 2 < height ? top + 2 : row[2];
  for (int c = 0; c < channels; c++) {
    double value[4];
    for (int i = 0; i < 4; i++) {
      const uint8_t *line = source->pixels + row[i] * width * channels + c;
      value[i] = cubic(line[column[0]], line[column[1]], line[column[2]], line[column[3]], dx);
    }
    double result = cubic(value[0], value[1], value[2], value[3], dy);
    target[c] = (uint8_t)(result < 0 ? 0 : result > 255 ? 255 : result);
  }
}

GRAFT_INLINE void read_one(
    const graft_warp_source *source, graft_warp_filter filter, double x, double y,
    uint8_t *target) {
  if (source->channels == 3) {
    if (filter == GRAFT_BILINEAR)
      read_bilinear(source, 3, x, y, target);
    else
      read_bicubic(source, 3, x, y, target);
  } else {
    if (filter == GRAFT_BILINEAR)
      read_bilinear(source, 1, x, y, target);
    else
      read_bicubic(source, 1, x, y, target);
  }
}

static void read_nearest(
    const graft_warp_source *source, const double *x, const double *y, ptrdiff_t count,
    uint8_t *target) {
  const int channels = source->channels;
  for (ptrdiff_t i = 0; i < count; i++) {
    ptrdiff_t place = (ptrdiff_t)y[i] * source->width + (ptrdiff_t)x[i];
    for (int c = 0; c < channels; c++)
      target[i * channels + c] = source->pixels[place * channels + c];
  }
}

/// Positions that all lie inside the image.
static void read_inside(
    const graft_warp_source *source, graft_warp_filter filter, const double *x, const double *y,
    ptrdiff_t count, uint8_t *target) {
  const int channels = source->channels;
  ptrdiff_t i = 0;
  if (filter == GRAFT_NEAREST) {
    read_nearest(source, x, y, count, target);
    return;
  }
  while (i < count) {
#if HAS_AVX512
    if (channels == 3 && graft_pixels_have_avx512())
      i = pixels_read_avx512(source, filter, x, y, i, count, target);
#endif
    ptrdiff_t end = i + 8 < count ? i + 8 : count;
    for (; i < end; i++)
      read_one(source, filter, x[i] - 0.5, y[i] - 0.5, target + i * channels);
  }
}

GRAFT_INLINE int is_inside(const graft_warp_source *source, double x, double y) {
  return x >= 0 && x < (double)source->width && y >= 0 && y < (double)source->height;
}

/// Pixel i of the target shows position (x[i], y[i]); positions may lie outside, or nowhere.
static void read_positions(
    const graft_warp_source *source, graft_warp_filter filter, const double *x, const double *y,
    ptrdiff_t count, uint8_t *target) {
  const int channels = source->channels;
  for (ptrdiff_t i = 0; i < count;) {
    ptrdiff_t begin = i;
    while (i < count && !is_inside(source, x[i], y[i])) i++;
    pixels_fill(source, i - begin, target + begin * channels);
    begin = i;
    while (i < count && is_inside(source, x[i], y[i])) i++;
    read_inside(source, filter, x + begin, y + begin, i - begin, target + begin * channels);
  }
}

GRAFT_DISPATCHED static void set_positions(
    double step, double other, double offset, ptrdiff_t count, double *positions) {
  for (ptrdiff_t i = 0; i < count; i++) positions[i] = step * ((double)i + 0.5) + other + offset;
}

void graft_warp_affine(
    const graft_warp_source *source, const double map[6], graft_warp_filter filter,
    ptrdiff_t width, ptrdiff_t height, uint8_t *target) {
  double *x = pixels_allocate(2 * width * (ptrdiff_t)sizeof(double)), *y = x + width;
  for (ptrdiff_t row = 0; row < height; row++) {
    set_positions(map[0], map[1] * ((double)row + 0.5), map[2], width, x);
    set_positions(map[3], map[4] * ((double)row + 0.5), map[5], width, y);
    // What lies inside is one run, since positions go along a line.
    ptrdiff_t begin = 0, end = width;
    while (begin < end && !is_inside(source, x[begin], y[begin])) begin++;
    while (end > begin && !is_inside(source, x[end - 1], y[end - 1])) end--;
    uint8_t *out = target + row * width * source->channels;
    pixels_fill(source, begin, out);
    read_inside(source, filter, x + begin, y + begin, end - begin, out + begin * source->channels);
    pixels_fill(source, width - end, out + end * source->channels);
  }
  free(x);
}

GRAFT_DISPATCHED static void set_seen_positions(
    const double map[8], double y, ptrdiff_t count, double *xs, double *ys) {
  for (ptrdiff_t i = 0; i < count; i++) {
    double x = (double)i + 0.5, depth = map[6] * x + map[7] * y + 1;
    xs[i] = (map[0] * x + map[1] * y + map[2]) / depth;
    ys[i] = (map[3] * x + map[4] * y + map[5]) / depth;
  }
}

void graft_warp_perspective(
    const graft_warp_source *source, const double map[8], graft_warp_filter filter, ptrdiff_t width,
    ptrdiff_t height, uint8_t *target) {
  double *x = pixels_allocate(2 * width * (ptrdiff_t)sizeof(double)), *y = x + width;
  for (ptrdiff_t row = 0; row < height; row++) {
    set_seen_positions(map, (double)row + 0.5, width, x, y);
    read_positions(source, filter, x, y, width, target + row * width * source->channels);
  }
  free(x);
}

GRAFT_DISPATCHED static void set_shifted_positions(
    const float (*shifts)[2], double row, ptrdiff_t count, double *x, double *y) {
  for (ptrdiff_t i = 0; i < count; i++) {
    x[i] = (double)i + 0.5 + (double)shifts[i][0];
    y[i] = row + 0.5 + (double)shifts[i][1];
  }
}

void graft_warp_shifted(
    const graft_warp_source *source, const float (*shifts)[2], ptrdiff_t field_width,
    graft_warp_filter filter, ptrdiff_t width, ptrdiff_t height, uint8_t *target) {
  double *x = pixels_allocate(2 * width * (ptrdiff_t)sizeof(double)), *y = x + width;
  for (ptrdiff_t row = 0; row < height; row++) {
    set_shifted_positions(shifts + row * field_width, (double)row, width, x, y);
    read_positions(source, filter, x, y, width, target + row * width * source->channels);
  }
  free(x);
}
