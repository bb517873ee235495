// Products of bfloat16 numbers summed in float32: what precision=bf16 computes with.
//
// The arithmetic is that of TDPBF16PS (Intel 64 Architectures Software Developer's Manual, volume 2):
// of 32 neighbors in depth the even and the odd products are summed apart, in order, by fused
// multiply-adds from zero; their sum is added to the result. Denormal numbers count as zero. On
// processors without AMX a loop over float32 gives the same bits.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Neighbors in depth that one instruction takes.
#define BF16_DEPTH 32
/// Numbers in the part of a panel that is BF16_DEPTH deep and 16 columns wide: [16 pairs][16][2].
#define BF16_PANEL (BF16_DEPTH * 16)
#define BF16_ROWS 16
/// The most rows of a tile.
#define BF16_TILE_ROWS (2 * BF16_ROWS)

/// One tile of a product, up to BF16_TILE_ROWS x 64: rows of a lie a_row apart and are contiguous in
/// depth; b is a panel [chunks][vectors][16][16][2] for each of the `outer` parts.
typedef struct {
  int rows, vectors, last_lanes, outer, chunks;
  /// Neighbors in depth of each chunk, an even number: BF16_DEPTH, or less where there is one chunk.
  int depth;
  const ptrdiff_t *a_offset, *b_offset;
  ptrdiff_t a_row, c_row;
} graft_bf16_tile;

/// State during one task: the layout of the tile registers, and the control register.
typedef struct {
  int rows, vectors, last_lanes, depth, uses_amx;
  unsigned control;
} graft_bf16_state;

/// Around all tiles of a task.
void graft_bf16_begin(graft_bf16_state *state);
void graft_bf16_end(graft_bf16_state *state);

/// c += a b, or c = bias + a b, where bias (may be null) is a row for all rows.
void graft_bf16_multiply(
    graft_bf16_state *state, const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b,
    float *c, const float *bias, int accumulates);

/// Pairs two rows of 16 numbers as panels have them: y[i] = (x0[i], x1[i]).
void graft_bf16_pair(const float *x0, const float *x1, int lanes, uint16_t *y);

/// The 32 rows' 16 numbers each, transposed: y[i * y_row + r] = x[r][i].
void graft_bf16_transpose(const float *const *x, ptrdiff_t offset, uint16_t *y, ptrdiff_t y_row);

/// The same two of numbers that are stored as bfloat16; pairs of any number of lanes, whose vectors of sixteen
/// go y_vector numbers apart.
void graft_bf16_pair_stored(
    const uint16_t *x0, const uint16_t *x1, int lanes, uint16_t *y, ptrdiff_t y_vector);
void graft_bf16_transpose_stored(
    const uint16_t *const *x, ptrdiff_t offset, uint16_t *y, ptrdiff_t y_row);
