// Graft's image kernels in C: bytes in rows from the top, pixels from the left, 1 or 3 channels
// interleaved. Every processor gives the same bytes; newer ones use byte permutations and
// products of bytes (AVX-512 VBMI and VNNI), the others by loops that clang vectorizes.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Whether this processor permutes bytes and sums their products in vectors; `allow` is for comparing
/// with the loops.
int graft_pixels_have_avx512(void);
void graft_pixels_allow_avx512(int allowed);

// ---------------------------------------------------------------- normalization

/// The normalized value of every byte, and what it is computed from in vectors of 16.
typedef struct {
  /// (byte * (1/255) - mean) / std in float32, in this order, per channel.
  float values[3][256];
  // 48 lanes are 16 pixels of 3 channels or 48 of one.
  float mean[48], std[48], inverse_std[48];
  /// Whether arithmetic gives the bits of `values`.
  int is_arithmetic;
  /// Tables applied before normalization: none, one, or one per channel.
  int table_count;
  uint8_t tables[3 * 256];
} graft_normalization;

/// Without tables; they may be added.
void graft_normalization_set(
    graft_normalization *normalization, int channels, const float *mean, const float *std);

/// `count` bytes, whole pixels from the first channel on, to numbers.
void graft_normalize(
    const graft_normalization *normalization, int channels, const uint8_t *source, ptrdiff_t count,
    float *output);

// ---------------------------------------------------------------- resize

/// One axis of a resize: which sources count for each target, and how much.
typedef struct {
  /// Targets.
  ptrdiff_t count;
  /// The first source of each target and how many there are.
  const int32_t *first, *taps;
  /// `stride` weights of 22 fractional bits for each target; those beyond its taps are 0.
  const int32_t *weights;
  ptrdiff_t stride;
} graft_resize_axis;

typedef struct {
  /// The first pixel of the part that is resized, and the bytes from one row to the next.
  const uint8_t *source;
  ptrdiff_t row_bytes;
  /// The part's size in pixels.
  ptrdiff_t width, height;
  int channels;
  /// NULL where an axis keeps its length.
  const graft_resize_axis *columns, *rows;
  /// Whether the image is mirrored left to right.
  int is_mirrored;
  /// Which axis comes first; it is rounded to bytes before the other.
  int is_vertical_first;
} graft_resize_job;

/// Resizes into bytes, or into normalized numbers where `normalization` is not NULL.
void graft_resize(
    const graft_resize_job *job, const graft_normalization *normalization, uint8_t *bytes,
    float *numbers);

/// A row of `width` pixels from right to left; source and target are apart.
void graft_mirror_row(const uint8_t *source, ptrdiff_t width, int channels, uint8_t *target);

// ---------------------------------------------------------------- blur

/// Convolves both axes with the weights[0...2 radius], which sum to 2^14, mirrored about the border
/// pixels; rounded to bytes after each axis, rows first.
void graft_blur(
    const uint8_t *source, ptrdiff_t width, ptrdiff_t height, int channels, const int32_t *weights,
    ptrdiff_t radius, uint8_t *target);

// ---------------------------------------------------------------- single values

/// Every byte replaced by table[byte]; with 3 tables of 256 bytes each channel of RGB by its own.
void graft_look_up(
    const uint8_t *tables, int table_count, const uint8_t *source, ptrdiff_t count, uint8_t *target);

/// How often each byte occurs: 256 counts per channel.
void graft_histogram(
    const uint8_t *source, ptrdiff_t pixels, int channels, uint32_t *counts);

/// Adds noise to bytes and clips. The noise of byte i is made of block i / 8 of Philox under `key`:
/// of the block's 16 bytes, byte i % 8 chooses a column, byte 8 + i % 8 has the sign in its highest
/// bit, and its rest is below the column's threshold or the noise is the column's other value.
typedef struct {
  uint8_t threshold[256], other[256];
} graft_noise_table;

/// The table (Walker, 1977) by which magnitude m is drawn counts[m] times out of 2^15.
void graft_noise_table_set(graft_noise_table *table, const uint32_t counts[256]);
void graft_add_noise(
    const graft_noise_table *table, uint32_t key0, uint32_t key1, const uint8_t *source,
    ptrdiff_t count, uint8_t *target);

// ---------------------------------------------------------------- color

/// Pillow's luma, (19595 R + 38470 G + 7471 B + 2^15) >> 16, of `pixels` RGB pixels: one byte each,
/// three of them, or their sum.
void graft_luma(const uint8_t *source, ptrdiff_t pixels, uint8_t *target);
void graft_grayscale(const uint8_t *source, ptrdiff_t pixels, uint8_t *target);
uint64_t graft_luma_sum(const uint8_t *source, ptrdiff_t pixels);

/// Pillow's blend of two bytes, origin + factor * (value - origin) in float32, clipped and truncated.
typedef struct {
  float factor;
  /// By how much a blend raises or lowers the origin for a given difference of the value.
  uint8_t lift[256], drop[256];
  /// Whether raising and lowering gives what float32 gives.
  int is_table;
} graft_blend;

void graft_blend_set(graft_blend *blend, float factor);

/// Each RGB pixel blended with its luma.
void graft_saturate(
    const graft_blend *blend, const uint8_t *source, ptrdiff_t pixels, uint8_t *target);

/// Blended with the smoothing [1 1 1; 1 5 1; 1 1 1] / 13; the frame of one pixel is kept.
void graft_sharpen(
    const graft_blend *blend, const uint8_t *source, ptrdiff_t width, ptrdiff_t height, int channels,
    uint8_t *target);

/// Each RGB pixel to Pillow's 8-bit HSV, `turn` added to the hue, and back.
void graft_shift_hue(const uint8_t *source, ptrdiff_t pixels, uint8_t turn, uint8_t *target);

/// The hue of each RGB pixel rotated by a fraction of the color wheel in float32, rounded to bytes
/// once.
void graft_shift_hue_float(
    const uint8_t *source, ptrdiff_t pixels, float turn, uint8_t *target);

// ---------------------------------------------------------------- warps

/// The image that a warp reads, and the color it writes outside the image.
typedef struct {
  const uint8_t *pixels;
  ptrdiff_t width, height;
  int channels;
  uint8_t fill[3];
} graft_warp_source;

/// Output pixel (x, y) shows the pixel at (start[0] + x step_x[0] + y step_y[0]) >> 16 and likewise
/// for rows; all in 16 fractional bits.
typedef struct {
  int64_t start[2], step_x[2], step_y[2];
} graft_fixed_map;

void graft_warp_nearest(
    const graft_warp_source *source, const graft_fixed_map *map, ptrdiff_t width, ptrdiff_t height,
    uint8_t *target);

/// Output pixel (x, y) shows pixel (columns[x], rows[y]); a negative index is outside.
void graft_warp_scaled(
    const graft_warp_source *source, const int32_t *columns, const int32_t *rows, ptrdiff_t width,
    ptrdiff_t height, uint8_t *target);

typedef enum { GRAFT_NEAREST, GRAFT_BILINEAR, GRAFT_BICUBIC } graft_warp_filter;

/// Output position (x, y) shows (a x + b y + c, d x + e y + f) for map = {a, b, c, d, e, f}, read
/// between pixels in double precision as Pillow does.
void graft_warp_affine(
    const graft_warp_source *source, const double map[6], graft_warp_filter filter, ptrdiff_t width,
    ptrdiff_t height, uint8_t *target);

/// Output position (x, y) shows ((a x + b y + c) / w, (d x + e y + f) / w) with w = g x + h y + 1 for
/// map = {a, ..., h}.
void graft_warp_perspective(
    const graft_warp_source *source, const double map[8], graft_warp_filter filter, ptrdiff_t width,
    ptrdiff_t height, uint8_t *target);

/// Output position (x, y) shows (x + shift[0], y + shift[1]); a row of shifts is `field_width` long.
void graft_warp_shifted(
    const graft_warp_source *source, const float (*shifts)[2], ptrdiff_t field_width,
    graft_warp_filter filter, ptrdiff_t width, ptrdiff_t height, uint8_t *target);

/// Smooth random shifts: along each axis numbers from U(-1, 1), of Philox under `key` in stream 0
/// and 1, convolved along both axes with the weights[0...2 radius], mirrored about the border pixels.
void graft_elastic_shifts(
    uint32_t key0, uint32_t key1, ptrdiff_t width, ptrdiff_t height, const float *weights,
    ptrdiff_t radius, float scale, float (*shifts)[2]);

/// The numbers of one of its streams before they are convolved.
void graft_uniform_noise(
    uint32_t key0, uint32_t key1, uint32_t stream, ptrdiff_t count, float *values);
