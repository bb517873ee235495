// Warps that show one pixel each: by 16.16 fixed point, and by tables of rows and columns.
#include <string.h>

#include "pixels/pixels.h"

/// The steps i in begin..<end at which start + i step lies in 0..<limit.
static void clip_span(
    int64_t start, int64_t step, int64_t limit, ptrdiff_t *begin, ptrdiff_t *end) {
  // The first step at which a rising line reaches a level.
#define REACHES(LEVEL, STEP) ((LEVEL) <= 0 ? 0 : ((LEVEL) + (STEP) - 1) / (STEP))
  int64_t from = 0, to = *end;
  if (step == 0) {
    if (start < 0 || start >= limit) to = 0;
  } else if (step > 0) {
    from = REACHES(-start, step);
    int64_t last = REACHES(limit - start, step);
    if (last < to) to = last;
  } else {
    from = REACHES(start - limit + 1, -step);
    int64_t last = REACHES(start + 1, -step);
    if (last < to) to = last;
  }
#undef REACHES
  if (from > *begin) *begin = from < *end ? (ptrdiff_t)from : *end;
  *end = to > *begin ? (ptrdiff_t)to : *begin;
}

void pixels_fill(const graft_warp_source *source, ptrdiff_t count, uint8_t *target) {
  if (count <= 0) return;
  const size_t bytes = (size_t)(count * source->channels);
  if (source->channels == 1 ||
      (source->fill[0] == source->fill[1] && source->fill[1] == source->fill[2])) {
    memset(target, source->fill[0], bytes);
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++) memcpy(target + 3 * i, source->fill, 3);
}

static void copy_pixels(
    const graft_warp_source *source, int64_t x, int64_t y, int64_t step_x, int64_t step_y,
    ptrdiff_t count, uint8_t *target) {
  const ptrdiff_t width = source->width;
  if (source->channels == 1) {
    for (ptrdiff_t i = 0; i < count; i++, x += step_x, y += step_y)
      target[i] = source->pixels[(y >> 16) * width + (x >> 16)];
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++, x += step_x, y += step_y)
    memcpy(target + 3 * i, source->pixels + 3 * ((y >> 16) * width + (x >> 16)), 3);
}

#if HAS_AVX512
/// Sixteen RGB pixels a step, as far as their fourth bytes lie in the image; returns how many.
AVX512 static ptrdiff_t copy_pixels_avx512(
    const graft_warp_source *source, int64_t x, int64_t y, int64_t step_x, int64_t step_y,
    ptrdiff_t count, uint8_t *target) {
  uint8_t order[64] = {0};
  for (int i = 0; i < 48; i++) order[i] = (uint8_t)(i / 3 * 4 + i % 3);
  const __m512i pack = _mm512_loadu_si512(order);
  const __m512i lanes =
      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i xs = _mm512_add_epi32(
      _mm512_set1_epi32((int32_t)x), _mm512_mullo_epi32(lanes, _mm512_set1_epi32((int32_t)step_x)));
  __m512i ys = _mm512_add_epi32(
      _mm512_set1_epi32((int32_t)y), _mm512_mullo_epi32(lanes, _mm512_set1_epi32((int32_t)step_y)));
  const __m512i next_x = _mm512_set1_epi32((int32_t)(16 * step_x));
  const __m512i next_y = _mm512_set1_epi32((int32_t)(16 * step_y));
  const __m512i width = _mm512_set1_epi32((int32_t)source->width);
  const __m512i last =
      _mm512_set1_epi32((int32_t)(source->width * source->height * 3 - 4));
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m512i index = _mm512_add_epi32(
        _mm512_mullo_epi32(_mm512_srli_epi32(ys, 16), width), _mm512_srli_epi32(xs, 16));
    index = _mm512_add_epi32(index, _mm512_slli_epi32(index, 1));
    if (_mm512_cmpgt_epi32_mask(index, last)) break;
    __m512i pixels = _mm512_i32gather_epi32(index, source->pixels, 1);
    _mm512_mask_storeu_epi8(
        target + 3 * i, pixels_lanes(48), _mm512_permutexvar_epi8(pack, pixels));
    xs = _mm512_add_epi32(xs, next_x);
    ys = _mm512_add_epi32(ys, next_y);
  }
  return i;
}
#endif

/// The part of a row that lies inside the image.
static void copy_span(
    const graft_warp_source *source, int64_t x, int64_t y, int64_t step_x, int64_t step_y,
    ptrdiff_t count, uint8_t *target) {
  if (step_x == 65536 && step_y == 0) {
    memcpy(
        target, source->pixels + ((y >> 16) * source->width + (x >> 16)) * source->channels,
        (size_t)(count * source->channels));
    return;
  }
  ptrdiff_t done = 0;
#if HAS_AVX512
  // Positions inside fit 32 bits, in pixels as well as in 16.16, while sides are below 32768.
  if (graft_pixels_have_avx512() && source->channels == 3 && source->width < 32768 &&
      source->height < 32768 && source->width * source->height < (1 << 29))
    done = copy_pixels_avx512(source, x, y, step_x, step_y, count, target);
#endif
  copy_pixels(
      source, x + done * step_x, y + done * step_y, step_x, step_y, count - done,
      target + done * source->channels);
}

void graft_warp_nearest(
    const graft_warp_source *source, const graft_fixed_map *map, ptrdiff_t width, ptrdiff_t height,
    uint8_t *target) {
  int64_t x = map->start[0], y = map->start[1];
  for (ptrdiff_t row = 0; row < height; row++) {
    ptrdiff_t begin = 0, end = width;
    clip_span(x, map->step_x[0], (int64_t)source->width << 16, &begin, &end);
    clip_span(y, map->step_x[1], (int64_t)source->height << 16, &begin, &end);
    uint8_t *out = target + row * width * source->channels;
    pixels_fill(source, begin, out);
    if (begin < end)
      copy_span(
          source, x + begin * map->step_x[0], y + begin * map->step_x[1], map->step_x[0],
          map->step_x[1], end - begin, out + begin * source->channels);
    pixels_fill(source, width - end, out + end * source->channels);
    x += map->step_y[0];
    y += map->step_y[1];
  }
}

void graft_warp_scaled(
    const graft_warp_source *source, const int32_t *columns, const int32_t *rows, ptrdiff_t width,
    ptrdiff_t height, uint8_t *target) {
  const ptrdiff_t channels = source->channels;
  for (ptrdiff_t y = 0; y < height; y++, target += width * channels) {
    if (rows[y] < 0) {
      pixels_fill(source, width, target);
      continue;
    }
    const uint8_t *line = source->pixels + rows[y] * source->width * channels;
    for (ptrdiff_t x = 0; x < width; x++)
      memcpy(
          target + x * channels, columns[x] < 0 ? source->fill : line + columns[x] * channels,
          (size_t)channels);
  }
}
