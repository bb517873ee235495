// Tap convolutions whose inputs or outputs are stored as bfloat16: a tile of sums, which begin with the bias,
// stays in the cache until residual and activation are applied, and is then stored once.
#include "common/bf16_vectors.h"
#include "convolution/taps_bf16.h"
#include "graft_elementwise.h"

/// Floats from one row of a tile of sums to the next.
#define SUMS_ROW 64

/// What all tiles of a task are stored by.
typedef struct {
  const graft_taps *taps;
  const float *bias;
  const void *residual;
  void *output;
  graft_activation activation;
} epilogue;

/// out = activation(sums + residual) for one pixel; `store` takes each.
#define FINISH(residual_of, activation, store)                            \
  for (int o = 0; o < lanes; o++) {                                       \
    float y = graft_apply(sums[o] + (residual_of), activation);           \
    store;                                                                \
  }
#define FINISH_STORED(residual_of, activation)                            \
  if (is_bf16) {                                                          \
    FINISH(residual_of, activation, ((uint16_t *)out)[o] = graft_bf16_of(y)) \
  } else {                                                                \
    FINISH(residual_of, activation, ((float *)out)[o] = y)                \
  }
#define FINISH_SUM(activation)                                            \
  if (!residual) {                                                        \
    FINISH_STORED(0, activation)                                          \
  } else if (residual_bf16) {                                             \
    FINISH_STORED(graft_bf16_value(((const uint16_t *)residual)[o]), activation) \
  } else {                                                                \
    FINISH_STORED(((const float *)residual)[o], activation)               \
  }

GRAFT_DISPATCHED static void finish_pixels(
    float *sums, int pixels, int lanes, const char *residual, ptrdiff_t residual_bytes,
    int residual_bf16, graft_activation activation, char *out, ptrdiff_t out_bytes, int is_bf16) {
  for (int p = 0; p < pixels; p++, sums += SUMS_ROW, out += out_bytes) {
    if (activation == GRAFT_RELU) { FINISH_SUM(1) }
    else if (activation == GRAFT_RELU6) { FINISH_SUM(2) }
    else { FINISH_SUM(0) }
    if (residual) residual += residual_bytes;
  }
}

#if GRAFT_HAS_BF16_VECTORS
/// The same for outputs in bfloat16.
GRAFT_BF16_VECTORS static void finish_vectors(
    const float *sums, int pixels, int lanes, const char *residual, ptrdiff_t residual_bytes,
    int residual_bf16, graft_activation activation, char *out, ptrdiff_t out_bytes) {
  const __m512 zero = _mm512_setzero_ps(), six = _mm512_set1_ps(6);
  for (int p = 0; p < pixels; p++, sums += SUMS_ROW, out += out_bytes) {
    for (int o = 0; o < lanes; o += 32) {
      int count = int_min(32, lanes - o);
      __mmask32 mask = count < 32 ? (1u << count) - 1 : 0xffffffff;
      __m512 y[2];
      for (int i = 0; i < 2; i++) {
        y[i] = _mm512_loadu_ps(sums + o + 16 * i);
        __mmask16 half = (__mmask16)(mask >> (16 * i));
        if (residual && residual_bf16) {
          __m256i numbers =
              _mm256_maskz_loadu_epi16(half, (const uint16_t *)residual + o + 16 * i);
          y[i] += (__m512)_mm512_slli_epi32(_mm512_cvtepu16_epi32(numbers), 16);
        } else if (residual) {
          y[i] += _mm512_maskz_loadu_ps(half, (const float *)residual + o + 16 * i);
        }
        // The second operand where one is a NaN.
        if (activation) y[i] = _mm512_max_ps(zero, y[i]);
        if (activation == GRAFT_RELU6) y[i] = _mm512_min_ps(six, y[i]);
      }
      _mm512_mask_storeu_epi16(
          (uint16_t *)out + o, mask, (__m512i)_mm512_cvtne2ps_pbh(y[1], y[0]));
    }
    if (residual) residual += residual_bytes;
  }
}
#endif

/// Adds the residual, and activates, where that is no matter of one instruction.
static void activate_pixels(
    const epilogue *e, float *sums, int pixels, int lanes, const char *residual,
    ptrdiff_t residual_bytes) {
  if (residual)
    finish_pixels(
        sums, pixels, lanes, residual, residual_bytes, e->taps->residual_bf16, GRAFT_LINEAR,
        (char *)sums, SUMS_ROW * sizeof *sums, 0);
  for (int p = 0; p < pixels; p++)
    graft_activate(
        sums + p * SUMS_ROW, lanes, e->activation, 0, sums + p * SUMS_ROW);
}

/// Stores a row of neighboring pixels, the first of whose `lanes` outputs is at number `at`.
static void store_pixels(
    const epilogue *e, float *sums, int pixels, int lanes, ptrdiff_t at) {
  const graft_taps *c = e->taps;
  ptrdiff_t out_number = c->out_bf16 ? 2 : 4, residual_number = c->residual_bf16 ? 2 : 4;
  const char *residual = e->residual ? (const char *)e->residual + at * residual_number : 0;
  graft_activation activation = e->activation;
  if (activation > GRAFT_RELU6) {
    activate_pixels(e, sums, pixels, lanes, residual, c->out_pixel * residual_number);
    residual = 0;
    activation = GRAFT_LINEAR;
  }
  char *out = (char *)e->output + at * out_number;
#if GRAFT_HAS_BF16_VECTORS
  if (c->out_bf16 && graft_rounds_to_bf16())
    return finish_vectors(
        sums, pixels, lanes, residual, c->out_pixel * residual_number, c->residual_bf16,
        activation, out, c->out_pixel * out_number);
#endif
  finish_pixels(
      sums, pixels, lanes, residual, c->out_pixel * residual_number, c->residual_bf16, activation,
      out, c->out_pixel * out_number, c->out_bf16);
}

/// How the outputs of an image are cut into tiles: along each row, or along rows that follow each other
/// in packed memory with the pixels between them, where that makes no more tiles.
typedef struct {
  /// Positions that follow each other, and how many there are from one row to the next.
  int positions, row_step;
  int is_joined;
} tiling;

static tiling tiling_of(
    const graft_taps *c, const graft_taps_part *part, ptrdiff_t line, ptrdiff_t a_row) {
  ptrdiff_t down = c->stride_y / step_y(c) * line;
  tiling separate = {part->columns, 0, 0};
  if (part->rows == 1 || down % a_row) return separate;
  int row_step = (int)(down / a_row), positions = (part->rows - 1) * row_step + part->columns;
  if (ceil_div(positions, BF16_ROWS) > part->rows * ceil_div(part->columns, BF16_ROWS))
    return separate;
  return (tiling){positions, row_step, 1};
}

/// One image's outputs in one block of columns.
static void multiply_image(
    const epilogue *e, const graft_taps_part *part, graft_bf16_state *state, graft_bf16_tile *tile,
    tiling tiling, int image, int block, ptrdiff_t line, const uint16_t *a, const uint16_t *b) {
  const graft_taps *c = e->taps;
  float sums[BF16_TILE_ROWS * SUMS_ROW] __attribute__((aligned(64)));
  int first_channel = block * c->panel_width;
  const float *bias = e->bias ? e->bias + first_channel : 0;
  int lanes = (tile->vectors - 1) * 16 + tile->last_lanes;
  ptrdiff_t start = c->out_origin + image * c->out_image + part->first_row * c->out_row +
                    part->first_x * c->out_pixel + first_channel;
  int step = tiling.is_joined ? BF16_TILE_ROWS : tile_rows(part->columns, BF16_TILE_ROWS);
  int rows = tiling.is_joined ? 1 : part->rows;
  for (int y = 0; y < rows; y++) {
    const uint16_t *row = a + y * (c->stride_y / step_y(c)) * line;
    for (int at = 0; at < tiling.positions; at += step) {
      tile->rows = int_min(step, tiling.positions - at);
      graft_bf16_multiply(state, tile, row + at * tile->a_row, b, sums, bias, 0);
      if (!tiling.is_joined) {
        store_pixels(
            e, sums, tile->rows, lanes, start + y * c->out_row + at * c->out_pixel);
        continue;
      }
      for (int p = 0; p < tile->rows;) {
        int out_y = (at + p) / tiling.row_step, x = (at + p) % tiling.row_step;
        int count = int_min(tiling.row_step - x, tile->rows - p);
        int stored = int_min(count, part->columns - x);
        if (stored > 0)
          store_pixels(
              e, sums + p * SUMS_ROW, stored, lanes,
              start + out_y * c->out_row + x * c->out_pixel);
        p += count;
      }
    }
  }
}

void graft_taps_task_stored(
    const graft_taps *c, int task, const void *input, const float *panels, void *output,
    const float *bias, const void *residual, graft_activation activation, float *scratch) {
  graft_taps_part part = graft_taps_part_of(c, task);
  epilogue e = {c, bias, residual, output, activation};
  ptrdiff_t line = (ptrdiff_t)packed_width(c, part.columns) * c->pixel;
  ptrdiff_t image_count = packed_image(c, part.rows, part.columns);
  uint16_t *packed = (uint16_t *)scratch;
  if (!c->is_direct)
    for (int n = part.first_image; n < part.last_image; n++)
      graft_taps_pack_image(
          c, input, n, &part, 0, c->depth, packed + (n - part.first_image) * image_count);
  graft_bf16_state state;
  graft_bf16_begin(&state);
  for (int block = part.first_block; block < part.last_block; block++) {
    ptrdiff_t a_offset[GRAFT_MAX_TAPS], b_offset[GRAFT_MAX_TAPS];
    graft_bf16_tile tile;
    graft_taps_set_tile(c, block, line, a_offset, b_offset, &tile);
    tile.c_row = SUMS_ROW;
    ptrdiff_t image_line = line;
    if (c->is_direct) {
      image_line = (ptrdiff_t)c->in_w * c->in_channels * step_y(c);
      tile.a_row = (ptrdiff_t)c->stride_x * c->in_channels;
      a_offset[0] = 0;
    }
    tiling tiling = tiling_of(c, &part, image_line, tile.a_row);
    for (int n = part.first_image; n < part.last_image; n++) {
      const uint16_t *a = packed + (n - part.first_image) * image_count;
      if (c->is_direct)
        a = (const uint16_t *)input +
            ((ptrdiff_t)(n * c->in_h + part.first_row * c->stride_y + c->min_y) * c->in_w +
             part.first_x * c->stride_x + c->min_x) * c->in_channels;
      multiply_image(
          &e, &part, &state, &tile, tiling, n, block, image_line, a, panel_of(c, panels, block));
    }
  }
  graft_bf16_end(&state);
}
