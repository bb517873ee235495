// Lays float32 numbers out, rounded to bfloat16, as products take them.
#include "common/arithmetic.h"
#include "products/bf16.h"

/// Two numbers as a pair, the first in the lower half.
GRAFT_INLINE uint32_t pair_of(float first, float second) {
  return graft_bf16_of(first) | (uint32_t)graft_bf16_of(second) << 16;
}

GRAFT_DISPATCHED void graft_bf16_pair(
    const float *x0, const float *x1, int lanes, uint16_t *y) {
  uint32_t *pairs = (uint32_t *)y;
  for (int i = 0; i < lanes; i++) pairs[i] = pair_of(x0[i], x1[i]);
}

// One stage of transposing 16 x 16 numbers: pairs of rows `apart` change places in pairs of blocks.
#define STAGE(apart)                                                        \
  for (int r = 0; r < 16; r++) {                                            \
    if (r & apart) continue;                                                \
    v16i one = rows[r], other = rows[r + apart];                            \
    rows[r] = __builtin_shufflevector(one, other, EVEN_##apart);            \
    rows[r + apart] = __builtin_shufflevector(one, other, ODD_##apart);     \
  }
#define EVEN_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define ODD_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define EVEN_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define ODD_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define EVEN_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define ODD_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define EVEN_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define ODD_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31

GRAFT_INLINE void transpose_pairs(v16i *rows, uint16_t *y, ptrdiff_t y_row) {
  STAGE(8) STAGE(4) STAGE(2) STAGE(1)
  for (int r = 0; r < 16; r++) *(v16i *)(y + r * y_row) = rows[r];
}

GRAFT_DISPATCHED void graft_bf16_transpose(
    const float *const *x, ptrdiff_t offset, uint16_t *y, ptrdiff_t y_row) {
  v16i rows[16];
  for (int r = 0; r < 16; r++) {
    const float *first = x[2 * r] + offset, *second = x[2 * r + 1] + offset;
    for (int i = 0; i < 16; i++) ((uint32_t *)&rows[r])[i] = pair_of(first[i], second[i]);
  }
  transpose_pairs(rows, y, y_row);
}

GRAFT_DISPATCHED void graft_bf16_pair_stored(
    const uint16_t *x0, const uint16_t *x1, int lanes, uint16_t *y, ptrdiff_t y_vector) {
  for (int v = 0; v < lanes; v += 16, y += y_vector) {
    if (lanes - v >= 16) {
      v16u first = __builtin_convertvector(*(const v16h *)(x0 + v), v16u);
      v16u second = __builtin_convertvector(*(const v16h *)(x1 + v), v16u);
      *(v16u *)y = first | second << 16;
    } else {
      for (int i = 0; i < lanes - v; i++)
        ((uint32_t *)y)[i] = x0[v + i] | (uint32_t)x1[v + i] << 16;
    }
  }
}

GRAFT_DISPATCHED void graft_bf16_transpose_stored(
    const uint16_t *const *x, ptrdiff_t offset, uint16_t *y, ptrdiff_t y_row) {
  v16i rows[16];
  for (int r = 0; r < 16; r++) {
    v16u first = __builtin_convertvector(*(const v16h *)(x[2 * r] + offset), v16u);
    v16u second = __builtin_convertvector(*(const v16h *)(x[2 * r + 1] + offset), v16u);
    rows[r] = (v16i)(first | second << 16);
  }
  transpose_pairs(rows, y, y_row);
}
