// Luma, and blends of a pixel with it.
#include <math.h>
#include <string.h>

#include "pixels/bytes.h"

#pragma STDC FP_CONTRACT OFF

GRAFT_INLINE uint8_t luma_of(const uint8_t *pixel) {
  return (uint8_t)((pixel[0] * 19595u + pixel[1] * 38470u + pixel[2] * 7471u + 0x8000) >> 16);
}

void graft_blend_set(graft_blend *blend, float factor) {
  blend->factor = factor;
  blend->is_table = factor >= 0;
  for (int d = 0; d < 256; d++) {
    float up = factor * (float)d, down = factor * (float)-d;
    // Adding a byte to a product may round it up to the next whole number when it lies less than
    // half a unit in the last place of 255 below.
    if (!(up - floorf(up) < 1 - 0x1p-17f && down - floorf(down) < 1 - 0x1p-17f))
      blend->is_table = 0;
    blend->lift[d] = (uint8_t)fminf(fmaxf(floorf(up), 0), 255);
    blend->drop[d] = (uint8_t)fminf(fmaxf(-floorf(down), 0), 255);
  }
}

#if HAS_AVX512
/// The luma of 16 pixels, a lane each. The weights are cut into signed bytes, as in a resize.
AVX512_INLINE __m512i luma_16(const uint8_t *source, __m512i spread) {
  const __m512i low = _mm512_set1_epi32(0x002F468B), middle = _mm512_set1_epi32(0x001D964D);
  const __m512i high = _mm512_set1_epi32(0x00000100);
  __m512i rgb =
      _mm512_permutexvar_epi8(spread, _mm512_maskz_loadu_epi8(pixels_lanes(48), source));
  __m512i sum = _mm512_dpbusd_epi32(_mm512_set1_epi32(0x8000), rgb, low);
  __m512i upper = _mm512_dpbusd_epi32(_mm512_setzero_si512(), rgb, middle);
  __m512i top = _mm512_dpbusd_epi32(_mm512_setzero_si512(), rgb, high);
  upper = _mm512_add_epi32(upper, _mm512_slli_epi32(top, 8));
  return _mm512_srli_epi32(_mm512_add_epi32(sum, _mm512_slli_epi32(upper, 8)), 16);
}

/// Which byte of 48 each lane takes, so that four hold a pixel; the fourth has no weight.
AVX512_INLINE __m512i spread_order(void) {
  uint8_t order[64];
  for (int i = 0; i < 64; i++) order[i] = (uint8_t)(i / 4 * 3 + (i % 4 == 3 ? 2 : i % 4));
  return _mm512_loadu_si512(order);
}

/// The luma of 64 pixels as packing leaves it: of pixel p at byte `luma_place(p)`.
AVX512_INLINE __m512i luma_64(const uint8_t *source, __m512i spread) {
  __m512i quarter[4];
  for (int v = 0; v < 4; v++) quarter[v] = luma_16(source + 48 * v, spread);
  return _mm512_packus_epi16(
      _mm512_packus_epi32(quarter[0], quarter[1]), _mm512_packus_epi32(quarter[2], quarter[3]));
}

GRAFT_INLINE uint8_t luma_place(int pixel) {
  return (uint8_t)(pixel % 16 / 4 * 16 + pixel / 16 * 4 + pixel % 4);
}

AVX512 static void luma_avx512(const uint8_t *source, ptrdiff_t pixels, uint8_t *target) {
  uint8_t places[64];
  for (int i = 0; i < 64; i++) places[i] = luma_place(i);
  const __m512i order = _mm512_loadu_si512(places), spread = spread_order();
  for (ptrdiff_t i = 0; i < pixels; i += 64)
    _mm512_storeu_si512(
        target + i, _mm512_permutexvar_epi8(order, luma_64(source + 3 * i, spread)));
}

AVX512 static uint64_t luma_sum_avx512(const uint8_t *source, ptrdiff_t pixels) {
  const __m512i spread = spread_order();
  __m512i sums = _mm512_setzero_si512();
  for (ptrdiff_t i = 0; i < pixels; i += 64)
    sums = _mm512_add_epi64(
        sums, _mm512_sad_epu8(luma_64(source + 3 * i, spread), _mm512_setzero_si512()));
  return (uint64_t)_mm512_reduce_add_epi64(sums);
}

/// Whole blocks of 64 pixels, blended with their luma; without a blend the luma alone.
AVX512 static void saturate_avx512(
    const graft_blend *blend, const uint8_t *source, ptrdiff_t pixels, uint8_t *target) {
  uint8_t places[192];
  for (int i = 0; i < 192; i++) places[i] = luma_place(i / 3);
  const __m512i spread = spread_order();
  __m512i order[3];
  for (int v = 0; v < 3; v++) order[v] = _mm512_loadu_si512(places + 64 * v);
  if (!blend) {
    for (ptrdiff_t i = 0; i < pixels; i += 64) {
      __m512i luma = luma_64(source + 3 * i, spread);
      for (int v = 0; v < 3; v++)
        _mm512_storeu_si512(
            target + 3 * i + 64 * v, _mm512_permutexvar_epi8(order[v], luma));
    }
    return;
  }
  const pixels_table lift = pixels_table_load(blend->lift), drop = pixels_table_load(blend->drop);
  for (ptrdiff_t i = 0; i < pixels; i += 64) {
    __m512i luma = luma_64(source + 3 * i, spread);
    for (int v = 0; v < 3; v++) {
      const ptrdiff_t place = 3 * i + 64 * v;
      __m512i value = _mm512_loadu_si512(source + place);
      __m512i origin = _mm512_permutexvar_epi8(order[v], luma);
      _mm512_storeu_si512(target + place, pixels_blended(&lift, &drop, origin, value));
    }
  }
}
#endif

/// How many of the pixels AVX-512 does; the rest is left to the portable loops.
GRAFT_INLINE ptrdiff_t whole_blocks(ptrdiff_t pixels) {
  return graft_pixels_have_avx512() ? pixels / 64 * 64 : 0;
}

void graft_luma(const uint8_t *source, ptrdiff_t pixels, uint8_t *target) {
  ptrdiff_t done = whole_blocks(pixels);
#if HAS_AVX512
  if (done > 0) luma_avx512(source, done, target);
#endif
  for (ptrdiff_t i = done; i < pixels; i++) target[i] = luma_of(source + 3 * i);
}

uint64_t graft_luma_sum(const uint8_t *source, ptrdiff_t pixels) {
  ptrdiff_t done = whole_blocks(pixels);
  uint64_t sum = 0;
#if HAS_AVX512
  if (done > 0) sum = luma_sum_avx512(source, done);
#endif
  for (ptrdiff_t i = done; i < pixels; i++) sum += luma_of(source + 3 * i);
  return sum;
}

void graft_grayscale(const uint8_t *source, ptrdiff_t pixels, uint8_t *target) {
  ptrdiff_t done = whole_blocks(pixels);
#if HAS_AVX512
  if (done > 0) saturate_avx512(NULL, source, done, target);
#endif
  for (ptrdiff_t i = done; i < pixels; i++) memset(target + 3 * i, luma_of(source + 3 * i), 3);
}

void graft_saturate(
    const graft_blend *blend, const uint8_t *source, ptrdiff_t pixels, uint8_t *target) {
  ptrdiff_t done = blend->is_table ? whole_blocks(pixels) : 0;
#if HAS_AVX512
  if (done > 0) saturate_avx512(blend, source, done, target);
#endif
  for (ptrdiff_t i = done; i < pixels; i++) {
    uint8_t luma = luma_of(source + 3 * i);
    for (int c = 0; c < 3; c++)
      target[3 * i + c] = pixels_blended_byte(blend->factor, luma, source[3 * i + c]);
  }
}
