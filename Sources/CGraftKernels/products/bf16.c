#include "products/bf16.h"

#include "common/dispatch.h"
#include "graft_kernels.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#define HAS_TILES 1
#define TILES __attribute__((target("amx-tile,amx-bf16")))
#else
#define HAS_TILES 0
#endif

/// Asks the kernel for the tile registers' state, which programs must do before they use it.
static int find_unit(void) {
#if HAS_TILES
  const int request_permission = 0x1023, tile_data = 18;
  if (!__builtin_cpu_supports("amx-tile") || !__builtin_cpu_supports("amx-bf16")) return 0;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return 0;
#endif
}

static _Atomic int unit_found = 0, unit_is_allowed = 1;
__attribute__((constructor)) static void look_for_unit(void) { unit_found = find_unit(); }

int graft_bf16_has_unit(void) { return unit_found && unit_is_allowed; }
void graft_bf16_allow_unit(int allowed) { unit_is_allowed = allowed; }

// ---------------------------------------------------------------- the unit

#if HAS_TILES
// Tiles 0 to 3 hold the sums, 4 the rows of a, 5 and 6 whole vectors of b, 7 its last vector.
TILES static void configure(graft_bf16_unit *unit, const graft_bf16_tile *tile) {
  if (unit->rows == tile->rows && unit->vectors == tile->vectors &&
      unit->last_lanes == tile->last_lanes)
    return;
  unit->rows = tile->rows;
  unit->vectors = tile->vectors;
  unit->last_lanes = tile->last_lanes;
  struct {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } layout = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    int is_last = i == tile->vectors - 1 || i == 7;
    layout.bytes[i] = (uint16_t)(is_last ? tile->last_lanes * 4 : 64);
    layout.rows[i] = (uint8_t)(i > 4 ? 16 : tile->rows);
  }
  layout.bytes[4] = 64;
  _tile_loadconfig(&layout);
}

#define UNIT_MULTIPLY(V)                                                                        \
  TILES static void multiply_##V(                                                               \
      const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b, float *c,              \
      int accumulates) {                                                                        \
    const ptrdiff_t a_bytes = tile->a_row * 2, c_bytes = tile->c_row * 4;                       \
    if (accumulates) {                                                                          \
      _tile_loadd(0, c, c_bytes);                                                               \
      if (V > 1) _tile_loadd(1, c + 16, c_bytes);                                               \
      if (V > 2) _tile_loadd(2, c + 32, c_bytes);                                               \
      if (V > 3) _tile_loadd(3, c + 48, c_bytes);                                               \
    } else {                                                                                    \
      _tile_zero(0);                                                                            \
      if (V > 1) _tile_zero(1);                                                                 \
      if (V > 2) _tile_zero(2);                                                                 \
      if (V > 3) _tile_zero(3);                                                                 \
    }                                                                                           \
    for (int t = 0; t < tile->outer; t++) {                                                     \
      const uint16_t *at = a + tile->a_offset[t], *bt = b + tile->b_offset[t];                  \
      for (int k = 0; k < tile->chunks; k++, at += BF16_DEPTH, bt += V * BF16_PANEL) {          \
        _tile_loadd(4, at, a_bytes);                                                            \
        if (V > 1) {                                                                            \
          _tile_loadd(5, bt, 64);                                                               \
          _tile_dpbf16ps(0, 4, 5);                                                              \
        }                                                                                       \
        if (V > 2) {                                                                            \
          _tile_loadd(6, bt + BF16_PANEL, 64);                                                  \
          _tile_dpbf16ps(1, 4, 6);                                                              \
        }                                                                                       \
        if (V > 3) {                                                                            \
          _tile_loadd(5, bt + 2 * BF16_PANEL, 64);                                              \
          _tile_dpbf16ps(2, 4, 5);                                                              \
        }                                                                                       \
        _tile_loadd(7, bt + (V - 1) * BF16_PANEL, 64);                                          \
        _tile_dpbf16ps(V - 1, 4, 7);                                                            \
      }                                                                                         \
    }                                                                                           \
    _tile_stored(0, c, c_bytes);                                                                \
    if (V > 1) _tile_stored(1, c + 16, c_bytes);                                                \
    if (V > 2) _tile_stored(2, c + 32, c_bytes);                                                \
    if (V > 3) _tile_stored(3, c + 48, c_bytes);                                                \
  }

UNIT_MULTIPLY(1) UNIT_MULTIPLY(2) UNIT_MULTIPLY(3) UNIT_MULTIPLY(4)
#endif

// ---------------------------------------------------------------- without the unit

#define LOW(pair) ((v16)((pair) << 16))
#define HIGH(pair) ((v16)((pair) & ((v16i){0} - 65536)))

// Rows whose products share the loads of b.
#define ROWS 4

GRAFT_DISPATCHED static void multiply_in_floats(
    const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b, float *c,
    int accumulates) {
  for (int p = 0; p < tile->rows; p += ROWS) {
    int rows = tile->rows - p < ROWS ? tile->rows - p : ROWS;
    for (int v = 0; v < tile->vectors; v++) {
      int lanes = v == tile->vectors - 1 ? tile->last_lanes : 16;
      float *out = c + p * tile->c_row + v * 16;
      v16 sum[ROWS] = {{0}};
      for (int r = 0; accumulates && r < rows; r++)
        for (int i = 0; i < lanes; i++) ((float *)&sum[r])[i] = out[r * tile->c_row + i];
      for (int t = 0; t < tile->outer; t++) {
        // Missing rows are the last one again.
        const uint16_t *at[ROWS];
        for (int r = 0; r < ROWS; r++)
          at[r] = a + tile->a_offset[t] + (p + (r < rows ? r : rows - 1)) * tile->a_row;
        const uint16_t *bt = b + tile->b_offset[t] + v * BF16_PANEL;
        for (int k = 0; k < tile->chunks; k++, bt += tile->vectors * BF16_PANEL) {
          v16 even[ROWS] = {{0}}, odd[ROWS] = {{0}};
          for (int i = 0; i < BF16_DEPTH; i += 2) {
            v16i pair = *(const v16i *)(bt + i * 16);
            v16 low = LOW(pair), high = HIGH(pair);
            _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {
              v16i first = (v16i){0} + ((int)at[r][k * BF16_DEPTH + i] << 16);
              v16i second = (v16i){0} + ((int)at[r][k * BF16_DEPTH + i + 1] << 16);
              even[r] = __builtin_elementwise_fma((v16)first, low, even[r]);
              odd[r] = __builtin_elementwise_fma((v16)second, high, odd[r]);
            }
          }
          _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) sum[r] +=
              even[r] + odd[r];
        }
      }
      for (int r = 0; r < rows; r++)
        for (int i = 0; i < lanes; i++) out[r * tile->c_row + i] = ((float *)&sum[r])[i];
    }
  }
}

// ---------------------------------------------------------------- both

void graft_bf16_begin(graft_bf16_unit *unit) {
  *unit = (graft_bf16_unit){.has_unit = graft_bf16_has_unit()};
#if defined(__x86_64__)
  // Denormal numbers are zero, read and written, as they are to the unit.
  const unsigned flush_results = 0x8000, flush_operands = 0x40;
  unit->control = __builtin_ia32_stmxcsr();
  if (!unit->has_unit) __builtin_ia32_ldmxcsr(unit->control | flush_results | flush_operands);
#endif
}

#if HAS_TILES
TILES static void release(void) { _tile_release(); }
#endif

void graft_bf16_end(graft_bf16_unit *unit) {
#if HAS_TILES
  if (unit->has_unit) return release();
#endif
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(unit->control);
#endif
}

void graft_bf16_multiply(
    graft_bf16_unit *unit, const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b,
    float *c, int accumulates) {
#if HAS_TILES
  if (unit->has_unit) {
    configure(unit, tile);
    switch (tile->vectors) {
      case 1: return multiply_1(tile, a, b, c, accumulates);
      case 2: return multiply_2(tile, a, b, c, accumulates);
      case 3: return multiply_3(tile, a, b, c, accumulates);
      default: return multiply_4(tile, a, b, c, accumulates);
    }
  }
#endif
  multiply_in_floats(tile, a, b, c, accumulates);
}

// ---------------------------------------------------------------- rounding

/// The bits of a float rounded so that its upper half is the bfloat16; a NaN stays one.
#define ROUNDED(bits)                                                        \
  ((((bits) & 0x7fffffff) > 0x7f800000)                                      \
       ? ((bits) | 0x400000)                                                 \
       : ((bits) + 0x7fff + (((bits) >> 16) & 1)))

GRAFT_DISPATCHED void graft_bf16_round(const float *x, ptrdiff_t count, uint16_t *y) {
  const uint32_t *bits = (const uint32_t *)x;
  for (ptrdiff_t i = 0; i < count; i++) y[i] = (uint16_t)(ROUNDED(bits[i]) >> 16);
}

GRAFT_DISPATCHED void graft_bf16_pair(
    const float *x0, const float *x1, int lanes, uint16_t *y) {
  const uint32_t *low = (const uint32_t *)x0, *high = (const uint32_t *)x1;
  uint32_t *pairs = (uint32_t *)y;
  for (int i = 0; i < lanes; i++)
    pairs[i] = (ROUNDED(low[i]) >> 16) | (ROUNDED(high[i]) & 0xffff0000u);
}

// One stage of turning 16 x 16 numbers: pairs of rows `apart` change places in pairs of blocks.
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

GRAFT_DISPATCHED void graft_bf16_turn(
    const float *const *x, ptrdiff_t offset, uint16_t *y, ptrdiff_t y_row) {
  v16i rows[16];
  for (int r = 0; r < 16; r++) {
    const uint32_t *low = (const uint32_t *)(x[2 * r] + offset);
    const uint32_t *high = (const uint32_t *)(x[2 * r + 1] + offset);
    for (int i = 0; i < 16; i++)
      ((uint32_t *)&rows[r])[i] = (ROUNDED(low[i]) >> 16) | (ROUNDED(high[i]) & 0xffff0000u);
  }
  STAGE(8) STAGE(4) STAGE(2) STAGE(1)
  for (int r = 0; r < 16; r++) *(v16i *)(y + r * y_row) = rows[r];
}
