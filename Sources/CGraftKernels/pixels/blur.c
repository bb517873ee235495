// Blur by weights along rows and columns, rows kept in a ring until the second pass needs them.
#include "pixels/pixels.h"

#include <stdlib.h>
#include <string.h>

void graft_blur(
    const uint8_t *source, ptrdiff_t width, ptrdiff_t height, int channels, const int32_t *weights,
    ptrdiff_t radius, uint8_t *target) {
  const ptrdiff_t taps = 2 * radius + 1, row = width * channels;
  const ptrdiff_t line = pixels_padded(row);
  // Row y of the first pass lies at y modulo the ring's length; mirrored rows are near each other,
  // or the ring holds them all.
  const ptrdiff_t kept = taps < height ? taps : height;
  uint8_t *ring = pixels_allocate(kept * line);
  uint8_t *wide = pixels_allocate(row + 2 * radius * channels);
  const uint8_t **rows = pixels_allocate((taps + 3) * (ptrdiff_t)sizeof *rows);
  pixels_sum sum;
  pixels_sum_set(&sum, weights, taps, 14);
  ptrdiff_t made = 0;
  for (ptrdiff_t y = 0; y < height; y++) {
    for (; made <= y + radius && made < height; made++) {
      const uint8_t *from = source + made * row;
      memcpy(wide + radius * channels, from, (size_t)row);
      for (ptrdiff_t i = 1; i <= radius; i++) {
        memcpy(wide + (radius - i) * channels, from + pixels_mirrored(-i, width) * channels, channels);
        memcpy(
            wide + (radius + width - 1 + i) * channels,
            from + pixels_mirrored(width - 1 + i, width) * channels, channels);
      }
      for (ptrdiff_t t = 0; t < taps; t++) rows[t] = wide + t * channels;
      pixels_sum_rows(&sum, rows, row, ring + made % kept * line);
    }
    for (ptrdiff_t t = 0; t < taps; t++)
      rows[t] = ring + pixels_mirrored(y + t - radius, height) % kept * line;
    pixels_sum_rows(&sum, rows, row, target + y * row);
  }
  free(rows);
  free(wide);
  free(ring);
}
