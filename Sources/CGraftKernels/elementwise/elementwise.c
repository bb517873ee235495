// Sums, products and scales of equally long runs, and sums of columns and chunks.
#include "common/arithmetic.h"
#include "common/bf16_vectors.h"
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

#define COLUMN_SUMS(value_of)                                                \
  enum { LANES = 64, BLOCK = 64 };                                           \
  for (ptrdiff_t c0 = 0; c0 < columns; c0 += LANES) {                        \
    int count = columns - c0 < LANES ? (int)(columns - c0) : LANES;          \
    for (int c = 0; c < count; c++) sum[c0 + c] = 0;                         \
    /* Short blocks keep the precision that one long float sum would lose. */ \
    for (ptrdiff_t r0 = 0; r0 < rows; r0 += BLOCK) {                         \
      ptrdiff_t r1 = r0 + BLOCK < rows ? r0 + BLOCK : rows;                  \
      float block[LANES] = {0};                                              \
      for (ptrdiff_t r = r0; r < r1; r++)                                    \
        for (int c = 0; c < count; c++) block[c] += value_of(x[r * columns + c0 + c]); \
      for (int c = 0; c < count; c++) sum[c0 + c] += block[c];               \
    }                                                                        \
  }

GRAFT_DISPATCHED void graft_column_sums(
    const float *x, ptrdiff_t rows, ptrdiff_t columns, float *sum) {
  COLUMN_SUMS()
}

GRAFT_DISPATCHED static void column_sums_bf16(
    const uint16_t *x, ptrdiff_t rows, ptrdiff_t columns, float *sum) {
  COLUMN_SUMS(graft_bf16_value)
}

void graft_column_sums_bf16(const void *x, ptrdiff_t rows, ptrdiff_t columns, float *sum) {
  column_sums_bf16(x, rows, columns, sum);
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

GRAFT_DISPATCHED static void narrow(const float *x, ptrdiff_t count, uint16_t *y) {
  for (ptrdiff_t i = 0; i < count; i++) y[i] = graft_bf16_of(x[i]);
}

#if GRAFT_HAS_BF16_VECTORS
GRAFT_BF16_VECTORS static void narrow_vectors(const float *x, ptrdiff_t count, uint16_t *y) {
  for (; count >= 32; count -= 32, x += 32, y += 32)
    _mm512_storeu_si512(
        y, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + 16), _mm512_loadu_ps(x)));
  for (; count > 0; count -= 16, x += 16, y += 16) {
    __mmask16 mask = count < 16 ? (__mmask16)((1u << count) - 1) : 0xffff;
    __m512 numbers = _mm512_maskz_loadu_ps(mask, x);
    _mm256_mask_storeu_epi16(y, mask, (__m256i)_mm512_cvtneps_pbh(numbers));
  }
}
#endif

void graft_narrow(const float *x, ptrdiff_t count, void *y) {
#if GRAFT_HAS_BF16_VECTORS
  if (graft_rounds_to_bf16()) return narrow_vectors(x, count, y);
#endif
  narrow(x, count, y);
}

GRAFT_DISPATCHED void graft_add_bf16(const void *a, const void *b, ptrdiff_t count, void *y) {
  GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) ((uint16_t *)y)[i] = graft_bf16_of(
      graft_bf16_value(((const uint16_t *)a)[i]) + graft_bf16_value(((const uint16_t *)b)[i]));
}

GRAFT_DISPATCHED void graft_widen(const void *x, ptrdiff_t count, float *y) {
  graft_bf16_widen(x, count, y);
}

GRAFT_DISPATCHED static void accumulate_bf16(const uint16_t *x, ptrdiff_t count, uint16_t *y) {
  GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] =
      graft_bf16_of(graft_bf16_value(y[i]) + graft_bf16_value(x[i]));
}

void graft_copy_bf16(const void *x, ptrdiff_t count, int accumulates, void *y) {
  if (accumulates) accumulate_bf16(x, count, y);
  else if (y != x) __builtin_memmove(y, x, 2 * count);
}

GRAFT_DISPATCHED void graft_accumulate_narrowed(
    const float *x, float factor, ptrdiff_t count, void *y) {
  uint16_t *sum = y;
  for (ptrdiff_t i = 0; i < count; i++)
    sum[i] = graft_bf16_of(graft_bf16_value(sum[i]) + x[i] * factor);
}

GRAFT_DISPATCHED void graft_accumulate_widened(const void *x, ptrdiff_t count, float *y) {
  const uint16_t *numbers = x;
  for (ptrdiff_t i = 0; i < count; i++) y[i] += graft_bf16_value(numbers[i]);
}

#define MASK(passes)                                             \
  for (ptrdiff_t i = 0; i < count; i++) {                        \
    float z = graft_bf16_value(values[i]);                       \
    gradients[i] = (passes) ? gradients[i] : 0;                  \
  }

GRAFT_DISPATCHED void graft_rectifier_mask_bf16(
    const void *y, ptrdiff_t count, graft_activation activation, void *dy) {
  const uint16_t *values = y;
  uint16_t *gradients = dy;
  if (activation == GRAFT_RELU) {
    MASK(z > 0)
  } else {
    MASK((z > 0) & (z < 6))
  }
}
