// Smooth random shifts, by which an elastic warp bends an image.
#include <stdlib.h>
#include <string.h>

#include "pixels/philox.h"
#include "pixels/pixels.h"

// Every processor adds in the same order and rounds each product.
#pragma STDC FP_CONTRACT OFF

enum { LANES = 16, BLOCK = 4 * LANES };

static ptrdiff_t whole_blocks(ptrdiff_t count) { return (count + BLOCK - 1) / BLOCK * BLOCK; }

/// Philox: the words of LANES blocks from `first` on, highest 24 bits
/// in the middle of their interval.
GRAFT_DISPATCHED static void draw_blocks(
    uint32_t key0, uint32_t key1, uint32_t stream, uint32_t first, float *values) {
  uint32_t word[4][LANES];
  for (uint32_t b = 0; b < LANES; b++) {
    word[0][b] = first + b;
    word[1][b] = stream;
    word[2][b] = word[3][b] = 0;
  }
  for (int round = 0; round < 10; round++, key0 += PHILOX_FIRST_STEP, key1 += PHILOX_SECOND_STEP) {
    for (int b = 0; b < LANES; b++) {
      uint64_t one = (uint64_t)word[0][b] * PHILOX_FIRST_FACTOR;
      uint64_t two = (uint64_t)word[2][b] * PHILOX_SECOND_FACTOR;
      word[0][b] = (uint32_t)(two >> 32) ^ word[1][b] ^ key0;
      word[1][b] = (uint32_t)two;
      word[2][b] = (uint32_t)(one >> 32) ^ word[3][b] ^ key1;
      word[3][b] = (uint32_t)one;
    }
  }
  for (int b = 0; b < LANES; b++)
    for (int j = 0; j < 4; j++)
      values[4 * b + j] = ((float)(int32_t)(word[j][b] >> 8) + 0.5f) * 0x1p-23f - 1;
}

void graft_uniform_noise(
    uint32_t key0, uint32_t key1, uint32_t stream, ptrdiff_t count, float *values) {
  for (ptrdiff_t start = 0; start < count; start += BLOCK) {
    if (count - start >= BLOCK) {
      draw_blocks(key0, key1, stream, (uint32_t)(start / 4), values + start);
    } else {
      float rest[BLOCK];
      draw_blocks(key0, key1, stream, (uint32_t)(start / 4), rest);
      memcpy(values + start, rest, (size_t)(count - start) * sizeof(float));
    }
  }
}

/// target[i] = the sum of weights[t] * rows[t][i]; rows and target are padded to whole blocks.
GRAFT_DISPATCHED static void sum_rows(
    const float *const *rows, const float *weights, ptrdiff_t taps, ptrdiff_t count,
    float *target) {
  for (ptrdiff_t i = 0; i < count; i += BLOCK) {
    v16 a = {0}, b = {0}, c = {0}, d = {0};
    for (ptrdiff_t t = 0; t < taps; t++) {
      const float *row = rows[t] + i;
      const float w = weights[t];
      a += w * *(const v16 *)row;
      b += w * *(const v16 *)(row + LANES);
      c += w * *(const v16 *)(row + 2 * LANES);
      d += w * *(const v16 *)(row + 3 * LANES);
    }
    *(v16 *)(target + i) = a;
    *(v16 *)(target + i + LANES) = b;
    *(v16 *)(target + i + 2 * LANES) = c;
    *(v16 *)(target + i + 3 * LANES) = d;
  }
}

void graft_elastic_shifts(
    uint32_t key0, uint32_t key1, ptrdiff_t width, ptrdiff_t height, const float *weights,
    ptrdiff_t radius, float scale, float (*shifts)[2]) {
  const ptrdiff_t taps = 2 * radius + 1, line = whole_blocks(width), size = (ptrdiff_t)sizeof(float);
  float *noise = pixels_allocate(width * height * size);
  float *plane = pixels_allocate(line * height * size);
  float *wide = pixels_allocate((line + 2 * radius) * size);
  float *sum = pixels_allocate(line * size);
  const float **rows = pixels_allocate(taps * (ptrdiff_t)sizeof *rows);
  memset(wide, 0, (size_t)((line + 2 * radius) * size));
  for (int axis = 0; axis < 2; axis++) {
    graft_uniform_noise(key0, key1, (uint32_t)axis, width * height, noise);
    for (ptrdiff_t t = 0; t < taps; t++) rows[t] = wide + t;
    for (ptrdiff_t y = 0; y < height; y++) {
      const float *row = noise + y * width;
      memcpy(wide + radius, row, (size_t)(width * size));
      for (ptrdiff_t i = 1; i <= radius; i++) {
        wide[radius - i] = row[pixels_mirrored(-i, width)];
        wide[radius + width - 1 + i] = row[pixels_mirrored(width - 1 + i, width)];
      }
      sum_rows(rows, weights, taps, width, plane + y * line);
    }
    for (ptrdiff_t y = 0; y < height; y++) {
      for (ptrdiff_t t = 0; t < taps; t++)
        rows[t] = plane + pixels_mirrored(y + t - radius, height) * line;
      sum_rows(rows, weights, taps, width, sum);
      for (ptrdiff_t x = 0; x < width; x++) shifts[y * width + x][axis] = scale * sum[x];
    }
  }
  free(rows);
  free(sum);
  free(wide);
  free(plane);
  free(noise);
}
