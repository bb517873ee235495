// Bytes to normalized numbers.
#include "pixels/pixels.h"

#include <string.h>

#pragma STDC FP_CONTRACT OFF

#if HAS_AVX512
/// (byte * (1/255) - mean) / std; the quotient is a product with the reciprocal and one correction.
AVX512_INLINE __m512 normalized(
    __m128i bytes, __m512 mean, __m512 std, __m512 inverse_std) {
  const __m512 share = _mm512_mul_ps(
      _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)), _mm512_set1_ps((float)(1.0 / 255)));
  const __m512 value = _mm512_sub_ps(share, mean);
  const __m512 quotient = _mm512_mul_ps(value, inverse_std);
  return _mm512_fmadd_ps(_mm512_fnmadd_ps(quotient, std, value), inverse_std, quotient);
}

AVX512 static void normalize_avx512(
    const graft_normalization *n, const uint8_t *source, ptrdiff_t count, float *output) {
  __m512 mean[3], std[3], inverse[3];
  for (int v = 0; v < 3; v++) {
    mean[v] = _mm512_loadu_ps(n->mean + 16 * v);
    std[v] = _mm512_loadu_ps(n->std + 16 * v);
    inverse[v] = _mm512_loadu_ps(n->inverse_std + 16 * v);
  }
  ptrdiff_t i = 0;
  for (; i + 48 <= count; i += 48)
    for (int v = 0; v < 3; v++) {
      __m128i bytes = _mm_loadu_si128((const __m128i *)(source + i + 16 * v));
      _mm512_storeu_ps(output + i + 16 * v, normalized(bytes, mean[v], std[v], inverse[v]));
    }
  for (int v = 0; i < count; i += 16, v++) {
    const __mmask16 mask = (__mmask16)pixels_lanes(count - i);
    __m128i bytes = _mm_maskz_loadu_epi8(mask, source + i);
    _mm512_mask_storeu_ps(output + i, mask, normalized(bytes, mean[v], std[v], inverse[v]));
  }
}

/// Whether the arithmetic gives the bits of the values, which decides if it is used.
static int is_exact(const graft_normalization *n, int channels) {
  uint8_t bytes[768];
  float numbers[768];
  for (int i = 0; i < 256 * channels; i++) bytes[i] = (uint8_t)(i / channels);
  normalize_avx512(n, bytes, 256 * channels, numbers);
  for (int c = 0; c < channels; c++)
    for (int byte = 0; byte < 256; byte++)
      if (memcmp(&numbers[byte * channels + c], &n->values[c][byte], sizeof(float))) return 0;
  return 1;
}
#endif

void graft_normalization_set(
    graft_normalization *n, int channels, const float *mean, const float *std) {
  for (int c = 0; c < channels; c++)
    for (int byte = 0; byte < 256; byte++)
      n->values[c][byte] = ((float)byte * (1.0f / 255) - mean[c]) / std[c];
  for (int lane = 0; lane < 48; lane++) {
    n->mean[lane] = mean[lane % channels];
    n->std[lane] = std[lane % channels];
    n->inverse_std[lane] = 1 / std[lane % channels];
  }
  n->table_count = 0;
  n->is_arithmetic = 0;
#if HAS_AVX512
  if (graft_pixels_have_avx512()) n->is_arithmetic = is_exact(n, channels);
#endif
}

static void normalize_bytes(
    const graft_normalization *n, int channels, const uint8_t *source, ptrdiff_t count,
    float *output) {
#if HAS_AVX512
  if (n->is_arithmetic) {
    normalize_avx512(n, source, count, output);
    return;
  }
#endif
  if (channels == 3)
    for (ptrdiff_t i = 0; i < count; i += 3)
      for (int c = 0; c < 3; c++) output[i + c] = n->values[c][source[i + c]];
  else
    for (ptrdiff_t i = 0; i < count; i++) output[i] = n->values[0][source[i]];
}

void graft_normalize(
    const graft_normalization *n, int channels, const uint8_t *source, ptrdiff_t count,
    float *output) {
  if (n->table_count == 0) {
    normalize_bytes(n, channels, source, count, output);
    return;
  }
  enum { BLOCK = 3 * 512 };
  uint8_t block[BLOCK];
  for (ptrdiff_t i = 0; i < count; i += BLOCK) {
    ptrdiff_t length = count - i < BLOCK ? count - i : BLOCK;
    graft_look_up(n->tables, n->table_count, source + i, length, block);
    normalize_bytes(n, channels, block, length, output + i);
  }
}
