// Noise drawn by Walker's alias method.
#include "pixels/bytes.h"
#include "pixels/philox.h"

enum { SLOTS = 128 };

void graft_noise_table_set(graft_noise_table *table, const uint32_t counts[256]) {
  uint32_t left[256];
  int small[256], large[256], small_count = 0, large_count = 0;
  for (int m = 0; m < 256; m++) {
    left[m] = counts[m];
    table->threshold[m] = SLOTS;
    table->other[m] = (uint8_t)m;
    if (left[m] < SLOTS) small[small_count++] = m;
    if (left[m] > SLOTS) large[large_count++] = m;
  }
  // Each column of too few gets the rest of its slots from one of too many.
  while (small_count > 0 && large_count > 0) {
    int poor = small[--small_count], rich = large[large_count - 1];
    table->threshold[poor] = (uint8_t)left[poor];
    table->other[poor] = (uint8_t)rich;
    left[rich] -= SLOTS - left[poor];
    if (left[rich] > SLOTS) continue;
    large_count--;
    if (left[rich] < SLOTS) small[small_count++] = rich;
  }
}

#if HAS_AVX512
/// 256 bytes: 32 blocks of Philox in four groups, so that their products need not wait for each other.
/// Words lie in 64-bit lanes, whose upper halves do not count.
AVX512 static void add_noise_avx512(
    const graft_noise_table *table, uint32_t key0, uint32_t key1, const uint8_t *source,
    ptrdiff_t count, uint8_t *target) {
  enum { GROUPS = 4 };
  const pixels_table threshold = pixels_table_load(table->threshold);
  const pixels_table other = pixels_table_load(table->other);
  const __m512i first_factor = _mm512_set1_epi64(PHILOX_FIRST_FACTOR);
  const __m512i second_factor = _mm512_set1_epi64(PHILOX_SECOND_FACTOR);
  const __m512i low_half = _mm512_set1_epi64(0xFFFFFFFF), slots = _mm512_set1_epi8(SLOTS - 1);
  const __m512i eight = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
  for (ptrdiff_t i = 0; i < count; i += 64 * GROUPS) {
    __m512i c0[GROUPS], c1[GROUPS], c2[GROUPS], c3[GROUPS];
    for (int g = 0; g < GROUPS; g++) {
      c0[g] = _mm512_add_epi64(_mm512_set1_epi64(i / 8 + 8 * g), eight);
      c1[g] = c2[g] = c3[g] = _mm512_setzero_si512();
    }
    uint32_t k0 = key0, k1 = key1;
    for (int round = 0; round < 10; round++, k0 += PHILOX_FIRST_STEP, k1 += PHILOX_SECOND_STEP) {
      const __m512i first_key = _mm512_set1_epi64(k0), second_key = _mm512_set1_epi64(k1);
      for (int g = 0; g < GROUPS; g++) {
        __m512i first = _mm512_mul_epu32(c0[g], first_factor);
        __m512i second = _mm512_mul_epu32(c2[g], second_factor);
        c0[g] = _mm512_ternarylogic_epi64(
            _mm512_srli_epi64(second, 32), c1[g], first_key, 0x96);
        c2[g] = _mm512_ternarylogic_epi64(
            _mm512_srli_epi64(first, 32), c3[g], second_key, 0x96);
        c1[g] = second;
        c3[g] = first;
      }
    }
    for (int g = 0; g < GROUPS; g++) {
      const __mmask64 mask = pixels_lanes(count - i - 64 * g);
      // Lower half from the even word, upper half from the odd one.
      __m512i column = _mm512_ternarylogic_epi64(low_half, c0[g], _mm512_slli_epi64(c1[g], 32), 0xCA);
      __m512i draw = _mm512_ternarylogic_epi64(low_half, c2[g], _mm512_slli_epi64(c3[g], 32), 0xCA);
      __mmask64 is_own = _mm512_cmplt_epu8_mask(
          _mm512_and_si512(draw, slots), pixels_table_at(&threshold, column));
      __m512i size = _mm512_mask_blend_epi8(is_own, pixels_table_at(&other, column), column);
      __m512i value = _mm512_maskz_loadu_epi8(mask, source + i + 64 * g);
      __m512i result = _mm512_mask_blend_epi8(
          _mm512_movepi8_mask(draw), _mm512_adds_epu8(value, size), _mm512_subs_epu8(value, size));
      _mm512_mask_storeu_epi8(target + i + 64 * g, mask, result);
    }
  }
}
#endif

static void add_noise_portable(
    const graft_noise_table *table, uint32_t key0, uint32_t key1, const uint8_t *source,
    ptrdiff_t count, uint8_t *target) {
  for (ptrdiff_t i = 0; i < count; i += 8) {
    uint32_t word[4] = {(uint32_t)(i / 8), 0, 0, 0}, k0 = key0, k1 = key1;
    for (int round = 0; round < 10; round++, k0 += PHILOX_FIRST_STEP, k1 += PHILOX_SECOND_STEP) {
      uint64_t first = (uint64_t)word[0] * PHILOX_FIRST_FACTOR;
      uint64_t second = (uint64_t)word[2] * PHILOX_SECOND_FACTOR;
      word[0] = (uint32_t)(second >> 32) ^ word[1] ^ k0;
      word[1] = (uint32_t)second;
      word[2] = (uint32_t)(first >> 32) ^ word[3] ^ k1;
      word[3] = (uint32_t)first;
    }
    for (int j = 0; j < 8 && i + j < count; j++) {
      uint8_t column = (uint8_t)(word[j / 4] >> 8 * (j % 4));
      uint8_t draw = (uint8_t)(word[2 + j / 4] >> 8 * (j % 4));
      int size = (draw & (SLOTS - 1)) < table->threshold[column] ? column : table->other[column];
      int value = source[i + j] + (draw & SLOTS ? -size : size);
      target[i + j] = pixels_clip(value);
    }
  }
}

void graft_add_noise(
    const graft_noise_table *table, uint32_t key0, uint32_t key1, const uint8_t *source,
    ptrdiff_t count, uint8_t *target) {
#if HAS_AVX512
  if (graft_pixels_have_avx512()) {
    add_noise_avx512(table, key0, key1, source, count, target);
    return;
  }
#endif
  add_noise_portable(table, key0, key1, source, count, target);
}
