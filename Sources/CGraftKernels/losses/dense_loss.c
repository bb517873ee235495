// Losses over the pixels of a map, their gradients, and the counts behind scores.
#include <math.h>

#include "common/dispatch.h"
#include "graft_losses.h"

/// The classes that fit into a byte, besides 255 for none.
#define MAX_CLASSES 255

/// The softmax of one pixel; returns the logarithm of the sum of exp(logits).
static float softmax(const float *x, int classes, float *p) {
  float top = x[0];
  for (int c = 1; c < classes; c++) top = x[c] > top || x[c] != x[c] ? x[c] : top;
  float sum = 0;
  for (int c = 0; c < classes; c++) sum += p[c] = expf(x[c] - top);
  for (int c = 0; c < classes; c++) p[c] /= sum;
  return top + logf(sum);
}

/// The class of a label, or -1.
static int class_of(float label, int classes) {
  return label >= 0 && label < (float)classes ? (int)label : -1;
}

void graft_dense_loss_sums(
    const float *logits, const float *labels, const float *weights, ptrdiff_t pixels, int classes,
    double *sums) {
  float p[MAX_CLASSES];
  for (int i = 0; i < 2 + 3 * classes; i++) sums[i] = 0;
  for (ptrdiff_t at = 0; at < pixels; at++) {
    int label = class_of(labels[at], classes);
    if (label < 0) continue;
    const float *x = logits + at * classes;
    float logarithm = softmax(x, classes, p), weight = weights ? weights[label] : 1;
    sums[0] += (double)weight * (logarithm - x[label]);
    sums[1] += weight;
    sums[2 + 3 * label] += p[label];
    sums[4 + 3 * label] += 1;
    for (int c = 0; c < classes; c++) sums[3 + 3 * c] += p[c];
  }
}

void graft_dense_loss_gradient(
    const float *logits, const float *labels, const float *weights, ptrdiff_t pixels, int classes,
    float cross_entropy, const float *overlap, int accumulates, float *dlogits) {
  float p[MAX_CLASSES], through[MAX_CLASSES];
  for (ptrdiff_t at = 0; at < pixels; at++) {
    float *dx = dlogits + at * classes;
    int label = class_of(labels[at], classes);
    if (label < 0) {
      if (!accumulates)
        for (int c = 0; c < classes; c++) dx[c] = 0;
      continue;
    }
    softmax(logits + at * classes, classes, p);
    float factor = cross_entropy * (weights ? weights[label] : 1), mean = 0;
    for (int c = 0; c < classes; c++) {
      through[c] = overlap[2 * c + 1] + (c == label ? overlap[2 * c] : 0);
      mean += p[c] * through[c];
    }
    for (int c = 0; c < classes; c++) {
      float gradient = factor * (p[c] - (c == label)) + p[c] * (through[c] - mean);
      dx[c] = accumulates ? dx[c] + gradient : gradient;
    }
  }
}

GRAFT_INLINE int best_of(const float *x, int classes) {
  int best = 0;
  for (int c = 1; c < classes; c++) best = x[c] > x[best] ? c : best;
  return best;
}

void graft_dense_predict(const float *logits, ptrdiff_t pixels, int classes, uint8_t *predicted) {
  for (ptrdiff_t at = 0; at < pixels; at++)
    predicted[at] = (uint8_t)best_of(logits + at * classes, classes);
}

void graft_dense_count(
    const float *logits, const float *labels, ptrdiff_t pixels, int classes, int64_t *confusion,
    int64_t *histogram) {
  // Differences beyond this are certain in float32.
  const float reach = 16;
  for (ptrdiff_t at = 0; at < pixels; at++) {
    int label = class_of(labels[at], classes);
    if (label < 0) continue;
    const float *x = logits + at * classes;
    confusion[label * classes + best_of(x, classes)]++;
    if (!histogram) continue;
    float score = (x[1] - x[0] + reach) / (2 * reach) * GRAFT_SCORE_BINS;
    int bin = score >= GRAFT_SCORE_BINS - 1 ? GRAFT_SCORE_BINS - 1 : score > 0 ? (int)score : 0;
    histogram[label * GRAFT_SCORE_BINS + bin]++;
  }
}
