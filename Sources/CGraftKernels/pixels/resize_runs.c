// The horizontal pass of a strong reduction: a target has so many taps in a row that AVX-512 takes
// runs of them, one target after the other.
#include <stdlib.h>
#include <string.h>

#include "pixels/resize.h"

#if HAS_AVX512
// A run of RGB is 20 pixels, of gray 64: four taps a lane, and of RGB three lanes for every four pixels.
GRAFT_INLINE int run_length(int channels) { return channels == 3 ? 20 : 64; }

/// Which byte of a run of RGB each lane takes: lane 3 q + c has channel c of pixels 4 q to 4 q + 3.
static uint8_t order_of_taps[64];
__attribute__((constructor)) static void set_order(void) {
  for (int i = 0; i < 60; i++)
    order_of_taps[i] = (uint8_t)((i / 12 * 4 + i % 4) * 3 + i / 4 % 3);
}

void pixels_prepare_runs(pixels_columns *columns) {
  const graft_resize_axis *axis = columns->axis;
  const int channels = columns->channels, length = run_length(channels);
  columns->steps = (axis->stride + length - 1) / length;
  columns->runs =
      pixels_allocate(axis->count * columns->steps * (ptrdiff_t)sizeof *columns->runs);
  for (ptrdiff_t t = 0; t < axis->count; t++) {
    pixels_run *runs = columns->runs + t * columns->steps;
    memset(runs, 0, (size_t)columns->steps * sizeof *runs);
    for (ptrdiff_t k = 0; k < axis->taps[t]; k++) {
      int32_t rest = axis->weights[t * axis->stride + k];
      const ptrdiff_t pixel = k % length;
      for (int digit = 0; digit < 3; digit++) {
        const int8_t low = (int8_t)(rest & 255);
        rest = (rest - low) >> 8;
        for (int c = 0; c < channels; c++)
          runs[k / length].digits[digit][pixel / 4 * 4 * channels + 4 * c + pixel % 4] = low;
      }
    }
  }
}

AVX512 void pixels_resize_row_from_runs_avx512(
    const pixels_columns *columns, const uint8_t *source, uint8_t *target) {
  const graft_resize_axis *axis = columns->axis;
  const int channels = columns->channels, length = run_length(channels);
  const __m512i order = _mm512_loadu_si512(order_of_taps);
  for (ptrdiff_t x = 0; x < axis->count; x++) {
    const ptrdiff_t t = columns->is_mirrored ? axis->count - 1 - x : x;
    const uint8_t *from = source + axis->first[t] * channels;
    __m512i low = _mm512_setzero_si512(), middle = low, high = low;
    ptrdiff_t left = axis->taps[t];
    for (const pixels_run *run = columns->runs + t * columns->steps; left > 0;
         run++, left -= length, from += length * channels) {
      const ptrdiff_t bytes = (left < length ? left : length) * channels;
      __m512i taps = _mm512_maskz_loadu_epi8(pixels_lanes(bytes), from);
      if (channels == 3) taps = _mm512_permutexvar_epi8(order, taps);
      low = _mm512_dpbusd_epi32(low, taps, _mm512_load_si512(run->digits[0]));
      middle = _mm512_dpbusd_epi32(middle, taps, _mm512_load_si512(run->digits[1]));
      high = _mm512_dpbusd_epi32(high, taps, _mm512_load_si512(run->digits[2]));
    }
    middle = _mm512_add_epi32(middle, _mm512_slli_epi32(high, 8));
    low = _mm512_add_epi32(low, _mm512_slli_epi32(middle, 8));
    if (channels == 1) {
      target[x] = pixels_byte(_mm512_reduce_add_epi32(low) + (1 << 21), 22);
      continue;
    }
    // Lanes 3 q + c, q = 0 to 4, to lane c.
    __m512i sum = _mm512_add_epi32(low, _mm512_alignr_epi32(low, low, 6));
    sum = _mm512_add_epi32(sum, _mm512_alignr_epi32(sum, sum, 3));
    sum = _mm512_add_epi32(sum, _mm512_alignr_epi32(low, low, 12));
    sum = _mm512_srai_epi32(_mm512_add_epi32(sum, _mm512_set1_epi32(1 << 21)), 22);
    sum = _mm512_max_epi32(sum, _mm512_setzero_si512());
    _mm_mask_storeu_epi8(target + 3 * x, 7, _mm512_cvtusepi32_epi8(sum));
  }
}
#endif
