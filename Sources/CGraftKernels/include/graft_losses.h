// Losses and counts of dense prediction, over the pixels of one image's map [H, W, C].
//
// A label is a class as a float; other values (255 by convention) are ignored.
#pragma once
#include <stddef.h>
#include <stdint.h>

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

/// The number of bins of the logit difference in histograms.
#define GRAFT_SCORE_BINS 16384

/// The most probable class of each pixel, the first of equals, as bytes.
void graft_dense_predict(const float *logits, ptrdiff_t pixels, int classes, uint8_t *predicted);

/// confusion[label * classes + predicted] += 1 for each pixel with a label. Of two classes also
/// histogram[label * GRAFT_SCORE_BINS + bin] += 1, bin by logit 1 - logit 0; it may be null.
void graft_dense_count(
    const float *logits, const float *labels, ptrdiff_t pixels, int classes, int64_t *confusion,
    int64_t *histogram);
