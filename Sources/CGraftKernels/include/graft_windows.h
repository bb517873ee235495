// Kernels that read images through a window or between pixels: padding, locally connected and
// deformable windows, and resized maps.
#pragma once
#include "graft_kernels.h"

// ---------------------------------------------------------------- padding

/// What is outside the image: 0; its mirror image without the edge; its edge; its opposite side.
typedef enum {
  GRAFT_PAD_ZERO = 0,
  GRAFT_PAD_REFLECT = 1,
  GRAFT_PAD_REPLICATE = 2,
  GRAFT_PAD_CIRCULAR = 3
} graft_pad_mode;

typedef struct {
  int in_h, in_w, channels, out_h, out_w;
  /// Rows above and columns to the left that the output has more than the input.
  int top, left;
  graft_pad_mode mode;
} graft_padding;

/// Rows first_row ..< last_row of one image's output.
void graft_pad(const graft_padding *shape, const float *x, int first_row, int last_row, float *y);
/// Rows first_row ..< last_row of one image's input: each adds up, in order of rows, what was made
/// of it.
void graft_pad_gradient(
    const graft_padding *shape, const float *dy, int first_row, int last_row, int accumulates,
    float *dx);

// ---------------------------------------------------------------- locally connected

/// A window whose weights differ by position: [out_h, out_w, taps, C, K].
typedef struct {
  int batch, in_h, in_w, channels, out_h, out_w, outputs, kernel_h, kernel_w;
  int stride_y, stride_x, pad_y, pad_x;
} graft_local;

/// Row `row` of all images' outputs; bias [out_h, out_w, K] may be null.
void graft_local_forward(
    const graft_local *shape, const float *x, const float *weights, const float *bias, int row,
    float *y);
/// The input's gradient of one image.
void graft_local_data_gradient(
    const graft_local *shape, const float *dy, const float *weights, int image, int accumulates,
    float *dx);
/// The weights' gradient of row `row` of outputs, and the bias's unless that is null.
void graft_local_weight_gradient(
    const graft_local *shape, const float *x, const float *dy, int row, float *weights, float *bias);

// ---------------------------------------------------------------- deformable windows

/// A window whose taps are moved: tap t of a group g reads at its position plus
/// offsets[(g * taps + t) * 2] rows and the next number of columns, between pixels bilinearly.
typedef struct {
  int in_h, in_w, channels, out_h, out_w, kernel_h, kernel_w;
  int stride_y, stride_x, pad_y, pad_x, dilation_y, dilation_x, groups;
} graft_deformable;

/// Rows first_row ..< last_row of what one image's windows read, [out_h, out_w, taps, C]; mask
/// [out_h, out_w, groups, taps] (may be null) multiplies.
void graft_deformable_read(
    const graft_deformable *shape, const float *x, const float *offsets, const float *mask,
    int first_row, int last_row, float *y);

/// Gradients of one image, written where they are not null.
typedef struct {
  float *x, *offsets, *mask;
  int adds_x, adds_offsets, adds_mask;
} graft_deformable_gradients;

void graft_deformable_gradient(
    const graft_deformable *shape, const float *x, const float *offsets, const float *mask,
    const float *dy, const graft_deformable_gradients *gradients);

// ---------------------------------------------------------------- upsampling

typedef enum {
  /// The pixel that lies under the new one.
  GRAFT_UPSAMPLE_NEAREST = 0,
  /// Between the four pixels around, pixels being squares of which the edges are aligned.
  GRAFT_UPSAMPLE_BILINEAR = 1,
  /// The same with the centers of the corner pixels aligned.
  GRAFT_UPSAMPLE_CORNERS = 2
} graft_interpolation;

typedef struct {
  int in_h, in_w, out_h, out_w, channels;
  graft_interpolation interpolation;
} graft_upsample;

/// Rows first_row ..< last_row of the map at its new size.
void graft_upsample_rows(
    const graft_upsample *s, const float *x, int first_row, int last_row, float *y);

/// Rows first_row ..< last_row of the gradient of the map before.
void graft_upsample_gradient_rows(
    const graft_upsample *s, const float *dy, int first_row, int last_row, int accumulates,
    float *dx);
