// Convolutions of 3×3 at stride 1 by Winograd's F(4×4, 3×3): input tiles are transformed, multiplied
// by transformed filters in one matrix product per position, and transformed back with their
// epilogue.
//
// Where the filters are small, each worker takes a block of tiles through all three steps while it
// stays in its cache. Deep layers' filters are too large to read once per block: there all workers
// share each stage of a block that is as large as a shared cache.
#include "winograd/winograd.h"

#include "products/products.h"

// What the tiles of one task, and of one stage, may take of a worker's L2 and of the shared cache.
#define TASK_FLOATS (224 * 1024)
#define STAGE_FLOATS (10 * 1024 * 1024)
// From this depth on, filters are too large to read once per task: products get a stage.
#define STAGED_DEPTH 160
// Input channels of one filter task.
#define FILTER_DEPTH 32

void graft_winograd_prepare(graft_winograd *w) {
  w->tiles_y = ceil_div(w->out_h, 4);
  w->tiles_x = ceil_div(w->out_w, 4);
  w->tile_count = w->batch * w->tiles_y * w->tiles_x;
  w->panel_width = graft_panel_width(w->out_channels);
  w->column_blocks = ceil_div(w->out_channels, w->panel_width);
  w->depth = (int)round_up(w->in_channels, 16);
  w->filter_count = (ptrdiff_t)w->column_blocks * WINOGRAD_PLACES * w->in_channels * w->panel_width;
  w->is_staged = w->in_channels >= STAGED_DEPTH;
  // Columns of products that are kept at a time.
  w->columns = w->is_staged ? w->column_blocks * w->panel_width : w->panel_width;
  int max_floats = w->is_staged ? STAGE_FLOATS : TASK_FLOATS;
  int tiles = max_floats / (WINOGRAD_PLACES * (w->depth + w->columns));
  if (!w->is_staged) tiles = int_min(tiles, 48);
  tiles = int_min(int_max(12, tiles), w->tile_count);
  // Whole rows of tiles where that loses little, as equal as they can be.
  int unit = w->tiles_x <= tiles ? w->tiles_x : 6;
  w->blocks = ceil_div(w->tile_count, tiles / unit * unit);
  w->tiles_per_block = ceil_div(ceil_div(w->tile_count, w->blocks), unit) * unit;
  w->blocks = ceil_div(w->tile_count, w->tiles_per_block);
  w->transform_tasks = ceil_div(w->tiles_per_block, WINOGRAD_TILES_PER_TASK);
  w->product_tasks = WINOGRAD_PLACES * w->column_blocks;
  w->filter_tasks = w->column_blocks * ceil_div(w->in_channels, FILTER_DEPTH);
  w->v_place = place_stride(w->tiles_per_block, w->depth);
  w->m_place = place_stride(w->tiles_per_block, w->columns);
  w->block_count = WINOGRAD_PLACES * (w->v_place + w->m_place) + GRAFT_SLACK;
}

void graft_winograd_filters(
    const graft_winograd *w, const float *weights, ptrdiff_t tap, ptrdiff_t k_stride,
    ptrdiff_t o_stride, const float *scale, float *filters, int task) {
  int width = w->panel_width, column_block = task % w->column_blocks, first = column_block * width;
  int first_depth = task / w->column_blocks * FILTER_DEPTH;
  int last_depth = int_min(w->in_channels, first_depth + FILTER_DEPTH);
  ptrdiff_t place = (ptrdiff_t)w->in_channels * width;
  float *u = filters + column_block * WINOGRAD_PLACES * place;
  for (int k = first_depth; k < last_depth; k++) {
    for (int o = 0; o < width; o += 16) {
      int lanes = int_max(0, int_min(16, w->out_channels - first - o));
      graft_transform_filter(
          weights + k * k_stride + (first + o) * o_stride, tap, o_stride, lanes,
          scale ? scale + first + o : 0, u + (ptrdiff_t)k * width + o, place);
    }
  }
}

graft_tile_place graft_winograd_tile(const graft_winograd *w, int i) {
  int per_image = w->tiles_y * w->tiles_x;
  return (graft_tile_place){
      i / per_image, i % per_image / w->tiles_x * 4, i % w->tiles_x * 4};
}

void graft_winograd_inputs(
    const graft_winograd *w, const graft_winograd_source *source, int first, int last, float *v,
    ptrdiff_t row, ptrdiff_t place) {
  for (int i = first; i < last; i++, v += row) {
    graft_tile_place at = graft_winograd_tile(w, i);
    graft_image_tile tile = graft_cut_tile(
        at.image, w->in_h, w->in_w, w->in_channels, at.y - w->pad_y, at.x - w->pad_x, 6);
    graft_transform_input(source, &tile, w->depth, v, place);
  }
}

static int block_vectors(const graft_winograd *w, int column_block) {
  return ceil_div(int_min(w->panel_width, w->out_channels - column_block * w->panel_width), 16);
}

/// Outputs of tiles first ..< last, `channels` of them from `channel`.
static void store_outputs(
    const graft_winograd *w, int first, int last, const float *m, int channel, int channels,
    const graft_winograd_target *target) {
  for (int i = first; i < last; i++, m += w->columns) {
    graft_tile_place at = graft_winograd_tile(w, i);
    ptrdiff_t offset =
        (((ptrdiff_t)at.image * w->out_h + at.y) * w->out_w + at.x) * w->out_channels + channel;
    graft_tile_store store = {
        target->output + offset, target->bias ? target->bias + channel : 0,
        target->residual ? target->residual + offset : 0, (ptrdiff_t)w->out_w * w->out_channels,
        w->out_channels, int_min(4, w->out_h - at.y), int_min(4, w->out_w - at.x), channels,
        target->accumulates, target->activation};
    graft_transform_output(m, w->m_place, &store);
  }
}

/// The pixel at which a row of tiles begins.
static ptrdiff_t first_pixel(const graft_winograd *w, int tile_row) {
  ptrdiff_t row = (ptrdiff_t)(tile_row / w->tiles_y) * w->out_h + tile_row % w->tiles_y * 4;
  return row * w->out_w;
}

static void add_sums_of_pixels(
    const graft_winograd *w, ptrdiff_t first, ptrdiff_t pixels,
    const graft_winograd_target *target, double *record) {
  ptrdiff_t at = first * w->out_channels;
  if (target->z)
    graft_norm_gradient_sums(
        target->norm, target->z + at, target->output + at, pixels, w->out_channels, record);
  else
    graft_norm_sums(target->output + at, 0, pixels, w->out_channels, record);
}

/// Adds the sums of the target's norm over the outputs of tiles first ..< last: whole rows of tiles
/// are one run of pixels.
static void add_sums(
    const graft_winograd *w, int first, int last, const graft_winograd_target *target,
    double *record) {
  for (int i = first; i < last;) {
    int row = i / w->tiles_x, column = i % w->tiles_x, rows = (last - i) / w->tiles_x;
    if (column == 0 && rows > 0) {
      ptrdiff_t start = first_pixel(w, row);
      add_sums_of_pixels(w, start, first_pixel(w, row + rows) - start, target, record);
      i += rows * w->tiles_x;
      continue;
    }
    int tiles = int_min(last - i, w->tiles_x - column);
    int height = int_min(4, w->out_h - row % w->tiles_y * 4);
    for (int y = 0; y < height; y++) {
      ptrdiff_t start = first_pixel(w, row) + (ptrdiff_t)y * w->out_w + 4 * column;
      add_sums_of_pixels(w, start, int_min(4 * tiles, w->out_w - 4 * column), target, record);
    }
    i += tiles;
  }
}

void graft_winograd_block(
    const graft_winograd *w, int block, const graft_winograd_source *source, const float *filters,
    const graft_winograd_target *target, double *record, float *workspace) {
  int first = block * w->tiles_per_block;
  int last = int_min(w->tile_count, first + w->tiles_per_block);
  float *v = workspace, *m = v + WINOGRAD_PLACES * w->v_place;
  ptrdiff_t panel = (ptrdiff_t)w->in_channels * w->panel_width;
  graft_winograd_inputs(w, source, first, last, v, w->depth, w->v_place);
  for (int columns = 0; columns < w->column_blocks; columns++) {
    for (int place = 0; place < WINOGRAD_PLACES; place++) {
      graft_multiply_block(
          last - first, w->in_channels, v + place * w->v_place, w->depth, 1,
          filters + (columns * WINOGRAD_PLACES + place) * panel, w->panel_width, m + place * w->m_place,
          w->columns, block_vectors(w, columns), 16, 0);
    }
    int channel = columns * w->panel_width;
    store_outputs(
        w, first, last, m, channel, int_min(w->panel_width, w->out_channels - channel), target);
  }
  if (record) add_sums(w, first, last, target, record);
}

void graft_winograd_transform(
    const graft_winograd *w, int block, int task, const graft_winograd_source *source,
    float *workspace) {
  int start = block * w->tiles_per_block, first = start + task * WINOGRAD_TILES_PER_TASK;
  int last = int_min(
      w->tile_count, start + int_min(w->tiles_per_block, (task + 1) * WINOGRAD_TILES_PER_TASK));
  graft_winograd_inputs(
      w, source, first, last, workspace + (ptrdiff_t)(first - start) * w->depth, w->depth,
      w->v_place);
}

void graft_winograd_multiply(
    const graft_winograd *w, int block, int task, const float *filters, float *workspace) {
  int start = block * w->tiles_per_block;
  int rows = int_min(w->tile_count, start + w->tiles_per_block) - start;
  int place = task / w->column_blocks, columns = task % w->column_blocks;
  const float *v = workspace + place * w->v_place;
  float *m = workspace + WINOGRAD_PLACES * w->v_place + place * w->m_place + columns * w->panel_width;
  ptrdiff_t panel = (ptrdiff_t)w->in_channels * w->panel_width;
  graft_multiply_block(
      rows, w->in_channels, v, w->depth, 1, filters + (columns * WINOGRAD_PLACES + place) * panel,
      w->panel_width, m, w->columns, block_vectors(w, columns), 16, 0);
}

void graft_winograd_store(
    const graft_winograd *w, int block, int task, const float *workspace,
    const graft_winograd_target *target, double *record) {
  int start = block * w->tiles_per_block, first = start + task * WINOGRAD_TILES_PER_TASK;
  int last = int_min(
      w->tile_count, start + int_min(w->tiles_per_block, (task + 1) * WINOGRAD_TILES_PER_TASK));
  const float *m = workspace + WINOGRAD_PLACES * w->v_place + (ptrdiff_t)(first - start) * w->columns;
  store_outputs(w, first, last, m, 0, w->out_channels, target);
  if (record) add_sums(w, first, last, target, record);
}
