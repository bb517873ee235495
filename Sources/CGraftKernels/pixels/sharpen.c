// Pillow's sharpness: blends with a smoothing of 3×3 pixels.
#include <string.h>

#include "pixels/bytes.h"

/// The sum over 13, rounded: integers give what Pillow's float32 does, since 13 is odd and no sum
/// lies half-way.
GRAFT_INLINE uint8_t smoothed(const uint8_t *here, ptrdiff_t row, ptrdiff_t step) {
  const uint8_t *above = here - row, *below = here + row;
  int sum = above[-step] + above[0] + above[step] + here[-step] + 5 * here[0] + here[step] +
            below[-step] + below[0] + below[step];
  return (uint8_t)((sum + 6) / 13);
}

#if HAS_AVX512
/// Nine bytes of each of 32 lanes, widened, added and divided by 13.
AVX512_INLINE __m512i smoothed_32(const uint8_t *here, ptrdiff_t row, ptrdiff_t step, __mmask32 mask) {
#define WIDE(P) _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, P))
  __m512i center = WIDE(here);
  __m512i sum = _mm512_add_epi16(center, _mm512_slli_epi16(center, 2));
  sum = _mm512_add_epi16(sum, _mm512_add_epi16(WIDE(here - step), WIDE(here + step)));
  for (ptrdiff_t line = -row; line <= row; line += 2 * row) {
    sum = _mm512_add_epi16(sum, WIDE(here + line));
    sum = _mm512_add_epi16(sum, _mm512_add_epi16(WIDE(here + line - step), WIDE(here + line + step)));
  }
#undef WIDE
  // 5042 / 2^16 is 1/13 and less than 1/13 more over all sums.
  return _mm512_mulhi_epu16(
      _mm512_add_epi16(sum, _mm512_set1_epi16(6)), _mm512_set1_epi16(5042));
}

AVX512 static void sharpen_avx512(
    const graft_blend *blend, const uint8_t *here, ptrdiff_t row, ptrdiff_t step, ptrdiff_t count,
    uint8_t *target) {
  const pixels_table lift = pixels_table_load(blend->lift), drop = pixels_table_load(blend->drop);
  for (ptrdiff_t i = 0; i < count; i += 64) {
    const __mmask64 mask = pixels_lanes(count - i);
    __m256i lower = _mm512_cvtepi16_epi8(smoothed_32(here + i, row, step, (__mmask32)mask));
    __m256i upper =
        _mm512_cvtepi16_epi8(smoothed_32(here + i + 32, row, step, (__mmask32)(mask >> 32)));
    __m512i origin = _mm512_inserti64x4(_mm512_castsi256_si512(lower), upper, 1);
    __m512i value = _mm512_maskz_loadu_epi8(mask, here + i);
    _mm512_mask_storeu_epi8(target + i, mask, pixels_blended(&lift, &drop, origin, value));
  }
}
#endif

static void sharpen_portable(
    const graft_blend *blend, const uint8_t *here, ptrdiff_t row, ptrdiff_t step, ptrdiff_t count,
    uint8_t *target) {
  for (ptrdiff_t i = 0; i < count; i++)
    target[i] = pixels_blended_byte(blend->factor, smoothed(here + i, row, step), here[i]);
}

void graft_sharpen(
    const graft_blend *blend, const uint8_t *source, ptrdiff_t width, ptrdiff_t height,
    int channels, uint8_t *target) {
  const ptrdiff_t row = width * channels, step = channels;
  if (width < 3 || height < 3) {
    memcpy(target, source, (size_t)(row * height));
    return;
  }
  memcpy(target, source, (size_t)row);
  memcpy(target + (height - 1) * row, source + (height - 1) * row, (size_t)row);
  for (ptrdiff_t y = 1; y < height - 1; y++) {
    const uint8_t *here = source + y * row;
    uint8_t *out = target + y * row;
    memcpy(out, here, (size_t)step);
    memcpy(out + row - step, here + row - step, (size_t)step);
#if HAS_AVX512
    if (graft_pixels_have_avx512() && blend->is_table) {
      sharpen_avx512(blend, here + step, row, step, row - 2 * step, out + step);
      continue;
    }
#endif
    sharpen_portable(blend, here + step, row, step, row - 2 * step, out + step);
  }
}
