// Steps on 64 bytes that several image kernels take. Vectors stay inside: all is inlined.
#pragma once
#include "pixels/pixels.h"

#if HAS_AVX512
typedef struct {
  __m512i quarter[4];
} pixels_table;

AVX512_INLINE pixels_table pixels_table_load(const uint8_t *table) {
  pixels_table result;
  for (int i = 0; i < 4; i++) result.quarter[i] = _mm512_loadu_si512(table + 64 * i);
  return result;
}

/// table[index] in each lane.
AVX512_INLINE __m512i pixels_table_at(const pixels_table *table, __m512i index) {
  __m512i lower = _mm512_permutex2var_epi8(table->quarter[0], index, table->quarter[1]);
  __m512i upper = _mm512_permutex2var_epi8(table->quarter[2], index, table->quarter[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), lower, upper);
}

/// The blend of bytes by its tables.
AVX512_INLINE __m512i pixels_blended(
    const pixels_table *lift, const pixels_table *drop, __m512i origin, __m512i value) {
  __m512i above = _mm512_subs_epu8(value, origin), below = _mm512_subs_epu8(origin, value);
  __m512i lifted = _mm512_adds_epu8(origin, pixels_table_at(lift, above));
  __m512i dropped = _mm512_subs_epu8(origin, pixels_table_at(drop, below));
  return _mm512_mask_blend_epi8(_mm512_test_epi8_mask(below, below), lifted, dropped);
}
#endif

/// Pillow's own arithmetic.
GRAFT_INLINE uint8_t pixels_blended_byte(float factor, uint8_t origin, uint8_t value) {
#pragma STDC FP_CONTRACT OFF
  float product = factor * (float)(value - origin);
  float mixed = (float)origin + product;
  return (uint8_t)(mixed < 0 ? 0 : mixed > 255 ? 255 : mixed);
}
