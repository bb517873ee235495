// Small arithmetic that many kernels share: vectors of sixteen, whole numbers, fused activations.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/dispatch.h"

// ---------------------------------------------------------------- vectors

/// Sixteen floats: one AVX-512 register, or several smaller ones.
typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));

/// The first half of one.
typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));

typedef int v16i __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t v16u __attribute__((vector_size(64), aligned(4), may_alias));

/// Sixteen bfloat16 numbers.
typedef uint16_t v16h __attribute__((vector_size(32), aligned(2), may_alias));

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

// ---------------------------------------------------------------- bfloat16

GRAFT_INLINE uint32_t graft_bits_of(float value) {
  union {
    float value;
    uint32_t bits;
  } number = {value};
  return number.bits;
}

/// A float rounded to bfloat16, of two equally near ones to the even; a NaN stays one, and a denormal number
/// is zero, as VCVTNEPS2BF16 has it.
GRAFT_INLINE uint16_t graft_bf16_of(float value) {
  uint32_t bits = graft_bits_of(value);
  uint32_t rounded = bits + 0x7fff + ((bits >> 16) & 1);
  rounded = (bits & 0x7f800000) ? rounded : bits & 0x80000000;
  return (uint16_t)(((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : rounded) >> 16);
}

/// The same of a vector of sixteen. A macro: vectors must not cross calls.
#define GRAFT_NARROW(vector)                                                                  \
  ({                                                                                          \
    v16u bits = (v16u)(vector), rounded = bits + 0x7fff + (bits >> 16 & 1);                   \
    v16u is_nan = (v16u)((bits & 0x7fffffff) > 0x7f800000);                                   \
    v16u is_tiny = (v16u)((bits & 0x7f800000) == 0);                                          \
    rounded = (is_tiny & (bits & 0x80000000)) | (~is_tiny & rounded);                         \
    rounded = (is_nan & (bits | 0x400000)) | (~is_nan & rounded);                             \
    __builtin_convertvector(rounded >> 16, v16h);                                             \
  })

GRAFT_INLINE float graft_bf16_value(uint16_t number) {
  union {
    uint32_t bits;
    float value;
  } wide = {(uint32_t)number << 16};
  return wide.value;
}

/// Sixteen numbers of x from `at` on, stored as float32 or bfloat16. A macro: vectors must not cross calls.
#define GRAFT_LOAD(x, at, is_bf16)                                                          \
  ((is_bf16)                                                                                \
       ? (v16)(__builtin_convertvector(*(const v16h *)((const uint16_t *)(x) + (at)), v16u) << 16) \
       : *(const v16 *)((const float *)(x) + (at)))

/// `count` numbers of `from`, stored as bfloat16, as floats.
GRAFT_INLINE void graft_bf16_widen(const uint16_t *from, ptrdiff_t count, float *to) {
  for (ptrdiff_t i = 0; i < count; i++) to[i] = graft_bf16_value(from[i]);
}
