// The one micro-kernel under every product: a tile of P rows by V * 16 columns kept in registers.
#pragma once
#include <stddef.h>

/// C[p, o] (+)= sum over t, k of A[a_offset[t] + p * a_row + k * a_step] * B[b_offset[t] + k * b_step + o]
typedef void (*graft_tile)(
    int outer, const ptrdiff_t *a_offset, const ptrdiff_t *b_offset, ptrdiff_t depth,
    const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b, ptrdiff_t b_step, float *c,
    ptrdiff_t c_row, int last_lanes, int accumulates);

/// Vectors in the widest tile that this processor keeps in registers.
int graft_tile_vectors(void);
/// The most rows of a tile of that many vectors.
int graft_tile_rows(int vectors);
/// The kernel for rows x vectors.
graft_tile graft_tile_kernel(int rows, int vectors);
/// Columns of one panel of weights: the widest tile's, or less where that makes panels equal.
int graft_panel_width(int columns);

/// One block of a product: c (+)= a b, rows x vectors * 16, where a(r, k) is a[r * a_row + k * a_step]
/// and b a panel with rows b_step apart. The sum runs over k in order.
void graft_multiply_block(
    int rows, int depth, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
    ptrdiff_t b_step, float *c, ptrdiff_t c_row, int vectors, int last_lanes, int accumulates);

/// The depth whose 64 columns stay in the L1 cache.
#define GRAFT_PANEL_DEPTH 128

/// Prefetches `count` floats of each of the rows that the next tile reads.
static inline void graft_prefetch_rows(const float *a, int rows, ptrdiff_t row, ptrdiff_t count) {
  for (int r = 0; r < rows; r++)
    for (ptrdiff_t k = 0; k < count; k += 16) __builtin_prefetch(a + r * row + k);
}

/// The same for rows that the next tile writes.
static inline void graft_prefetch_written(float *c, int rows, ptrdiff_t row, ptrdiff_t count) {
  for (int r = 0; r < rows; r++)
    for (ptrdiff_t o = 0; o < count; o += 16) __builtin_prefetch(c + r * row + o, 1);
}

/// Prefetches one of `shares` shares of rows in memory that are read some products later:
/// all at once they would stall the products.
static inline void graft_prefetch_share(
    const float *a, int rows, ptrdiff_t row, int count, int share, int shares) {
  int last = (int)((ptrdiff_t)rows * (share + 1) / shares);
  for (int r = (int)((ptrdiff_t)rows * share / shares); r < last; r++)
    for (int k = 0; k < count; k += 16) __builtin_prefetch(a + r * row + k, 0, 2);
}
