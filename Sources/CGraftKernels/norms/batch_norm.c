// Batch norm: sums of both directions, and the elementwise passes, over values stored as float32 or bfloat16.
#include "norms/batch_norm.h"

// Sums run in float over blocks of pixels short enough to keep seven digits, then in double.
#define BLOCK 64
#define LANES 64

/// Number `at` of values stored as float32 or bfloat16; x is null or constant for a loop, and so is is_bf16.
#define NUMBER(x, at, is_bf16) \
  ((is_bf16) ? graft_bf16_value(((const uint16_t *)(x))[at]) : ((const float *)(x))[at])
/// Stores one.
#define PUT(y, at, is_bf16, value)                        \
  if (is_bf16) ((uint16_t *)(y))[at] = graft_bf16_of(value); \
  else ((float *)(y))[at] = (value)
/// Calls BODY(is_bf16) once, with a constant.
#define WITH_CONSTANT_FORMAT(is_bf16, BODY) \
  if (is_bf16) { BODY(1); }                \
  else { BODY(0); }

/// Calls BODY(count) once, with a constant count when all lanes are used.
#define WITH_CONSTANT_LANES(count, BODY) \
  if (count == LANES) BODY(LANES);       \
  else BODY(count)

GRAFT_INLINE void sums_of_block(
    const int is_bf16, const void *x, ptrdiff_t first, ptrdiff_t pixels, ptrdiff_t channels,
    const float *shift, int count, float *sum, float *square) {
  for (ptrdiff_t p = 0; p < pixels; p++) {
    ptrdiff_t at = first + p * channels;
    for (int c = 0; c < count; c++) {
      float v = NUMBER(x, at + c, is_bf16) - shift[c];
      sum[c] += v;
      square[c] += v * v;
    }
  }
}

GRAFT_INLINE void norm_sums(
    const int is_bf16, const void *x, ptrdiff_t pixels, int channels, double *record) {
  double *shifts = record + 1, *sums = shifts + channels, *squares = sums + channels;
  if (record[0] == 0) {
    for (int c = 0; c < channels; c++) {
      shifts[c] = NUMBER(x, c, is_bf16);
      sums[c] = squares[c] = 0;
    }
  }
  record[0] += pixels;
  // Several pixels of few channels fill the lanes of one.
  int group = LANES % channels == 0 ? LANES / channels : 1;
  ptrdiff_t grouped = group > 1 ? pixels / group * group : 0;
  for (ptrdiff_t p0 = 0; p0 < grouped; p0 += BLOCK * group) {
    ptrdiff_t rows = (grouped - p0 < BLOCK * group ? grouped - p0 : BLOCK * group) / group;
    float sum[LANES] = {0}, square[LANES] = {0}, shift[LANES];
    for (int i = 0; i < LANES; i++) shift[i] = shifts[i % channels];
    sums_of_block(is_bf16, x, p0 * channels, rows, LANES, shift, LANES, sum, square);
    for (int i = 0; i < LANES; i++) {
      sums[i % channels] += sum[i];
      squares[i % channels] += square[i];
    }
  }
  for (ptrdiff_t p0 = grouped; p0 < pixels; p0 += BLOCK) {
    ptrdiff_t rows = pixels - p0 < BLOCK ? pixels - p0 : BLOCK;
    for (int c0 = 0; c0 < channels; c0 += LANES) {
      int count = channels - c0 < LANES ? channels - c0 : LANES;
      float sum[LANES] = {0}, square[LANES] = {0}, shift[LANES];
      for (int c = 0; c < count; c++) shift[c] = shifts[c0 + c];
#define SUMS(count) \
  sums_of_block(is_bf16, x, p0 * channels + c0, rows, channels, shift, count, sum, square)
      WITH_CONSTANT_LANES(count, SUMS);
      for (int c = 0; c < count; c++) {
        sums[c0 + c] += sum[c];
        squares[c0 + c] += square[c];
      }
    }
  }
}

GRAFT_DISPATCHED void graft_norm_sums(
    const void *x, int is_bf16, ptrdiff_t pixels, int channels, double *record) {
#define NORM_SUMS(is_bf16) norm_sums(is_bf16, x, pixels, channels, record)
  WITH_CONSTANT_FORMAT(is_bf16, NORM_SUMS)
}

#define APPLY_PIXELS(is_bf16, residual_of, activation)                                  \
  for (ptrdiff_t p = 0; p < pixels; p++) {                                              \
    ptrdiff_t at = p * channels;                                                        \
    GRAFT_IN_PLACE for (int i = 0; i < channels; i++) {                                 \
      float z = NUMBER(x, at + i, is_bf16) * norm->scale[i] + norm->offset[i] + (residual_of); \
      PUT(y, at + i, is_bf16, graft_apply(z, activation));                              \
    }                                                                                   \
  }
#define APPLY(is_bf16, residual_of)                                                  \
  if (norm->activation == GRAFT_LINEAR) { APPLY_PIXELS(is_bf16, residual_of, 0) }    \
  else if (norm->activation == GRAFT_RELU) { APPLY_PIXELS(is_bf16, residual_of, 1) } \
  else { APPLY_PIXELS(is_bf16, residual_of, 2) }

GRAFT_DISPATCHED void graft_norm_apply(
    const graft_norm *norm, const void *x, ptrdiff_t pixels, int channels, void *y) {
  if (norm->is_bf16) {
    APPLY(1, -0.0f)
    return;
  }
  for (ptrdiff_t p = 0; p < pixels; p++)
    graft_norm_pixel(
        norm, (const float *)x + p * channels, channels, (float *)y + p * channels);
}

GRAFT_DISPATCHED void graft_norm_apply_residual(
    const graft_norm *norm, const void *x, const void *residual, ptrdiff_t pixels, int channels,
    void *y) {
  if (norm->is_bf16) {
    APPLY(1, NUMBER(residual, at + i, 1))
  } else {
    APPLY(0, NUMBER(residual, at + i, 0))
  }
}

GRAFT_INLINE void gradient_sums(
    const int is_bf16, const void *x, const void *dy, ptrdiff_t first, const float *scale,
    const float *offset, const float *mean, ptrdiff_t pixels, ptrdiff_t channels, int count,
    int activation, float *sum, float *product) {
  for (ptrdiff_t p = 0; p < pixels; p++) {
    ptrdiff_t at = first + p * channels;
    for (int c = 0; c < count; c++) {
      float v = NUMBER(x, at + c, is_bf16);
      float g = graft_passed(v, NUMBER(dy, at + c, is_bf16), scale[c], offset[c], activation);
      sum[c] += g;
      product[c] += g * (v - mean[c]);
    }
  }
}

/// Several pixels of few channels fill the lanes of one: `grouped` pixels, whole groups.
GRAFT_INLINE void grouped_gradient_sums(
    const int is_bf16, const graft_norm *norm, const void *x, const void *dy, ptrdiff_t grouped, int group,
    int channels, double *sums) {
  float scale[LANES], offset[LANES], mean[LANES];
  for (int i = 0; i < LANES; i++) {
    scale[i] = norm->scale[i % channels];
    offset[i] = norm->offset[i % channels];
    mean[i] = norm->mean[i % channels];
  }
  for (ptrdiff_t p0 = 0; p0 < grouped; p0 += BLOCK * group) {
    ptrdiff_t rows = (grouped - p0 < BLOCK * group ? grouped - p0 : BLOCK * group) / group;
    float sum[LANES] = {0}, product[LANES] = {0};
#define GROUPED_SUMS(activation)                                                              \
  gradient_sums(                                                                             \
      is_bf16, x, dy, p0 * channels, scale, offset, mean, rows, LANES, LANES, activation, sum, \
      product)
    if (norm->activation == GRAFT_LINEAR) GROUPED_SUMS(0);
    else if (norm->activation == GRAFT_RELU) GROUPED_SUMS(1);
    else GROUPED_SUMS(2);
    for (int i = 0; i < LANES; i++) {
      sums[i % channels] += sum[i];
      sums[channels + i % channels] += product[i] * norm->inverse[i % channels];
    }
  }
}

/// Pixels first ..< pixels, a block of channels after the other.
GRAFT_INLINE void blocked_gradient_sums(
    const int is_bf16, const graft_norm *norm, const void *x, const void *dy, ptrdiff_t first,
    ptrdiff_t pixels, int channels, double *sums) {
  for (ptrdiff_t p0 = first; p0 < pixels; p0 += BLOCK) {
    ptrdiff_t rows = pixels - p0 < BLOCK ? pixels - p0 : BLOCK;
    for (int c0 = 0; c0 < channels; c0 += LANES) {
      int count = channels - c0 < LANES ? channels - c0 : LANES;
      float sum[LANES] = {0}, product[LANES] = {0};
#define GRADIENT_SUMS(count, activation)                                                      \
  gradient_sums(                                                                              \
      is_bf16, x, dy, p0 * channels + c0, norm->scale + c0, norm->offset + c0, norm->mean + c0, \
      rows, channels, count, activation, sum, product)
#define LINEAR_SUMS(count) GRADIENT_SUMS(count, 0)
#define RELU_SUMS(count) GRADIENT_SUMS(count, 1)
#define RELU6_SUMS(count) GRADIENT_SUMS(count, 2)
      if (norm->activation == GRAFT_LINEAR) { WITH_CONSTANT_LANES(count, LINEAR_SUMS); }
      else if (norm->activation == GRAFT_RELU) { WITH_CONSTANT_LANES(count, RELU_SUMS); }
      else { WITH_CONSTANT_LANES(count, RELU6_SUMS); }
      for (int c = 0; c < count; c++) {
        sums[c0 + c] += sum[c];
        sums[channels + c0 + c] += product[c] * norm->inverse[c0 + c];
      }
    }
  }
}

GRAFT_DISPATCHED void graft_norm_gradient_sums(
    const graft_norm *norm, const void *x, const void *dy, ptrdiff_t pixels, int channels,
    double *sums) {
  int group = LANES % channels == 0 ? LANES / channels : 1;
  ptrdiff_t grouped = group > 1 ? pixels / group * group : 0;
#define ALL_SUMS(is_bf16)                                                                      \
  if (grouped) grouped_gradient_sums(is_bf16, norm, x, dy, grouped, group, channels, sums);    \
  blocked_gradient_sums(is_bf16, norm, x, dy, grouped, pixels, channels, sums)
  WITH_CONSTANT_FORMAT(norm->is_bf16, ALL_SUMS)
}

/// dx (+)= the gradient of x, both stored as bfloat16.
#define STORED_GRADIENT(before, activation)                                                   \
  for (ptrdiff_t p = 0; p < pixels; p++) {                                                    \
    ptrdiff_t at = p * channels;                                                              \
    GRAFT_IN_PLACE for (int i = 0; i < channels; i++) {                                       \
      float v = NUMBER(x, at + i, 1);                                                         \
      float g = graft_passed(                                                                 \
          v, NUMBER(dy, at + i, 1), norm->scale[i], norm->offset[i], activation);             \
      PUT(dx, at + i, 1,                                                                      \
          norm->scale[i] * g + norm->product[i] * v + norm->constant[i] + (before));          \
    }                                                                                         \
  }
#define STORED_GRADIENTS(before)                                                  \
  if (norm->activation == GRAFT_LINEAR) { STORED_GRADIENT(before, 0) }            \
  else if (norm->activation == GRAFT_RELU) { STORED_GRADIENT(before, 1) }         \
  else { STORED_GRADIENT(before, 2) }

GRAFT_DISPATCHED static void stored_data_gradient(
    const graft_norm *norm, const void *x, const void *dy, ptrdiff_t pixels, int channels,
    int accumulates, void *dx) {
  if (accumulates) {
    STORED_GRADIENTS(NUMBER(dx, at + i, 1))
  } else {
    STORED_GRADIENTS(-0.0f)
  }
}

GRAFT_DISPATCHED void graft_norm_data_gradient(
    const graft_norm *norm, const void *x, const void *dy, ptrdiff_t pixels, int channels,
    int accumulates, void *dx) {
  if (norm && norm->is_bf16)
    return stored_data_gradient(norm, x, dy, pixels, channels, accumulates, dx);
  for (ptrdiff_t p = 0; p < pixels; p++) {
    ptrdiff_t at = p * channels;
    graft_norm_pixel_gradient(
        norm, (const float *)x + at, (const float *)dy + at, channels, accumulates,
        (float *)dx + at);
  }
}

void graft_norm_merge(double *records, int chunks, int channels) {
  ptrdiff_t width = 1 + 3 * (ptrdiff_t)channels;
  double *mean = records + 1, *square = mean + 2 * channels;
  for (int chunk = 0; chunk < chunks; chunk++) {
    const double *other = records + chunk * width;
    const double *shifts = other + 1, *sums = shifts + channels, *squares = sums + channels;
    double count = chunk ? records[0] : 0, added = other[0];
    // The first chunk always has pixels; later ones may be empty.
    if (added == 0) continue;
    double share = added / (count + added), weight = count * share;
    for (int c = 0; c < channels; c++) {
      double own = shifts[c] + sums[c] / added;
      double deviations = squares[c] - sums[c] * (sums[c] / added);
      double delta = chunk ? own - mean[c] : 0;
      mean[c] = chunk ? mean[c] + delta * share : own;
      square[c] = (chunk ? square[c] : 0) + deviations + delta * delta * weight;
    }
    records[0] = count + added;
  }
}

void graft_norm_add_sums(double *sums, int chunks, ptrdiff_t stride, int count) {
  for (int chunk = 1; chunk < chunks; chunk++)
    for (int i = 0; i < count; i++) sums[i] += sums[chunk * stride + i];
}
