// One pixel's channels through a batch norm, for kernels that normalize as they load.
#pragma once
#include "common/arithmetic.h"
#include "graft_norms.h"

/// dy where the activation passes, else 0; its input x * scale + offset decides.
GRAFT_INLINE float graft_passed(float x, float dy, float scale, float offset, int activation) {
  if (activation == GRAFT_LINEAR) return dy;
  float z = x * scale + offset;
  int passes = activation == GRAFT_RELU ? z > 0 : (z > 0) & (z < 6);
  return passes ? dy : 0;
}

#define GRAFT_NORM_APPLY(x, norm, count, activation, y) \
  GRAFT_IN_PLACE for (int i = 0; i < count; i++)        \
      (y)[i] = graft_apply((x)[i] * (norm)->scale[i] + (norm)->offset[i], activation)

/// y = activation(x * scale + offset) over `count` channels; a null norm copies.
GRAFT_INLINE void graft_norm_pixel(const graft_norm *norm, const float *x, int count, float *y) {
  if (!norm) __builtin_memcpy(y, x, sizeof(float) * count);
  else if (norm->activation == GRAFT_LINEAR) GRAFT_NORM_APPLY(x, norm, count, 0, y);
  else if (norm->activation == GRAFT_RELU) GRAFT_NORM_APPLY(x, norm, count, 1, y);
  else GRAFT_NORM_APPLY(x, norm, count, 2, y);
}

#define GRAFT_NORM_GRADIENT(assign, activation)                                              \
  GRAFT_IN_PLACE for (int i = 0; i < count; i++)                                             \
      dx[i] assign norm->scale[i] *                                                          \
              graft_passed(x[i], dy[i], norm->scale[i], norm->offset[i], activation) +       \
          norm->product[i] * x[i] + norm->constant[i]

/// dx (+)= the gradient of a norm's input x over `count` channels; a null norm passes dy through.
GRAFT_INLINE void graft_norm_pixel_gradient(
    const graft_norm *norm, const float *x, const float *dy, int count, int accumulates,
    float *dx) {
  if (!norm) {
    if (accumulates) GRAFT_IN_PLACE for (int i = 0; i < count; i++) dx[i] += dy[i];
    else __builtin_memmove(dx, dy, sizeof(float) * count);
  } else if (accumulates) {
    if (norm->activation == GRAFT_LINEAR) GRAFT_NORM_GRADIENT(+=, 0);
    else if (norm->activation == GRAFT_RELU) GRAFT_NORM_GRADIENT(+=, 1);
    else GRAFT_NORM_GRADIENT(+=, 2);
  } else {
    if (norm->activation == GRAFT_LINEAR) GRAFT_NORM_GRADIENT(=, 0);
    else if (norm->activation == GRAFT_RELU) GRAFT_NORM_GRADIENT(=, 1);
    else GRAFT_NORM_GRADIENT(=, 2);
  }
}
