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
