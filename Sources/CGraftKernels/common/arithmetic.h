// Small arithmetic that many kernels share: vectors of sixteen, whole numbers, fused activations.
#pragma once
#include "common/dispatch.h"

// ---------------------------------------------------------------- vectors

/// Sixteen floats: one AVX-512 register, or several smaller ones.
typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));

/// The first half of one.
typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));

typedef int v16i __attribute__((vector_size(64), aligned(4), may_alias));

/// yes where the mask's lane is set, else no. A macro: vectors must not cross calls.
#define GRAFT_SELECT(mask, yes, no) ((v16)(((mask) & (v16i)(yes)) | (~(mask) & (v16i)(no))))

// ---------------------------------------------------------------- whole numbers

static inline int int_min(int a, int b) { return a < b ? a : b; }
static inline int int_max(int a, int b) { return a > b ? a : b; }

static inline int int_clamp(int value, int low, int high) {
  return value < low ? low : value > high ? high : value;
}

/// a / b, rounded up.
static inline int ceil_div(int a, int b) { return (a + b - 1) / b; }

/// The next multiple, or count itself.
static inline int round_up(int count, int multiple) {
  return ceil_div(count, multiple) * multiple;
}

// ---------------------------------------------------------------- activations

/// The activation of a fused epilogue: 0 none, 1 ReLU, 2 ReLU6.
GRAFT_INLINE float graft_apply(float v, int activation) {
  if (activation >= 1) v = v < 0 ? 0 : v;  // a NaN stays one
  if (activation == 2) v = v > 6 ? 6 : v;
  return v;
}
