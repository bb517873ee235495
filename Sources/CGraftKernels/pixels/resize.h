// The horizontal pass of a resize, prepared once for all rows.
#pragma once
#include "pixels/pixels.h"

/// How AVX-512 makes 16 bytes of a row from 4 taps each.
typedef struct {
  /// Which byte of the source each lane takes, counted from `offset`.
  uint8_t pick[64];
  /// The lanes' weights, cut into three signed bytes.
  int8_t digits[3][64];
  ptrdiff_t offset;
  uint64_t lower_lanes, upper_lanes;
  uint8_t unused[40];
} __attribute__((aligned(64))) pixels_pick;

/// The weights of a run of taps of one target, cut into three signed bytes.
typedef struct {
  int8_t digits[3][64];
} __attribute__((aligned(64))) pixels_run;

typedef struct {
  const graft_resize_axis *axis;
  int channels, is_mirrored;
  /// Bytes of a resized row.
  ptrdiff_t row_bytes;
  /// `steps` picks for every 16 bytes, or `steps` runs for every target of a strong reduction; neither
  /// where the portable loops do it.
  pixels_pick *picks;
  pixels_run *runs;
  ptrdiff_t steps;
  /// Whether picks reach beyond 64 bytes.
  int is_wide;
} pixels_columns;

/// `width` is the source's, in pixels.
pixels_columns pixels_columns_prepare(
    const graft_resize_axis *axis, ptrdiff_t width, int channels, int is_mirrored);
void pixels_columns_release(pixels_columns *columns);
void pixels_resize_row(const pixels_columns *columns, const uint8_t *source, uint8_t *target);

#if HAS_AVX512
void pixels_prepare_runs(pixels_columns *columns);
void pixels_resize_row_from_runs_avx512(
    const pixels_columns *columns, const uint8_t *source, uint8_t *target);
#endif
