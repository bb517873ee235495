// What files of tap convolutions in bfloat16 share: how rows under the window, and weights, are packed.
#pragma once
#include "convolution/taps.h"
#include "products/bf16.h"

/// A single tap reads only the pixels under it; others read all between the first and the last.
static inline int step_y(const graft_taps *c) { return c->taps == 1 ? c->stride_y : 1; }
static inline int step_x(const graft_taps *c) { return c->taps == 1 ? c->stride_x : 1; }

static inline int packed_width(const graft_taps *c, int columns) {
  return (columns - 1) * (c->stride_x / step_x(c)) + c->max_x - c->min_x + 1;
}

static inline int packed_height(const graft_taps *c, int rows) {
  return (rows - 1) * (c->stride_y / step_y(c)) + c->max_y - c->min_y + 1;
}

/// From one packed image to the next; zeros between them end runs that are not whole chunks.
static inline int packed_image(const graft_taps *c, int rows, int columns) {
  int numbers = packed_height(c, rows) * packed_width(c, columns) * c->pixel;
  return round_up(numbers, BF16_DEPTH) + BF16_DEPTH;
}

/// Taps of one run.
static inline int run_taps(const graft_taps *c) {
  return c->joins_rows ? c->max_x - c->min_x + 1 : 1;
}

/// Where a column block's weights start: all blocks but the last are whole.
static inline const uint16_t *panel_of(const graft_taps *c, const float *panels, int column_block) {
  ptrdiff_t runs = c->taps / run_taps(c) * c->depth_blocks;
  return (const uint16_t *)panels +
         column_block * runs * c->chunks * BF16_DEPTH * c->panel_width;
}

static inline int vectors_of(const graft_taps *c, int column_block) {
  return ceil_div(int_min(c->panel_width, c->out_channels - column_block * c->panel_width), 16);
}

/// Packs one image's pixels under the window, zeros outside, channels first_k ..< first_k + depth:
/// rounded, or copied where they are stored as bfloat16.
void graft_taps_pack_image(
    const graft_taps *c, const void *input, int image, const graft_taps_part *part, int first_k,
    int depth, uint16_t *packed);

/// Points `tile` at a column block of the panels; offsets hold a number for each tap.
void graft_taps_set_tile(
    const graft_taps *c, int block, ptrdiff_t line, ptrdiff_t *a_offset, ptrdiff_t *b_offset,
    graft_bf16_tile *tile);
