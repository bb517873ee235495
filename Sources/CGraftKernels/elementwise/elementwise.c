// Sums, products and scales of equally long runs, and sums of columns and chunks.
#include "common/dispatch.h"
#include "graft_elementwise.h"

GRAFT_DISPATCHED void graft_add(const float *a, const float *b, ptrdiff_t count, float *y) {
  GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

GRAFT_DISPATCHED void graft_copy(const float *x, ptrdiff_t count, int accumulates, float *y) {
  if (accumulates)
    GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] += x[i];
  else if (y != x)
    __builtin_memmove(y, x, sizeof(float) * count);
}

GRAFT_DISPATCHED void graft_multiply(
    const float *x, const float *m, ptrdiff_t count, int accumulates, float *y) {
  if (accumulates)
    GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] += x[i] * m[i];
  else
    GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] = x[i] * m[i];
}

GRAFT_DISPATCHED void graft_scale(
    const float *x, float factor, ptrdiff_t count, int accumulates, float *y) {
  if (accumulates)
    GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] += x[i] * factor;
  else
    GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] = x[i] * factor;
}

GRAFT_DISPATCHED void graft_column_sums(
    const float *x, ptrdiff_t rows, ptrdiff_t columns, float *sum) {
  enum { LANES = 64, BLOCK = 64 };
  for (ptrdiff_t c0 = 0; c0 < columns; c0 += LANES) {
    int count = columns - c0 < LANES ? (int)(columns - c0) : LANES;
    for (int c = 0; c < count; c++) sum[c0 + c] = 0;
    // Short blocks keep the precision that one long float sum would lose.
    for (ptrdiff_t r0 = 0; r0 < rows; r0 += BLOCK) {
      ptrdiff_t r1 = r0 + BLOCK < rows ? r0 + BLOCK : rows;
      float block[LANES] = {0};
      for (ptrdiff_t r = r0; r < r1; r++)
        for (int c = 0; c < count; c++) block[c] += x[r * columns + c0 + c];
      for (int c = 0; c < count; c++) sum[c0 + c] += block[c];
    }
  }
}

GRAFT_DISPATCHED void graft_sum_chunks(
    const float *partials, int chunks, ptrdiff_t stride, ptrdiff_t first, ptrdiff_t last,
    float *sum, int accumulates) {
  for (ptrdiff_t i = first; i < last; i++) {
    float total = partials[i];
    for (int chunk = 1; chunk < chunks; chunk++) total += partials[chunk * stride + i];
    sum[i] = accumulates ? sum[i] + total : total;
  }
}
