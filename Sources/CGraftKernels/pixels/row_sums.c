// Weighted sums of rows of bytes: the vertical pass of a resize, both passes of a blur.
#include "pixels/pixels.h"

#if HAS_AVX512
// VNNI sums four products of an unsigned and a signed byte. A weight is cut into two or three
// signed bytes, so that all sums are exact: they wrap as int32, like the sum of whole products.
static void set_digits(pixels_sum *sum) {
  sum->steps = (sum->taps + 3) / 4;
  for (ptrdiff_t s = 0; s < sum->steps; s++) {
    uint32_t digits[3] = {0, 0, 0};
    for (ptrdiff_t t = 4 * s; t < sum->taps && t < 4 * s + 4; t++) {
      int32_t rest = sum->weights[t];
      for (int place = 0; place < 3; place++) {
        int8_t low = (int8_t)(rest & 255);
        digits[place] |= (uint32_t)(uint8_t)low << (8 * (t - 4 * s));
        rest = (rest - low) >> 8;
      }
    }
    for (int place = 0; place < 3; place++) sum->digits[s][place] = (int32_t)digits[place];
  }
}

// Four vectors of 16 sums each; unpacking bytes leaves them in an order that packing undoes.

#define SUM_BLOCK(DIGITS, BITS)                                                                  \
  {                                                                                              \
    const __m512i half = _mm512_set1_epi32(1 << (BITS - 1));                                     \
    __m512i low[4] = {half, half, half, half}, middle[4], high[4];                               \
    for (int v = 0; v < 4; v++) middle[v] = high[v] = _mm512_setzero_si512();                    \
    for (ptrdiff_t s = 0; s < steps; s++) {                                                      \
      __m512i a = _mm512_maskz_loadu_epi8(mask, rows[4 * s] + i);                                \
      __m512i b = _mm512_maskz_loadu_epi8(mask, rows[4 * s + 1] + i);                            \
      __m512i c = _mm512_maskz_loadu_epi8(mask, rows[4 * s + 2] + i);                            \
      __m512i d = _mm512_maskz_loadu_epi8(mask, rows[4 * s + 3] + i);                            \
      __m512i ab0 = _mm512_unpacklo_epi8(a, b), ab1 = _mm512_unpackhi_epi8(a, b);                \
      __m512i cd0 = _mm512_unpacklo_epi8(c, d), cd1 = _mm512_unpackhi_epi8(c, d);                \
      __m512i four[4] = {                                                                        \
          _mm512_unpacklo_epi16(ab0, cd0), _mm512_unpackhi_epi16(ab0, cd0),                      \
          _mm512_unpacklo_epi16(ab1, cd1), _mm512_unpackhi_epi16(ab1, cd1)};                     \
      __m512i w0 = _mm512_set1_epi32(digits[s][0]);                                       \
      __m512i w1 = _mm512_set1_epi32(digits[s][1]);                                       \
      __m512i w2 = _mm512_set1_epi32(digits[s][2]);                                       \
      for (int v = 0; v < 4; v++) {                                                              \
        low[v] = _mm512_dpbusd_epi32(low[v], four[v], w0);                                       \
        middle[v] = _mm512_dpbusd_epi32(middle[v], four[v], w1);                                 \
        if (DIGITS == 3) high[v] = _mm512_dpbusd_epi32(high[v], four[v], w2);                    \
      }                                                                                          \
    }                                                                                            \
    for (int v = 0; v < 4; v++) {                                                                \
      __m512i upper = middle[v];                                                                 \
      if (DIGITS == 3) upper = _mm512_add_epi32(upper, _mm512_slli_epi32(high[v], 8));           \
      low[v] = _mm512_add_epi32(low[v], _mm512_slli_epi32(upper, 8));                            \
      low[v] = _mm512_srai_epi32(low[v], BITS);                                                  \
    }                                                                                            \
    __m512i bytes = _mm512_packus_epi16(                                                         \
        _mm512_packs_epi32(low[0], low[1]), _mm512_packs_epi32(low[2], low[3]));                 \
    _mm512_mask_storeu_epi8(target + i, mask, bytes);                                            \
  }

AVX512 static void sum_avx512(
    const pixels_sum *sum, const uint8_t *const *rows, ptrdiff_t count, uint8_t *target) {
  const int32_t(*digits)[3] = sum->digits;
  const ptrdiff_t steps = sum->steps;
  for (ptrdiff_t i = 0; i < count; i += 64) {
    const __mmask64 mask = pixels_lanes(count - i);
    if (sum->bits == 22) SUM_BLOCK(3, 22) else SUM_BLOCK(2, 14)
  }
}
#endif

GRAFT_DISPATCHED static void sum_portable(
    const pixels_sum *sum, const uint8_t *const *rows, ptrdiff_t count, uint8_t *target) {
  enum { BLOCK = 64 };
  const int bits = sum->bits;
  for (ptrdiff_t i = 0; i < count; i += BLOCK) {
    int32_t sums[BLOCK];
    int n = count - i < BLOCK ? (int)(count - i) : BLOCK;
    for (int j = 0; j < BLOCK; j++) sums[j] = 1 << (bits - 1);
    for (ptrdiff_t t = 0; t < sum->taps; t++) {
      const uint8_t *row = rows[t] + i;
      const int32_t weight = sum->weights[t];
      if (n == BLOCK)
        for (int j = 0; j < BLOCK; j++) sums[j] += row[j] * weight;
      else
        for (int j = 0; j < n; j++) sums[j] += row[j] * weight;
    }
    if (n == BLOCK)
      for (int j = 0; j < BLOCK; j++) target[i + j] = pixels_byte(sums[j], bits);
    else
      for (int j = 0; j < n; j++) target[i + j] = pixels_byte(sums[j], bits);
  }
}

void pixels_sum_set(pixels_sum *sum, const int32_t *weights, ptrdiff_t taps, int bits) {
  sum->weights = weights;
  sum->taps = taps;
  sum->bits = bits;
  sum->steps = 0;
#if HAS_AVX512
  if (graft_pixels_have_avx512() && taps <= 4 * PIXELS_MAX_STEPS) set_digits(sum);
#endif
}

void pixels_sum_rows(
    const pixels_sum *sum, const uint8_t **rows, ptrdiff_t count, uint8_t *target) {
#if HAS_AVX512
  if (sum->steps > 0) {
    for (ptrdiff_t t = sum->taps; t < 4 * sum->steps; t++) rows[t] = rows[sum->taps - 1];
    sum_avx512(sum, rows, count, target);
    return;
  }
#endif
  sum_portable(sum, rows, count, target);
}
