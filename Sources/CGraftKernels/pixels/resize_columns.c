// The horizontal pass of a resize: each 16 bytes pick their taps out of one or two vectors.
#include <stdlib.h>
#include <string.h>

#include "pixels/resize.h"

#if HAS_AVX512
/// One weight as three signed bytes whose sum it is.
GRAFT_INLINE void set_digits(pixels_pick *pick, int place, int32_t weight) {
  for (int digit = 0; digit < 3; digit++) {
    int8_t low = (int8_t)(weight & 255);
    pick->digits[digit][place] = low;
    weight = (weight - low) >> 8;
  }
}

/// Sets how bytes 16 g to 16 g + 15 of a row come from their taps 4 s to 4 s + 3; returns how far
/// after the offset it reads, in bytes.
static ptrdiff_t set_pick(
    pixels_pick *pick, const pixels_columns *columns, ptrdiff_t width, ptrdiff_t g, ptrdiff_t s) {
  const graft_resize_axis *axis = columns->axis;
  const int channels = columns->channels;
  memset(pick, 0, sizeof *pick);
  ptrdiff_t begin = 16 * g / channels, end = (16 * g + 15) / channels + 1;
  if (end > axis->count) end = axis->count;
  ptrdiff_t lowest = PTRDIFF_MAX;
  for (ptrdiff_t x = begin; x < end; x++) {
    ptrdiff_t t = columns->is_mirrored ? axis->count - 1 - x : x;
    if (axis->taps[t] > 4 * s && axis->first[t] + 4 * s < lowest) lowest = axis->first[t] + 4 * s;
  }
  if (lowest == PTRDIFF_MAX) return 0;
  pick->offset = lowest * channels;
  ptrdiff_t reach = 0;
  for (ptrdiff_t x = begin; x < end; x++) {
    ptrdiff_t t = columns->is_mirrored ? axis->count - 1 - x : x;
    const int32_t *weights = axis->weights + t * axis->stride + 4 * s;
    int taps = (int)(axis->taps[t] - 4 * s < 4 ? axis->taps[t] - 4 * s : 4);
    ptrdiff_t from = (axis->first[t] + 4 * s - lowest) * channels;
    for (int j = 0; j < taps; j++) {
      ptrdiff_t index = from + j * channels;
      if (index + channels > reach) reach = index + channels;
      if (reach > 128) return reach;
      for (int c = 0; c < channels; c++) {
        ptrdiff_t lane = x * channels + c - 16 * g;
        if (lane < 0 || lane > 15) continue;
        pick->pick[4 * lane + j] = (uint8_t)(index + c);
        set_digits(pick, (int)(4 * lane + j), weights[j]);
      }
    }
  }
  ptrdiff_t left = width * channels - pick->offset;
  pick->lower_lanes = pixels_lanes(left);
  pick->upper_lanes = pixels_lanes(left - 64);
  return reach;
}

static void prepare_picks(pixels_columns *columns, ptrdiff_t width) {
  ptrdiff_t groups = (columns->row_bytes + 15) / 16, max_taps = 1;
  for (ptrdiff_t t = 0; t < columns->axis->count; t++)
    if (columns->axis->taps[t] > max_taps) max_taps = columns->axis->taps[t];
  columns->steps = (max_taps + 3) / 4;
  columns->picks = pixels_allocate(groups * columns->steps * (ptrdiff_t)sizeof(pixels_pick));
  for (ptrdiff_t g = 0; g < groups; g++) {
    for (ptrdiff_t s = 0; s < columns->steps; s++) {
      ptrdiff_t reach =
          set_pick(&columns->picks[g * columns->steps + s], columns, width, g, s);
      if (reach > 64) columns->is_wide = 1;
      if (reach <= 128) continue;
      // The taps of neighbors lie too far apart.
      pixels_columns_release(columns);
      pixels_prepare_runs(columns);
      return;
    }
  }
}

#define RESIZE_ROW(IS_WIDE)                                                                       \
  for (ptrdiff_t i = 0; i < columns->row_bytes; i += 16, pick += steps) {              \
    __m512i low = _mm512_set1_epi32(1 << 21);                                                     \
    __m512i middle = _mm512_setzero_si512(), high = _mm512_setzero_si512();                       \
    for (ptrdiff_t s = 0; s < steps; s++) {                                                       \
      const pixels_pick *p = pick + s;                                                            \
      const uint8_t *from = source + p->offset;                                                   \
      __m512i taps = _mm512_maskz_loadu_epi8(p->lower_lanes, from);                               \
      __m512i index = _mm512_load_si512(p->pick);                                                 \
      if (IS_WIDE)                                                                                \
        taps = _mm512_permutex2var_epi8(                                                          \
            taps, index, _mm512_maskz_loadu_epi8(p->upper_lanes, from + 64));                     \
      else                                                                                        \
        taps = _mm512_permutexvar_epi8(index, taps);                                              \
      low = _mm512_dpbusd_epi32(low, taps, _mm512_load_si512(p->digits[0]));                      \
      middle = _mm512_dpbusd_epi32(middle, taps, _mm512_load_si512(p->digits[1]));                \
      high = _mm512_dpbusd_epi32(high, taps, _mm512_load_si512(p->digits[2]));                    \
    }                                                                                             \
    middle = _mm512_add_epi32(middle, _mm512_slli_epi32(high, 8));                                \
    low = _mm512_srai_epi32(_mm512_add_epi32(low, _mm512_slli_epi32(middle, 8)), 22);             \
    __m128i bytes =                                                                               \
        _mm512_cvtusepi32_epi8(_mm512_max_epi32(low, _mm512_setzero_si512()));                    \
    if (i + 16 <= columns->row_bytes)                                                             \
      _mm_storeu_si128((__m128i *)(target + i), bytes);                                           \
    else                                                                                          \
      _mm_mask_storeu_epi8(                                                                       \
          target + i, (__mmask16)pixels_lanes(columns->row_bytes - i), bytes);                    \
  }

AVX512 static void resize_row_avx512(
    const pixels_columns *columns, const uint8_t *source, uint8_t *target) {
  const pixels_pick *pick = columns->picks;
  const ptrdiff_t steps = columns->steps;
  if (columns->is_wide) {
    RESIZE_ROW(1)
  } else if (steps == 1) {
    const ptrdiff_t steps = 1;
    RESIZE_ROW(0)
  } else {
    RESIZE_ROW(0)
  }
}
#endif

typedef int32_t v4i __attribute__((vector_size(16), aligned(4)));
typedef uint8_t v4b __attribute__((vector_size(4), aligned(1)));

GRAFT_DISPATCHED static void resize_rgb_row_portable(
    const pixels_columns *columns, const uint8_t *source, uint8_t *target) {
  const graft_resize_axis *axis = columns->axis;
  for (ptrdiff_t x = 0; x < axis->count; x++) {
    ptrdiff_t t = columns->is_mirrored ? axis->count - 1 - x : x;
    const int32_t *weights = axis->weights + t * axis->stride;
    const uint8_t *from = source + axis->first[t] * 3;
    const int32_t last = axis->taps[t] - 1;
    v4i sum = {1 << 21, 1 << 21, 1 << 21, 0};
    // Four bytes at a time; the fourth may lie beyond the row at the last tap.
    for (int32_t k = 0; k < last; k++, from += 3) {
      v4b bytes;
      memcpy(&bytes, from, 4);
      sum += __builtin_convertvector(bytes, v4i) * weights[k];
    }
    if (last >= 0) sum += (v4i){from[0], from[1], from[2], 0} * weights[last];
    for (int c = 0; c < 3; c++) target[3 * x + c] = pixels_byte(sum[c], 22);
  }
}

GRAFT_DISPATCHED static void resize_gray_row_portable(
    const pixels_columns *columns, const uint8_t *source, uint8_t *target) {
  const graft_resize_axis *axis = columns->axis;
  for (ptrdiff_t x = 0; x < axis->count; x++) {
    ptrdiff_t t = columns->is_mirrored ? axis->count - 1 - x : x;
    const int32_t *weights = axis->weights + t * axis->stride;
    const uint8_t *from = source + axis->first[t];
    int32_t sum = 1 << 21;
    for (int32_t k = 0; k < axis->taps[t]; k++) sum += from[k] * weights[k];
    target[x] = pixels_byte(sum, 22);
  }
}

pixels_columns pixels_columns_prepare(
    const graft_resize_axis *axis, ptrdiff_t width, int channels, int is_mirrored) {
  pixels_columns columns = {
      .axis = axis, .channels = channels, .is_mirrored = is_mirrored,
      .row_bytes = axis->count * channels};
#if HAS_AVX512
  if (graft_pixels_have_avx512()) prepare_picks(&columns, width);
#endif
  return columns;
}

void pixels_columns_release(pixels_columns *columns) {
  free(columns->picks);
  free(columns->runs);
  columns->picks = NULL;
  columns->runs = NULL;
}

void pixels_resize_row(const pixels_columns *columns, const uint8_t *source, uint8_t *target) {
#if HAS_AVX512
  if (columns->picks) {
    resize_row_avx512(columns, source, target);
    return;
  }
  if (columns->runs) {
    pixels_resize_row_from_runs_avx512(columns, source, target);
    return;
  }
#endif
  if (columns->channels == 3)
    resize_rgb_row_portable(columns, source, target);
  else
    resize_gray_row_portable(columns, source, target);
}
