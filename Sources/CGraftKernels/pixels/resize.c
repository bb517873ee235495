// Antialiased resize: Pillow's arithmetic, 22-bit weights and bytes between the passes. Rows of the
// first pass are made when the second needs them and stay in cache while it uses them.
#include "pixels/resize.h"

#include <stdlib.h>
#include <string.h>

/// Where finished rows go.
typedef struct {
  const graft_normalization *normalization;
  int channels;
  ptrdiff_t row_bytes;
  uint8_t *bytes;
  float *numbers;
  /// One row of bytes, on its way to numbers.
  uint8_t *line;
} sink;

/// The memory into which row y is to be written.
GRAFT_INLINE uint8_t *row_of(const sink *sink, ptrdiff_t y) {
  return sink->normalization ? sink->line : sink->bytes + y * sink->row_bytes;
}

GRAFT_INLINE void finish_row(const sink *sink, ptrdiff_t y) {
  if (sink->normalization)
    graft_normalize(
        sink->normalization, sink->channels, sink->line, sink->row_bytes,
        sink->numbers + y * sink->row_bytes);
}

/// One row through the horizontal axis.
static void shrink_row(
    const graft_resize_job *job, const pixels_columns *columns, const uint8_t *source,
    uint8_t *target) {
  if (job->columns)
    pixels_resize_row(columns, source, target);
  else if (job->is_mirrored)
    graft_mirror_row(source, job->width, job->channels, target);
  else
    memcpy(target, source, (size_t)(job->width * job->channels));
}

static void resize_columns_first(
    const graft_resize_job *job, const pixels_columns *columns, const sink *sink) {
  const graft_resize_axis *axis = job->rows;
  ptrdiff_t max_taps = 1;
  for (ptrdiff_t y = 0; y < axis->count; y++)
    if (axis->taps[y] > max_taps) max_taps = axis->taps[y];
  const ptrdiff_t line = pixels_padded(sink->row_bytes);
  uint8_t *ring = pixels_allocate(max_taps * line);
  const uint8_t **rows = pixels_allocate((max_taps + 3) * (ptrdiff_t)sizeof *rows);
  pixels_sum sum;
  // First sources rise from target to target, so a row leaves the ring once it is no longer needed.
  ptrdiff_t made = axis->first[0];
  for (ptrdiff_t y = 0; y < axis->count; y++) {
    const ptrdiff_t first = axis->first[y], end = first + axis->taps[y];
    if (made < first) made = first;
    for (; made < end; made++)
      shrink_row(
          job, columns, job->source + made * job->row_bytes, ring + made % max_taps * line);
    ptrdiff_t place = first % max_taps;
    for (ptrdiff_t t = first; t < end; t++) {
      rows[t - first] = ring + place * line;
      place = place + 1 < max_taps ? place + 1 : 0;
    }
    pixels_sum_set(&sum, axis->weights + y * axis->stride, axis->taps[y], 22);
    pixels_sum_rows(&sum, rows, sink->row_bytes, row_of(sink, y));
    finish_row(sink, y);
  }
  free(rows);
  free(ring);
}

static void resize_rows_first(
    const graft_resize_job *job, const pixels_columns *columns, const sink *sink) {
  const graft_resize_axis *axis = job->rows;
  const ptrdiff_t source_bytes = job->width * job->channels;
  uint8_t *line = pixels_allocate(source_bytes);
  const uint8_t **rows = pixels_allocate((axis->stride + 3) * (ptrdiff_t)sizeof *rows);
  pixels_sum sum;
  for (ptrdiff_t y = 0; y < axis->count; y++) {
    for (ptrdiff_t t = 0; t < axis->taps[y]; t++)
      rows[t] = job->source + (axis->first[y] + t) * job->row_bytes;
    pixels_sum_set(&sum, axis->weights + y * axis->stride, axis->taps[y], 22);
    pixels_sum_rows(&sum, rows, source_bytes, line);
    shrink_row(job, columns, line, row_of(sink, y));
    finish_row(sink, y);
  }
  free(rows);
  free(line);
}

void graft_resize(
    const graft_resize_job *job, const graft_normalization *normalization, uint8_t *bytes,
    float *numbers) {
  pixels_columns columns = {0};
  if (job->columns)
    columns =
        pixels_columns_prepare(job->columns, job->width, job->channels, job->is_mirrored);
  sink sink = {
      .normalization = normalization, .channels = job->channels, .bytes = bytes,
      .numbers = numbers,
      .row_bytes = (job->columns ? job->columns->count : job->width) * job->channels};
  if (normalization) sink.line = pixels_allocate(sink.row_bytes);
  if (!job->rows) {
    for (ptrdiff_t y = 0; y < job->height; y++) {
      shrink_row(job, &columns, job->source + y * job->row_bytes, row_of(&sink, y));
      finish_row(&sink, y);
    }
  } else if (job->is_vertical_first) {
    resize_rows_first(job, &columns, &sink);
  } else {
    resize_columns_first(job, &columns, &sink);
  }
  free(sink.line);
  pixels_columns_release(&columns);
}
