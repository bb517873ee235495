// The hue of RGB pixels, in Pillow's 8-bit HSV.
#include "pixels/bytes.h"

#pragma STDC FP_CONTRACT OFF

/// How far a channel lies from the highest towards the lowest, in 255ths, by the hue byte. The three
/// channels see the same trapezium, a third of the wheel apart.
static uint8_t depth_of(int hue, int channel) {
  int position = (6 * hue + (5 - 2 * channel) * 255) % 1530;
  int depth = position < 1020 - position ? position : 1020 - position;
  return pixels_clip(depth);
}

/// value * (1 - saturation * depth), rounded; all in 255ths.
GRAFT_INLINE uint8_t channel_of(int value, int saturation, int depth) {
  return (uint8_t)((value * (65025 - saturation * depth) + 32512) / 65025);
}

/// One pixel to HSV bytes, the hue turned, and back; rounded to float32 where Pillow has float32.
static void shift_pixel(const uint8_t *source, const uint8_t depths[3][256], uint8_t *target) {
  const int red = source[0], green = source[1], blue = source[2];
  int high = red > green ? red : green, low = red < green ? red : green;
  if (blue > high) high = blue;
  if (blue < low) low = blue;
  const int saturation = high == low ? 0 : (int)((double)((float)(high - low) / (float)high) * 255);
  if (saturation == 0) {
    target[0] = target[1] = target[2] = (uint8_t)high;
    return;
  }
  const float span = (float)(high - low);
  // Sixths of the wheel from red on; with two equally low channels either one gives the same.
  float sixths;
  if (red == high)
    sixths = blue == low ? 1 - (float)(high - green) / span : (float)(high - blue) / span - 1;
  else if (green == high)
    sixths = blue == low ? 1 + (float)(high - red) / span : 3 - (float)(high - blue) / span;
  else
    sixths = red == low ? 3 + (float)(high - green) / span : 5 - (float)(high - red) / span;
  double turns = (double)sixths / 6 + 1;
  float share = (float)(turns >= 1 ? turns - 1 : turns);
  int hue = (int)((double)share * 255);
  for (int c = 0; c < 3; c++) target[c] = channel_of(high, saturation, depths[c][hue & 255]);
}

#if HAS_AVX512
/// 1 / x to within a unit in the last place or two, for whole numbers up to 255.
AVX512_INLINE __m512 reciprocal(__m512 x) {
  __m512 guess = _mm512_rcp14_ps(x);
  return _mm512_fmadd_ps(
      _mm512_fnmadd_ps(guess, x, _mm512_set1_ps(1)), guess, guess);
}

/// a / b, correctly rounded, by a reciprocal of b and the quotient's own error.
AVX512_INLINE __m512 quotient(__m512 a, __m512 b, __m512 reciprocal) {
  __m512 q = _mm512_mul_ps(a, reciprocal);
  return _mm512_fmadd_ps(_mm512_fnmadd_ps(q, b, a), reciprocal, q);
}

/// The hue byte of 16 pixels, before it is turned.
AVX512_INLINE __m512i hue_16(__m512i red, __m512i green, __m512i blue, __m512i high, __m512i low) {
  const __m512 one = _mm512_set1_ps(1), sixth = _mm512_set1_ps(1.0f / 6);
  const __m512 six = _mm512_set1_ps(6), full = _mm512_set1_ps(255);
  __m512i sum = _mm512_add_epi32(_mm512_add_epi32(red, green), blue);
  // high - middle = high - (sum - high - low)
  __m512i gap_bytes = _mm512_sub_epi32(_mm512_add_epi32(_mm512_slli_epi32(high, 1), low), sum);
  __m512 span = _mm512_cvtepi32_ps(_mm512_sub_epi32(high, low));
  __m512 gap = quotient(
      _mm512_cvtepi32_ps(gap_bytes), span, reciprocal(_mm512_max_ps(span, one)));

  __mmask16 red_high = _mm512_cmpeq_epi32_mask(red, high);
  __mmask16 green_high = _mm512_cmpeq_epi32_mask(green, high) & ~red_high;
  __mmask16 blue_high = ~(red_high | green_high);
  __mmask16 blue_low = _mm512_cmpeq_epi32_mask(blue, low);
  __mmask16 red_low = _mm512_cmpeq_epi32_mask(red, low);
  // Sixths are base - gap or base + gap.
  __mmask16 is_minus = (red_high & blue_low) | (green_high & ~blue_low) | (blue_high & ~red_low);
  __m512 base = _mm512_set1_ps(1);
  base = _mm512_mask_mov_ps(base, red_high & ~blue_low, _mm512_set1_ps(-1));
  base = _mm512_mask_mov_ps(
      base, (green_high & ~blue_low) | (blue_high & red_low), _mm512_set1_ps(3));
  base = _mm512_mask_mov_ps(base, blue_high & ~red_low, _mm512_set1_ps(5));
  __m512 sixths = _mm512_mask_sub_ps(_mm512_add_ps(base, gap), is_minus, base, gap);
  __mmask16 is_negative = _mm512_cmp_ps_mask(sixths, _mm512_setzero_ps(), _CMP_LT_OQ);
  __m512 share = quotient(sixths, six, sixth);
  share = _mm512_mask_mov_ps(share, is_negative, _mm512_fmadd_ps(sixths, sixth, one));
  // The product with 255 may be rounded up to a whole number: its error shows whether it was.
  __m512i hue = _mm512_cvttps_epi32(_mm512_mul_ps(share, full));
  __m512 error = _mm512_fmsub_ps(share, full, _mm512_cvtepi32_ps(hue));
  __mmask16 is_above = _mm512_cmp_ps_mask(error, _mm512_setzero_ps(), _CMP_LT_OQ);
  return _mm512_mask_sub_epi32(hue, is_above, hue, _mm512_set1_epi32(1));
}

/// Whole blocks of 16 pixels. The float32 arithmetic gives shift_pixel's bytes for all colors and
/// turns, which a test goes through.
AVX512 static void shift_hue_avx512(
    const uint8_t *source, ptrdiff_t pixels, const uint8_t depths[3][256], uint8_t *target) {
  uint8_t orders[4][64] = {{0}};
  for (int lane = 0; lane < 16; lane++)
    for (int c = 0; c < 3; c++) {
      orders[c][4 * lane] = (uint8_t)(3 * lane + c);
      orders[3][3 * lane + c] = (uint8_t)(4 * lane + c);
    }
  const __mmask64 first_bytes = 0x1111111111111111, all = pixels_lanes(48);
  __m512i order[4];
  for (int c = 0; c < 4; c++) order[c] = _mm512_loadu_si512(orders[c]);
  pixels_table depth[3];
  for (int c = 0; c < 3; c++) depth[c] = pixels_table_load(depths[c]);
  const __m512 one = _mm512_set1_ps(1), full = _mm512_set1_ps(255);

  for (ptrdiff_t i = 0; i < pixels; i += 16) {
    __m512i rgb = _mm512_maskz_loadu_epi8(all, source + 3 * i);
    __m512i red = _mm512_maskz_permutexvar_epi8(first_bytes, order[0], rgb);
    __m512i green = _mm512_maskz_permutexvar_epi8(first_bytes, order[1], rgb);
    __m512i blue = _mm512_maskz_permutexvar_epi8(first_bytes, order[2], rgb);
    __m512i high = _mm512_max_epi32(_mm512_max_epi32(red, green), blue);
    __m512i low = _mm512_min_epi32(_mm512_min_epi32(red, green), blue);
    __m512 value = _mm512_cvtepi32_ps(high);
    __m512 span = _mm512_cvtepi32_ps(_mm512_sub_epi32(high, low));
    __mmask16 has_span = _mm512_cmpneq_epi32_mask(high, low);
    __m512i hue = hue_16(red, green, blue, high, low);

    // Half a unit keeps whole quotients from being cut to the number below.
    __m512 scaled = _mm512_fmadd_ps(span, full, _mm512_set1_ps(0.5f));
    __m512i saturation = _mm512_cvttps_epi32(
        _mm512_mul_ps(scaled, reciprocal(_mm512_max_ps(value, one))));
    // -value * saturation / 255 / 255, for depths in 255ths
    __m512 slope = _mm512_mul_ps(
        _mm512_mul_ps(value, _mm512_cvtepi32_ps(saturation)), _mm512_set1_ps(-1.0f));
    __m512 top = _mm512_add_ps(value, _mm512_set1_ps(0.5f));
    __m512i result = _mm512_setzero_si512();
    for (int c = 2; c >= 0; c--) {
      __m512i deep = _mm512_maskz_mov_epi8(first_bytes, pixels_table_at(&depth[c], hue));
      __m512 part = _mm512_mul_ps(_mm512_cvtepi32_ps(deep), _mm512_set1_ps(1.0f / 65025));
      __m512i byte = _mm512_cvttps_epi32(_mm512_fmadd_ps(slope, part, top));
      result = _mm512_or_si512(_mm512_slli_epi32(result, 8), byte);
    }
    result = _mm512_mask_mov_epi32(
        _mm512_mullo_epi32(high, _mm512_set1_epi32(0x010101)), has_span, result);
    _mm512_mask_storeu_epi8(
        target + 3 * i, all, _mm512_permutexvar_epi8(order[3], result));
  }
}
#endif

void graft_shift_hue(const uint8_t *source, ptrdiff_t pixels, uint8_t turn, uint8_t *target) {
  uint8_t depths[3][256];
  for (int c = 0; c < 3; c++)
    for (int hue = 0; hue < 256; hue++) depths[c][hue] = depth_of((hue + turn) & 255, c);
  ptrdiff_t done = 0;
#if HAS_AVX512
  if (graft_pixels_have_avx512()) {
    done = pixels / 16 * 16;
    shift_hue_avx512(source, done, depths, target);
  }
#endif
  for (ptrdiff_t i = done; i < pixels; i++) shift_pixel(source + 3 * i, depths, target + 3 * i);
}

GRAFT_DISPATCHED void graft_shift_hue_float(
    const uint8_t *source, ptrdiff_t pixels, float turn, uint8_t *target) {
  for (ptrdiff_t i = 0; i < pixels; i++) {
    const float red = source[3 * i], green = source[3 * i + 1], blue = source[3 * i + 2];
    float high = red > green ? red : green, low = red < green ? red : green;
    high = blue > high ? blue : high;
    low = blue < low ? blue : low;
    const float span = high - low, inverse = span > 0 ? 1 / span : 0;
    float sixths = high == red     ? (green - blue) * inverse
                   : high == green ? 2 + (blue - red) * inverse
                                   : 4 + (red - green) * inverse;
    sixths += 6 * turn;
    for (int c = 0; c < 3; c++) {
      // How far below the highest the channel lies: a trapezium over the wheel.
      float place = (float)(5 - 2 * c) + sixths;
      place = place >= 12 ? place - 12 : place >= 6 ? place - 6 : place < 0 ? place + 6 : place;
      float depth = place < 4 - place ? place : 4 - place;
      depth = depth < 0 ? 0 : depth > 1 ? 1 : depth;
      target[3 * i + c] = (uint8_t)(high - span * depth + 0.5f);
    }
  }
}
