// Reading between pixels, eight RGB pixels at a time: the bytes of interpolation.c.
#include "pixels/interpolation.h"

#pragma STDC FP_CONTRACT OFF

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

/// Eight RGB pixels, each in the low bytes of its lane, from the runs at `place`; dx and dy say how far
/// a position lies from the pixel above and to the left.
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

AVX512 ptrdiff_t pixels_read_avx512(
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
