// Rows from right to left.
#include "pixels/pixels.h"

typedef struct {
  uint8_t channel[3];
} rgb;

GRAFT_INLINE void mirror_portable(
    const uint8_t *source, ptrdiff_t width, int channels, uint8_t *target) {
  if (channels == 3) {
    const rgb *from = (const rgb *)source + width - 1;
    rgb *to = (rgb *)target;
    for (ptrdiff_t x = 0; x < width; x++) to[x] = from[-x];
  } else {
    for (ptrdiff_t x = 0; x < width; x++) target[x] = source[width - 1 - x];
  }
}

#if HAS_AVX512
/// The last byte of a vector first, and the last of its 21 RGB pixels.
static uint8_t orders[2][64];
__attribute__((constructor)) static void set_orders(void) {
  for (int i = 0; i < 64; i++) orders[0][i] = (uint8_t)(63 - i);
  for (int i = 0; i < 63; i++) orders[1][i] = (uint8_t)(60 - i / 3 * 3 + i % 3);
}

/// 63 or 64 bytes a step, whole pixels, from the row's end on; the rest pixel by pixel.
AVX512 static void mirror_avx512(
    const uint8_t *source, ptrdiff_t width, int channels, uint8_t *target) {
  const ptrdiff_t block = channels == 3 ? 63 : 64, count = width * channels;
  const __m512i order = _mm512_loadu_si512(orders[channels == 3]);
  const __mmask64 mask = pixels_lanes(block);
  ptrdiff_t i = 0;
  for (; i + block <= count; i += block) {
    __m512i pixels = _mm512_maskz_loadu_epi8(mask, source + count - i - block);
    _mm512_mask_storeu_epi8(target + i, mask, _mm512_permutexvar_epi8(order, pixels));
  }
  mirror_portable(source, (count - i) / channels, channels, target + i);
}
#endif

void graft_mirror_row(const uint8_t *source, ptrdiff_t width, int channels, uint8_t *target) {
#if HAS_AVX512
  if (graft_pixels_have_avx512()) {
    mirror_avx512(source, width, channels, target);
    return;
  }
#endif
  mirror_portable(source, width, channels, target);
}
