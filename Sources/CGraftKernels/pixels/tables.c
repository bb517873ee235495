// Bytes by tables, and histograms.
#include <string.h>

#include "pixels/bytes.h"

#if HAS_AVX512
AVX512 static void look_up_avx512(
    const uint8_t *bytes, const uint8_t *source, ptrdiff_t count, uint8_t *target) {
  const pixels_table table = pixels_table_load(bytes);
  ptrdiff_t i = 0;
  for (; i + 64 <= count; i += 64)
    _mm512_storeu_si512(
        target + i, pixels_table_at(&table, _mm512_loadu_si512(source + i)));
  const __mmask64 mask = pixels_lanes(count - i);
  _mm512_mask_storeu_epi8(
      target + i, mask, pixels_table_at(&table, _mm512_maskz_loadu_epi8(mask, source + i)));
}

AVX512 static void look_up_rgb_avx512(
    const uint8_t *bytes, const uint8_t *source, ptrdiff_t count, uint8_t *target) {
  pixels_table tables[3];
  for (int c = 0; c < 3; c++) tables[c] = pixels_table_load(bytes + 256 * c);
  // Lanes of green and blue in a vector that starts with red; 64 bytes on, the channels move by one.
  const __mmask64 green = 0x2492492492492492, blue = 0x4924924924924924;
  int first = 0;
  for (ptrdiff_t i = 0; i < count; i += 64) {
    const __mmask64 mask = pixels_lanes(count - i);
    __m512i index = _mm512_maskz_loadu_epi8(mask, source + i), value[3];
    for (int c = 0; c < 3; c++) value[c] = pixels_table_at(&tables[c], index);
    __m512i next = first == 0 ? value[1] : first == 1 ? value[2] : value[0];
    __m512i last = first == 0 ? value[2] : first == 1 ? value[0] : value[1];
    __m512i result = first == 0 ? value[0] : first == 1 ? value[1] : value[2];
    result = _mm512_mask_blend_epi8(green, result, next);
    result = _mm512_mask_blend_epi8(blue, result, last);
    _mm512_mask_storeu_epi8(target + i, mask, result);
    first = first == 2 ? 0 : first + 1;
  }
}
#endif

void graft_look_up(
    const uint8_t *tables, int table_count, const uint8_t *source, ptrdiff_t count,
    uint8_t *target) {
#if HAS_AVX512
  if (graft_pixels_have_avx512()) {
    if (table_count == 1)
      look_up_avx512(tables, source, count, target);
    else
      look_up_rgb_avx512(tables, source, count, target);
    return;
  }
#endif
  if (table_count == 1)
    for (ptrdiff_t i = 0; i < count; i++) target[i] = tables[source[i]];
  else
    for (ptrdiff_t i = 0; i < count; i += 3)
      for (int c = 0; c < 3; c++) target[i + c] = tables[256 * c + source[i + c]];
}

void graft_histogram(const uint8_t *source, ptrdiff_t pixels, int channels, uint32_t *counts) {
  // Equal neighbors would wait for each other's count: pixels alternate between two sets.
  uint32_t other[3 * 256] = {0};
  memset(counts, 0, sizeof(uint32_t) * 256 * (size_t)channels);
  ptrdiff_t i = 0;
  if (channels == 3)
    for (; i + 2 <= pixels; i += 2, source += 6) {
      counts[source[0]]++;
      counts[256 + source[1]]++;
      counts[512 + source[2]]++;
      other[source[3]]++;
      other[256 + source[4]]++;
      other[512 + source[5]]++;
    }
  else
    for (; i + 2 <= pixels; i += 2, source += 2) {
      counts[source[0]]++;
      other[source[1]]++;
    }
  if (i < pixels)
    for (int c = 0; c < channels; c++) counts[256 * c + source[c]]++;
  for (int j = 0; j < 256 * channels; j++) counts[j] += other[j];
}
