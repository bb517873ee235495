// Weight gradients of 3×3 convolutions by the adjoint of Winograd's F(4×4, 3×3): with V = Bᵀ d B of the
// inputs and W = A dY Aᵀ of the output gradients, dU is the sum of Vᵀ W over tiles, one matrix
// product per position, and dg = Gᵀ dU G.
//
// Small filters' sums stay in a worker's cache: there each chunk of tiles has its own, added in order
// afterwards. Larger ones are summed position by position, by all workers, block after block.
#include "graft_elementwise.h"
#include "products/products.h"
#include "winograd/winograd.h"

// The largest sums that a worker keeps in its L2, and what the tiles of a stage may take.
#define SUMS_FLOATS (160 * 1024)
#define STAGE_FLOATS (10 * 1024 * 1024)
#define CHUNKS 16

void graft_winograd_gradient_prepare(graft_winograd_gradient *g) {
  graft_winograd *w = &g->forward;
  graft_winograd_prepare(w);
  g->panel_width = w->panel_width;
  g->column_blocks = w->column_blocks;
  g->columns = round_up(w->out_channels, 16);
  g->sum_place = place_stride(w->in_channels, g->columns);
  g->sum_count = WINOGRAD_PLACES * g->sum_place;
  g->is_staged = g->sum_count > SUMS_FLOATS;
  int tiles = 48;
  if (g->is_staged)
    tiles = int_max(12, STAGE_FLOATS / (WINOGRAD_PLACES * (w->depth + g->columns)) / 12 * 12);
  tiles = int_min(tiles, w->tile_count);
  g->blocks = ceil_div(w->tile_count, tiles);
  g->tiles_per_block = ceil_div(w->tile_count, g->blocks);
  g->blocks = ceil_div(w->tile_count, g->tiles_per_block);
  g->chunks = g->is_staged ? 1 : int_min(CHUNKS, g->blocks);
  g->blocks_per_chunk = ceil_div(g->blocks, g->chunks);
  g->chunks = ceil_div(g->blocks, g->blocks_per_chunk);
  g->transform_tasks = ceil_div(g->tiles_per_block, WINOGRAD_TILES_PER_TASK);
  g->product_tasks = WINOGRAD_PLACES * g->column_blocks;
  // Columns of V are read down the tiles: rows must not lie a power of two apart.
  g->v_row = w->depth + 16;
  g->v_place = place_stride(g->tiles_per_block, g->v_row);
  g->m_place = place_stride(g->tiles_per_block, g->column_blocks * g->panel_width);
  g->block_count = WINOGRAD_PLACES * (g->v_place + g->m_place) + GRAFT_SLACK;
}

/// W of output tiles first ..< last, rows of one panel of columns after the other.
static void transform_gradients(
    const graft_winograd_gradient *g, const graft_winograd_source *source, int first, int last,
    float *m) {
  const graft_winograd *w = &g->forward;
  for (int i = first; i < last; i++, m += g->panel_width) {
    graft_tile_place at = graft_winograd_tile(w, i);
    for (int column = 0; column < g->columns; column += g->panel_width) {
      graft_image_tile tile =
          graft_cut_tile(at.image, w->out_h, w->out_w, w->out_channels, at.y, at.x, 4);
      tile.start += column;
      graft_norm norm;
      graft_winograd_source panel = *source;
      if (source->norm) {
        // The same norm from this channel on.
        norm = *source->norm;
        norm.scale += column;
        norm.offset += column;
        norm.product += column;
        norm.constant += column;
        panel.norm = &norm;
      }
      graft_transform_gradient(
          &panel, &tile, int_min(g->panel_width, g->columns - column),
          m + (ptrdiff_t)column * g->tiles_per_block, g->m_place);
    }
  }
}

/// One position's product for one block of columns: sums (+)= Vᵀ W.
static void multiply(
    const graft_winograd_gradient *g, int tiles, int place, int column_block, const float *workspace,
    float *sums, int accumulates) {
  const graft_winograd *w = &g->forward;
  int column = column_block * g->panel_width;
  int vectors = ceil_div(int_min(g->panel_width, g->columns - column), 16);
  const float *v = workspace + place * g->v_place;
  const float *m = workspace + WINOGRAD_PLACES * g->v_place + place * g->m_place;
  graft_multiply_block(
      w->in_channels, tiles, v, 1, g->v_row, m + (ptrdiff_t)column * g->tiles_per_block,
      g->panel_width,
      sums + place * g->sum_place + column, g->columns, vectors, 16,
      accumulates);
}

void graft_winograd_gradient_chunk(
    const graft_winograd_gradient *g, int chunk, const graft_winograd_source *input,
    const graft_winograd_source *output_gradient, float *sums, float *workspace) {
  const graft_winograd *w = &g->forward;
  int first_block = chunk * g->blocks_per_chunk;
  int last_block = int_min(g->blocks, first_block + g->blocks_per_chunk);
  for (int block = first_block; block < last_block; block++) {
    int first = block * g->tiles_per_block;
    int last = int_min(w->tile_count, first + g->tiles_per_block);
    graft_winograd_inputs(w, input, first, last, workspace, g->v_row, g->v_place);
    transform_gradients(
        g, output_gradient, first, last, workspace + WINOGRAD_PLACES * g->v_place);
    for (int place = 0; place < WINOGRAD_PLACES; place++)
      for (int columns = 0; columns < g->column_blocks; columns++)
        multiply(
            g, last - first, place, columns, workspace, sums + chunk * g->sum_count,
            block > first_block);
  }
}

void graft_winograd_gradient_transform(
    const graft_winograd_gradient *g, int block, int task, const graft_winograd_source *input,
    const graft_winograd_source *output_gradient, float *workspace) {
  const graft_winograd *w = &g->forward;
  int start = block * g->tiles_per_block, offset = task * WINOGRAD_TILES_PER_TASK;
  int end = int_min(w->tile_count, start + g->tiles_per_block);
  int first = start + offset, last = int_min(end, first + WINOGRAD_TILES_PER_TASK);
  graft_winograd_inputs(
      w, input, first, last, workspace + (ptrdiff_t)offset * g->v_row, g->v_row, g->v_place);
  transform_gradients(
      g, output_gradient, first, last,
      workspace + WINOGRAD_PLACES * g->v_place + (ptrdiff_t)offset * g->panel_width);
}

void graft_winograd_gradient_multiply(
    const graft_winograd_gradient *g, int block, int task, const float *workspace, float *sums) {
  int start = block * g->tiles_per_block;
  int tiles = int_min(g->forward.tile_count, start + g->tiles_per_block) - start;
  multiply(
      g, tiles, task / g->column_blocks, task % g->column_blocks, workspace, sums, block > 0);
}

void graft_winograd_gradient_filters(
    const graft_winograd_gradient *g, int first, int last, float *sums, float *weights,
    int accumulates) {
  const graft_winograd *w = &g->forward;
  ptrdiff_t tap = (ptrdiff_t)w->in_channels * w->out_channels;
  for (int place = 0; g->chunks > 1 && place < WINOGRAD_PLACES; place++)
    graft_sum_chunks(
        sums, g->chunks, g->sum_count, place * g->sum_place + (ptrdiff_t)first * g->columns,
        place * g->sum_place + (ptrdiff_t)last * g->columns, sums, 0);
  for (int k = first; k < last; k++) {
    for (int o = 0; o < w->out_channels; o += 16) {
      graft_transform_filter_gradient(
          sums + (ptrdiff_t)k * g->columns + o, g->sum_place, int_min(16, w->out_channels - o),
          accumulates, weights + (ptrdiff_t)k * w->out_channels + o, tap);
    }
  }
}
