// Kernels of dense prediction: maps brought to another size, losses and counts over pixels.
//
// Maps are [H, W, C] of one image, rows from the top. A label is a class as a float; what is no class
// (255 by custom) counts for nothing.
#pragma once
#include <stddef.h>
#include <stdint.h>

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

/// Adds up over pixels: sums[0] of weight * -log p(label), sums[1] of weights, and for each class c
/// sums[2 + 3c] of p(c) where it is the label, [3 + 3c] of p(c), [4 + 3c] of pixels of that label.
/// p is the softmax of the pixel's logits; `weights` of classes may be null, which means 1.
void graft_dense_loss_sums(
    const float *logits, const float *labels, const float *weights, ptrdiff_t pixels, int classes,
    double *sums);

/// dlogits (+)= cross_entropy * weight(label) * (p - [label]) + the gradient through p of
/// sum over c of p(c) * (overlap[2c] * [label = c] + overlap[2c + 1]).
void graft_dense_loss_gradient(
    const float *logits, const float *labels, const float *weights, ptrdiff_t pixels, int classes,
    float cross_entropy, const float *overlap, int accumulates, float *dlogits);

/// Steps of the logit difference that histograms tell apart.
#define GRAFT_SCORE_BINS 16384

/// The most probable class of each pixel, the first of equals, as bytes.
void graft_dense_predict(const float *logits, ptrdiff_t pixels, int classes, uint8_t *predicted);

/// Softmax over the classes of each pixel.
void graft_dense_softmax(const float *logits, ptrdiff_t pixels, int classes, float *probabilities);

/// confusion[label * classes + predicted] += 1 for each pixel with a label. Of two classes also
/// histogram[label * GRAFT_SCORE_BINS + bin] += 1, bin by logit 1 - logit 0; it may be null.
void graft_dense_count(
    const float *logits, const float *labels, ptrdiff_t pixels, int classes, int64_t *confusion,
    int64_t *histogram);
