// The tiles of float32 products, and blocks of products made of them.
#include "products/products.h"

#include "common/arithmetic.h"
#include "common/instruction_set.h"
#include "graft_kernels.h"

#define TILE(P, V)                                                                              \
  GRAFT_DISPATCHED static void tile_##P##x##V(                                                  \
      int outer, const ptrdiff_t *a_offset, const ptrdiff_t *b_offset, ptrdiff_t depth,         \
      const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b, ptrdiff_t b_step,      \
      float *c, ptrdiff_t c_row, int last_lanes, int accumulates) {                             \
    v16 sum[P][V];                                                                              \
    _Pragma("clang loop unroll(full)") for (int p = 0; p < P; p++)                              \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < V; v++) sum[p][v] = (v16){0};    \
    for (int t = 0; t < outer; t++) {                                                           \
      const float *at = a + a_offset[t];                                                        \
      const float *bt = b + b_offset[t];                                                        \
      for (ptrdiff_t k = 0; k < depth; k++) {                                                   \
        v16 row[V];                                                                             \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < V; v++) row[v] =                 \
            *(const v16 *)(bt + v * 16);                                                        \
        _Pragma("clang loop unroll(full)") for (int p = 0; p < P; p++) {                        \
          const float value = at[p * a_row];                                                    \
          _Pragma("clang loop unroll(full)") for (int v = 0; v < V; v++) sum[p][v] +=           \
              value * row[v];                                                                   \
        }                                                                                       \
        at += a_step;                                                                           \
        bt += b_step;                                                                           \
      }                                                                                         \
    }                                                                                           \
    _Pragma("clang loop unroll(full)") for (int p = 0; p < P; p++) {                            \
      float *out = c + p * c_row;                                                               \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < V; v++) {                          \
        v16 *at = (v16 *)(out + v * 16);                                                        \
        v16 value = accumulates ? *at + sum[p][v] : sum[p][v];                                  \
        if (v < V - 1 || last_lanes == 16) {                                                    \
          *at = value;                                                                          \
        } else {                                                                                \
          int first = last_lanes & 8;                                                           \
          if (first)                                                                            \
            *(v8 *)at = __builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7);          \
          if (last_lanes > first) {                                                             \
            float lanes[16];                                                                    \
            *(v16 *)lanes = value;                                                              \
            for (int i = first; i < last_lanes; i++) out[v * 16 + i] = lanes[i];                \
          }                                                                                     \
        }                                                                                       \
      }                                                                                         \
    }                                                                                           \
  }

TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1)
TILE(9, 1) TILE(10, 1) TILE(11, 1) TILE(12, 1) TILE(13, 1) TILE(14, 1)
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(7, 2) TILE(8, 2)
TILE(9, 2) TILE(10, 2) TILE(11, 2) TILE(12, 2)
TILE(1, 3) TILE(2, 3) TILE(3, 3) TILE(4, 3) TILE(5, 3) TILE(6, 3) TILE(7, 3) TILE(8, 3)
TILE(1, 4) TILE(2, 4) TILE(3, 4) TILE(4, 4) TILE(5, 4) TILE(6, 4)

#define MAX_ROWS 14
static const graft_tile kernels[4][MAX_ROWS] = {
    {tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1, tile_7x1, tile_8x1, tile_9x1,
     tile_10x1, tile_11x1, tile_12x1, tile_13x1, tile_14x1},
    {tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2, tile_7x2, tile_8x2, tile_9x2,
     tile_10x2, tile_11x2, tile_12x2},
    {tile_1x3, tile_2x3, tile_3x3, tile_4x3, tile_5x3, tile_6x3, tile_7x3, tile_8x3},
    {tile_1x4, tile_2x4, tile_3x4, tile_4x4, tile_5x4, tile_6x4},
};

int graft_vector_generation(void) {
#if defined(__x86_64__)
  if (graft_level() >= 4 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return 2;
  if (graft_level() >= 3 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  return 0;
}

int graft_tile_vectors(void) { return graft_vector_generation() == 2 ? 4 : 1; }

int graft_tile_rows(int vectors) {
  static const int wide[4] = {14, 12, 8, 6};
  if (graft_vector_generation() == 2) return wide[vectors - 1];
  return graft_vector_generation() == 1 ? 6 : 3;
}

graft_tile graft_tile_kernel(int rows, int vectors) { return kernels[vectors - 1][rows - 1]; }


int graft_panel_width(int columns) {
  int vectors = ceil_div(columns, 16);
  int panels = ceil_div(vectors, graft_tile_vectors());
  return ceil_div(vectors, panels) * 16;
}

void graft_multiply_block(
    int rows, int depth, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
    ptrdiff_t b_step, float *c, ptrdiff_t c_row, int vectors, int last_lanes, int accumulates) {
  const ptrdiff_t zero = 0;
  int step = graft_tile_rows(vectors);
  step = ceil_div(rows, ceil_div(rows, step));
  int depth_step = ceil_div(depth, ceil_div(depth, GRAFT_PANEL_DEPTH));
  // Each tile also prefetches its share of the next panel.
  int share = ceil_div(depth_step, ceil_div(rows, step));
  for (int k = 0; k < depth; k += depth_step) {
    int count = depth - k < depth_step ? depth - k : depth_step;
    int next = k + depth_step;
    for (int r = 0; r < rows; r += step) {
      const float *at = a + r * a_row + k * a_step;
      // The next tile's part of a: some rows, or a few columns of all rows.
      if (r + step < rows && a_step == 1)
        graft_prefetch_rows(at + step * a_row, step, a_row, count);
      else if (r + step < rows)
        graft_prefetch_rows(at + step * a_row, count, a_step, 1);
      // Rows of c that are far apart are those of a large matrix, not of a block in cache.
      if (r + step < rows && c_row > vectors * 16)
        graft_prefetch_written(c + (r + step) * c_row, step, c_row, vectors * 16);
      for (int end = next + share; next < end && next < depth; next++)
        graft_prefetch_rows(b + next * b_step, 1, 0, vectors * 16);
      graft_tile_kernel(rows - r < step ? rows - r : step, vectors)(
          1, &zero, &zero, count, at, a_row, a_step, b + k * b_step, b_step, c + r * c_row, c_row,
          last_lanes, accumulates || k > 0);
    }
  }
}
