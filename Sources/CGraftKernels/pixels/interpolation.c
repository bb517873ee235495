// Reading between pixels: Pillow's bilinear and bicubic warps, in its own double arithmetic.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pixels/pixels.h"

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

#if HAS_AVX512
// A byte under the bits of 2^52 is the double 2^52 + byte; differences of two such are exact.
#define MAGIC 0x4330000000000000

/// A run of eight bytes is two pixels and a bit; of each lane the lowest byte comes from the first or
/// the second pixel and the others from the magic number.
static uint8_t order_of_pixel[2][64], order_of_bytes[64];
__attribute__((constructor)) static void set_orders(void) {
  for (int i = 0; i < 64; i++)
    for (int k = 0; k < 2; k++) order_of_pixel[k][i] = (uint8_t)(i % 8 ? 64 + i : i + 3 * k);
  for (int i = 0; i < 24; i++) order_of_bytes[i] = (uint8_t)(i / 3 * 8 + i % 3);
}

/// One byte of each of eight runs, as 2^52 + byte.
AVX512_INLINE __m512d spread(__m512i runs, __m512i order) {
  return _mm512_castsi512_pd(
      _mm512_permutex2var_epi8(runs, order, _mm512_set1_epi64(MAGIC)));
}

AVX512_INLINE __m512d cubic_8(__m512d v1, __m512d v2, __m512d v3, __m512d v4, __m512d share) {
  __m512d linear = _mm512_sub_pd(v3, v1);
  __m512d square = _mm512_mul_pd(_mm512_set1_pd(2), _mm512_sub_pd(v1, v2));
  square = _mm512_sub_pd(_mm512_add_pd(square, v3), v4);
  __m512d cube = _mm512_add_pd(_mm512_sub_pd(_mm512_sub_pd(v2, v1), v3), v4);
  __m512d inner = _mm512_add_pd(square, _mm512_mul_pd(share, cube));
  inner = _mm512_add_pd(linear, _mm512_mul_pd(share, inner));
  return _mm512_add_pd(v2, _mm512_mul_pd(share, inner));
}

/// Which bytes of runs hold one pixel's red and the next one's, and the number under them.
typedef struct {
  __m512i near, far, channel_step;
  __m512d magic;
} run_orders;

/// Eight RGB pixels, each in the low bytes of its lane, of the runs at `place`: dx and dy of the way between.
AVX512_INLINE __m512i bilinear_8(
    const graft_warp_source *source, __m512i place, __m512d dx, __m512d dy, run_orders orders) {
  const __m512i near = orders.near, far = orders.far, channel_step = orders.channel_step;
  const __m512d magic = orders.magic;
  const long long row = source->width * 3;
  __m512i result = _mm512_setzero_si512();
  __m512i upper = _mm512_i64gather_epi64(place, source->pixels, 1);
  __m512i lower = _mm512_i64gather_epi64(place, source->pixels + row, 1);
  __m512i first = near, second = far;
  for (int c = 0; c < 3; c++) {
    __m512d a = spread(upper, first), b = spread(upper, second);
    __m512d above = _mm512_add_pd(
        _mm512_sub_pd(a, magic), _mm512_mul_pd(_mm512_sub_pd(b, a), dx));
    a = spread(lower, first), b = spread(lower, second);
    __m512d below = _mm512_add_pd(
        _mm512_sub_pd(a, magic), _mm512_mul_pd(_mm512_sub_pd(b, a), dx));
    __m512d value = _mm512_add_pd(above, _mm512_mul_pd(_mm512_sub_pd(below, above), dy));
    result = _mm512_or_si512(
        result, _mm512_sllv_epi64(_mm512_cvttpd_epi64(value), _mm512_set1_epi64(8 * c)));
    first = _mm512_mask_add_epi8(first, 0x0101010101010101, first, channel_step);
    second = _mm512_mask_add_epi8(second, 0x0101010101010101, second, channel_step);
  }
  return result;
}

AVX512_INLINE __m512i bicubic_8(
    const graft_warp_source *source, __m512i place, __m512d dx, __m512d dy, run_orders orders) {
  const __m512i near = orders.near, far = orders.far, channel_step = orders.channel_step;
  const __m512d magic = orders.magic;
  const long long row = source->width * 3;
  __m512i result = _mm512_setzero_si512();
  __m512i runs[4][2];
  for (int i = 0; i < 4; i++) {
    const uint8_t *from = source->pixels + (i - 1) * row - 3;
    runs[i][0] = _mm512_i64gather_epi64(place, from, 1);
    runs[i][1] = _mm512_i64gather_epi64(place, from + 6, 1);
  }
  __m512i first = near, second = far;
  for (int c = 0; c < 3; c++) {
    __m512d value[4];
    for (int i = 0; i < 4; i++)
      value[i] = cubic_8(
          _mm512_sub_pd(spread(runs[i][0], first), magic),
          _mm512_sub_pd(spread(runs[i][0], second), magic),
          _mm512_sub_pd(spread(runs[i][1], first), magic),
          _mm512_sub_pd(spread(runs[i][1], second), magic), dx);
    __m512d mix = cubic_8(value[0], value[1], value[2], value[3], dy);
    mix = _mm512_min_pd(_mm512_max_pd(mix, _mm512_setzero_pd()), _mm512_set1_pd(255));
    result = _mm512_or_si512(
        result, _mm512_sllv_epi64(_mm512_cvttpd_epi64(mix), _mm512_set1_epi64(8 * c)));
    first = _mm512_mask_add_epi8(first, 0x0101010101010101, first, channel_step);
    second = _mm512_mask_add_epi8(second, 0x0101010101010101, second, channel_step);
  }
  return result;
}

/// Reads RGB in blocks of eight pixels from `done` on; stops before a block that has to look beyond
/// an edge, and returns how far it came.
AVX512 static ptrdiff_t read_avx512(
    const graft_warp_source *source, graft_warp_filter filter, const double *xs, const double *ys,
    ptrdiff_t done, ptrdiff_t count, uint8_t *target) {
  const int reach = filter == GRAFT_BICUBIC;
  const run_orders orders = {
      _mm512_loadu_si512(order_of_pixel[0]), _mm512_loadu_si512(order_of_pixel[1]),
      _mm512_set1_epi64(1), _mm512_castsi512_pd(_mm512_set1_epi64(MAGIC))};
  const __m512i pack = _mm512_loadu_si512(order_of_bytes);
  const __m512d half = _mm512_set1_pd(0.5);
  const __m512i width = _mm512_set1_epi64(source->width);
  const __m512i min = _mm512_set1_epi64(reach);
  const __m512i max_x = _mm512_set1_epi64(source->width - 2 - reach);
  const __m512i max_y = _mm512_set1_epi64(source->height - 2 - reach);
  // Runs end in the image, too.
  const long long row = source->width * 3;
  const __m512i last = _mm512_set1_epi64(
      row * source->height - (1 + reach) * row - 3 * reach - 8);
  for (; done + 8 <= count; done += 8) {
    __m512d x = _mm512_sub_pd(_mm512_loadu_pd(xs + done), half);
    __m512d y = _mm512_sub_pd(_mm512_loadu_pd(ys + done), half);
    __m512d left = _mm512_roundscale_pd(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    __m512d top = _mm512_roundscale_pd(y, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    __m512d dx = _mm512_sub_pd(x, left), dy = _mm512_sub_pd(y, top);
    __m512i column = _mm512_cvttpd_epi64(left), line = _mm512_cvttpd_epi64(top);
    __m512i place = _mm512_add_epi64(_mm512_mullo_epi64(line, width), column);
    place = _mm512_add_epi64(place, _mm512_slli_epi64(place, 1));
    __mmask8 leaves = _mm512_cmplt_epi64_mask(column, min) | _mm512_cmplt_epi64_mask(line, min) |
                      _mm512_cmpgt_epi64_mask(column, max_x) |
                      _mm512_cmpgt_epi64_mask(line, max_y) | _mm512_cmpgt_epi64_mask(place, last);
    if (leaves) break;
    __m512i result = filter == GRAFT_BILINEAR ? bilinear_8(source, place, dx, dy, orders)
                                              : bicubic_8(source, place, dx, dy, orders);
    _mm512_mask_storeu_epi8(
        target + 3 * done, pixels_lanes(24), _mm512_permutexvar_epi8(pack, result));
  }
  return done;
}
#endif

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
      i = read_avx512(source, filter, x, y, i, count, target);
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
