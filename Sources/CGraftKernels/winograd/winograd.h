// What the Winograd convolutions share: two-dimensional transforms of one tile, 16 channels at a time,
// and blocks of matrix products. The 36 places of a transformed tile are `place` floats apart.
#pragma once
#include "common/arithmetic.h"
#include "graft_winograd.h"

#define WINOGRAD_PLACES 36
#define WINOGRAD_TILES_PER_TASK 12

/// Where one tile of results is stored, and what is added to it.
typedef struct {
  float *y;
  const float *bias, *residual;
  ptrdiff_t line, pixel;
  int rows, columns, channels, accumulates, activation;
} graft_tile_store;

/// A square tile of an image; what lies outside rows top ..< bottom, columns left ..< right is 0.
typedef struct {
  ptrdiff_t start, line, pixel;
  int top, bottom, left, right;
} graft_image_tile;

/// Bᵀ d B of a 6×6 tile of inputs; `channels` is a multiple of 16.
void graft_transform_input(
    const graft_winograd_source *source, const graft_image_tile *tile, int channels, float *v,
    ptrdiff_t place);
/// A dY Aᵀ of a 4×4 tile of output gradients; `channels` is a multiple of 16.
void graft_transform_gradient(
    const graft_winograd_source *source, const graft_image_tile *tile, int channels, float *m,
    ptrdiff_t place);
/// Aᵀ m A: 4×4 outputs, of which rows x columns are stored, with bias, residual and activation.
void graft_transform_output(const float *m, ptrdiff_t place, const graft_tile_store *store);
/// G g Gᵀ of one input channel and 16 output channels, taps `tap` floats apart; absent lanes are 0.
void graft_transform_filter(
    const float *g, ptrdiff_t tap, ptrdiff_t o_stride, int lanes, const float *scale, float *u,
    ptrdiff_t place);
/// Gᵀ dU G of one input channel and `lanes` of 16 output channels.
void graft_transform_filter_gradient(
    const float *u, ptrdiff_t place, int lanes, int accumulates, float *g, ptrdiff_t tap);

typedef struct {
  int image, y, x;
} graft_tile_place;

/// Tile i's image and its first output row and column.
graft_tile_place graft_winograd_tile(const graft_winograd *winograd, int i);
/// The tile of `size` from (y0, x0) of image n of images [h, w, channels].
static inline graft_image_tile graft_cut_tile(
    int n, int h, int w, int channels, int y0, int x0, int size) {
  ptrdiff_t pixel = channels, line = w * pixel;
  graft_image_tile tile = {
      (ptrdiff_t)n * h * line + y0 * line + x0 * pixel, line, pixel, y0 < 0 ? -y0 : 0,
      h - y0 < size ? h - y0 : size, x0 < 0 ? -x0 : 0, w - x0 < size ? w - x0 : size};
  return tile;
}
/// V of input tiles first ..< last, `row` floats a tile.
void graft_winograd_inputs(
    const graft_winograd *winograd, const graft_winograd_source *source, int first, int last,
    float *v, ptrdiff_t row, ptrdiff_t place);


/// Floats between two places of `tiles` rows of `width`: off a power of two, or the 36 places of a
/// tile would share one set of the L1 cache.
static inline ptrdiff_t place_stride(int tiles, int width) { return (ptrdiff_t)tiles * width + 16; }
