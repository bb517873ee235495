// Tiles of bfloat16 products, by AMX or by a loop over float32 that gives the same bits.
#include "products/bf16.h"

#include "common/arithmetic.h"
#include "common/instruction_set.h"
#include "graft_convolution.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#define HAS_AMX 1
#define AMX __attribute__((target("amx-tile,amx-bf16")))
#else
#define HAS_AMX 0
#endif

/// Asks the Linux kernel for permission to use the tile registers, which AMX requires.
static int find_amx(void) {
#if HAS_AMX
  const int request_permission = 0x1023, tile_data = 18;
  if (graft_level() < GRAFT_LEVEL_AMX) return 0;
  if (!__builtin_cpu_supports("amx-tile") || !__builtin_cpu_supports("amx-bf16")) return 0;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return 0;
#endif
}

static _Atomic int amx_found = 0, amx_is_allowed = 1;
__attribute__((constructor)) static void look_for_amx(void) { amx_found = find_amx(); }

int graft_has_amx(void) { return amx_found && amx_is_allowed; }
void graft_allow_amx(int allowed) { amx_is_allowed = allowed; }

// ---------------------------------------------------------------- AMX

#if HAS_AMX
/// What LDTILECFG reads.
typedef struct {
  uint8_t palette, start, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
} tile_layout;

// Tiles 0 to 3 hold the sums, 4 the rows of a, 5 and 6 whole vectors of b, 7 its last vector.
AMX static void configure(graft_bf16_state *state, const graft_bf16_tile *tile) {
  if (state->rows == tile->rows && state->vectors == tile->vectors &&
      state->last_lanes == tile->last_lanes && state->depth == tile->depth)
    return;
  state->rows = tile->rows;
  state->vectors = tile->vectors;
  state->last_lanes = tile->last_lanes;
  state->depth = tile->depth;
  tile_layout layout = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    int is_last = i == tile->vectors - 1 || i == 7;
    layout.bytes[i] = (uint16_t)(is_last ? tile->last_lanes * 4 : 64);
    layout.rows[i] = (uint8_t)(i > 4 ? tile->depth / 2 : tile->rows);
  }
  layout.bytes[4] = (uint16_t)(tile->depth * 2);
  _tile_loadconfig(&layout);
}

#define MULTIPLY_AMX(V)                                                                        \
  AMX static void multiply_amx_##V(                                                               \
      const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b, float *c,              \
      const float *bias, int accumulates) {                                                     \
    const ptrdiff_t a_bytes = tile->a_row * 2, c_bytes = tile->c_row * 4;                       \
    if (accumulates) {                                                                          \
      _tile_loadd(0, c, c_bytes);                                                               \
      if (V > 1) _tile_loadd(1, c + 16, c_bytes);                                               \
      if (V > 2) _tile_loadd(2, c + 32, c_bytes);                                               \
      if (V > 3) _tile_loadd(3, c + 48, c_bytes);                                               \
    } else if (bias) {                                                                          \
      _tile_loadd(0, bias, 0);                                                                  \
      if (V > 1) _tile_loadd(1, bias + 16, 0);                                                  \
      if (V > 2) _tile_loadd(2, bias + 32, 0);                                                  \
      if (V > 3) _tile_loadd(3, bias + 48, 0);                                                  \
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

MULTIPLY_AMX(1) MULTIPLY_AMX(2) MULTIPLY_AMX(3) MULTIPLY_AMX(4)

/// Two tiles of rows by two vectors: each tile that is loaded is multiplied twice.
AMX static void configure_pair(
    graft_bf16_state *state, const graft_bf16_tile *tile, int last_lanes) {
  if (state->rows == tile->rows && state->last_lanes == last_lanes && state->depth == tile->depth)
    return;
  state->rows = tile->rows;
  state->last_lanes = last_lanes;
  state->depth = tile->depth;
  tile_layout layout = {.palette = 1};
  int second = tile->rows - BF16_ROWS;
  // Tiles 0 to 3 hold the sums, row by row, 4 and 5 the rows of a, 6 and 7 the vectors of b.
  for (int i = 0; i < 8; i++) {
    layout.bytes[i] = (uint16_t)(i == 4 || i == 5 ? tile->depth * 2 : i % 2 ? last_lanes * 4 : 64);
    layout.rows[i] = (uint8_t)(i > 5 ? tile->depth / 2 : i < 2 || i == 4 ? BF16_ROWS : second);
  }
  _tile_loadconfig(&layout);
}

AMX static void multiply_pair(
    const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b, float *c,
    const float *bias, int accumulates) {
  const ptrdiff_t a_bytes = tile->a_row * 2, c_bytes = tile->c_row * 4;
  const ptrdiff_t b_step = (ptrdiff_t)tile->vectors * BF16_PANEL;
  float *lower = c + BF16_ROWS * tile->c_row;
  if (accumulates) {
    _tile_loadd(0, c, c_bytes);
    _tile_loadd(1, c + 16, c_bytes);
    _tile_loadd(2, lower, c_bytes);
    _tile_loadd(3, lower + 16, c_bytes);
  } else if (bias) {
    _tile_loadd(0, bias, 0);
    _tile_loadd(1, bias + 16, 0);
    _tile_loadd(2, bias, 0);
    _tile_loadd(3, bias + 16, 0);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int t = 0; t < tile->outer; t++) {
    const uint16_t *at = a + tile->a_offset[t], *bt = b + tile->b_offset[t];
    for (int k = 0; k < tile->chunks; k++, at += BF16_DEPTH, bt += b_step) {
      _tile_loadd(4, at, a_bytes);
      _tile_loadd(6, bt, 64);
      _tile_loadd(7, bt + BF16_PANEL, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(5, at + BF16_ROWS * tile->a_row, a_bytes);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, c, c_bytes);
  _tile_stored(1, c + 16, c_bytes);
  _tile_stored(2, lower, c_bytes);
  _tile_stored(3, lower + 16, c_bytes);
}

AMX static void multiply_pairs(
    graft_bf16_state *state, const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b,
    float *c, const float *bias, int accumulates) {
  for (int v = 0; v < tile->vectors; v += 2) {
    configure_pair(state, tile, v + 2 == tile->vectors ? tile->last_lanes : 16);
    multiply_pair(
        tile, a, b + v * BF16_PANEL, c + v * 16, bias ? bias + v * 16 : 0, accumulates);
  }
}
#endif

// ---------------------------------------------------------------- float32

#define LOW(pair) ((v16)((pair) << 16))
#define HIGH(pair) ((v16)((pair) & ((v16i){0} - 65536)))

// Rows whose products share the loads of b.
#define ROWS 4

GRAFT_DISPATCHED static void multiply_portable(
    const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b, float *c,
    const float *bias, int accumulates) {
  for (int p = 0; p < tile->rows; p += ROWS) {
    int rows = tile->rows - p < ROWS ? tile->rows - p : ROWS;
    for (int v = 0; v < tile->vectors; v++) {
      int lanes = v == tile->vectors - 1 ? tile->last_lanes : 16;
      float *out = c + p * tile->c_row + v * 16;
      v16 sum[ROWS] = {{0}};
      for (int r = 0; accumulates && r < rows; r++)
        for (int i = 0; i < lanes; i++) ((float *)&sum[r])[i] = out[r * tile->c_row + i];
      for (int r = 0; !accumulates && bias && r < rows; r++)
        for (int i = 0; i < lanes; i++) ((float *)&sum[r])[i] = bias[v * 16 + i];
      for (int t = 0; t < tile->outer; t++) {
        // Missing rows repeat the last one.
        const uint16_t *at[ROWS];
        for (int r = 0; r < ROWS; r++)
          at[r] = a + tile->a_offset[t] + (p + (r < rows ? r : rows - 1)) * tile->a_row;
        const uint16_t *bt = b + tile->b_offset[t] + v * BF16_PANEL;
        for (int k = 0; k < tile->chunks; k++, bt += tile->vectors * BF16_PANEL) {
          v16 even[ROWS] = {{0}}, odd[ROWS] = {{0}};
          for (int i = 0; i < tile->depth; i += 2) {
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

void graft_bf16_begin(graft_bf16_state *state) {
  *state = (graft_bf16_state){.uses_amx = graft_has_amx()};
#if defined(__x86_64__)
  // Denormal numbers are zero, read and written, as they are to AMX.
  const unsigned flush_results = 0x8000, flush_operands = 0x40;
  state->control = __builtin_ia32_stmxcsr();
  if (!state->uses_amx) __builtin_ia32_ldmxcsr(state->control | flush_results | flush_operands);
#endif
}

/// More rows than a tile register has.
static void multiply_halves(
    graft_bf16_state *state, const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b,
    float *c, const float *bias, int accumulates) {
#if HAS_AMX
  // An odd vector would change the layout of the registers twice for each tile.
  if (tile->vectors % 2 == 0) return multiply_pairs(state, tile, a, b, c, bias, accumulates);
#endif
  graft_bf16_tile half = *tile;
  half.rows = BF16_ROWS;
  graft_bf16_multiply(state, &half, a, b, c, bias, accumulates);
  half.rows = tile->rows - BF16_ROWS;
  graft_bf16_multiply(
      state, &half, a + BF16_ROWS * tile->a_row, b, c + BF16_ROWS * tile->c_row, bias,
      accumulates);
}

#if HAS_AMX
AMX static void release(void) { _tile_release(); }
#endif

void graft_bf16_end(graft_bf16_state *state) {
#if HAS_AMX
  if (state->uses_amx) return release();
#endif
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(state->control);
#endif
}

void graft_bf16_multiply(
    graft_bf16_state *state, const graft_bf16_tile *tile, const uint16_t *a, const uint16_t *b,
    float *c, const float *bias, int accumulates) {
#if HAS_AMX
  if (state->uses_amx) {
    if (tile->rows > BF16_ROWS) return multiply_halves(state, tile, a, b, c, bias, accumulates);
    configure(state, tile);
    switch (tile->vectors) {
      case 1: return multiply_amx_1(tile, a, b, c, bias, accumulates);
      case 2: return multiply_amx_2(tile, a, b, c, bias, accumulates);
      case 3: return multiply_amx_3(tile, a, b, c, bias, accumulates);
      default: return multiply_amx_4(tile, a, b, c, bias, accumulates);
    }
  }
#endif
  multiply_portable(tile, a, b, c, bias, accumulates);
}
