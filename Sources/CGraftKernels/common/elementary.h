// Elementary functions without branches or calls, so that loops over them are vectors throughout.
// The polynomials minimize the relative error on their intervals; each function is within a few
// units of float32's last place.
#pragma once
#include <stdint.h>

#include "common/dispatch.h"

typedef union {
  float value;
  uint32_t bits;
} bits_of_float;

/// e^x - 1 on the way: x = n ln 2 + r, scale = 2^n, tail = e^r - 1.
typedef struct {
  float scale, tail;
} exponential;

GRAFT_INLINE exponential split_exponential(float x) {
  // Within these 2^n and its inverse are normal numbers; a NaN passes.
  x = x < -87.0f ? -87.0f : x;
  x = x > 87.0f ? 87.0f : x;
  // Adding 1.5·2^23 rounds to the nearest integer, which then lies in the lowest bits.
  bits_of_float n = {x * 1.44269504f + 12582912.0f};
  float whole = n.value - 12582912.0f;
  float r = x - whole * 0.693359375f;
  r = r + whole * 2.12194440e-4f;
  float p = 1.38825e-3f;
  p = p * r + 8.36652e-3f;
  p = p * r + 4.16672e-2f;
  p = p * r + 1.6666544e-1f;
  p = p * r + 0.49999998f;
  bits_of_float scale = {.bits = (n.bits << 23) + 0x3F800000u};
  return (exponential){scale.value, p * r * r + r};
}

GRAFT_INLINE float exp_of(float x) {
  exponential e = split_exponential(x);
  return e.scale * e.tail + e.scale;
}

/// e^x - 1 at full precision near 0.
GRAFT_INLINE float exp_minus_one(float x) {
  exponential e = split_exponential(x);
  return e.scale * e.tail + (e.scale - 1);
}

/// log(1 + u) for u in 0 ... 1, by 2 artanh(u / (2 + u)).
GRAFT_INLINE float log_one_plus(float u) {
  float s = u / (2 + u), z = s * s;
  float p = 0.28024479f;
  p = p * z + 0.27999137f;
  p = p * z + 0.40021699f;
  p = p * z + 0.66666413f;
  return p * z * s + 2 * s;
}

GRAFT_INLINE float sigmoid_of(float x) { return 1 / (1 + exp_of(-x)); }

GRAFT_INLINE float tanh_of(float x) {
  float size = __builtin_fabsf(x), z = x * x;
  float p = -5.71703e-3f;
  p = p * z + 2.065058e-2f;
  p = p * z - 5.374349e-2f;
  p = p * z + 1.3331491e-1f;
  p = p * z - 3.3333284e-1f;
  float small = p * z * x + x;
  float large = __builtin_copysignf(1 - 2 / (exp_of(2 * size) + 1), x);
  return size < 0.625f ? small : large;
}

/// e^(-x²/2); the square is cut in two, since its error counts as much as it is large.
GRAFT_INLINE float bell_of(float x) {
  // Beyond 16 both parts are 0 anyway.
  x = x > 16 ? 16 : x;
  x = x < -16 ? -16 : x;
  bits_of_float cut = {x};
  cut.bits &= 0xFFFFF000u;
  float rest = 0.5f * (x - cut.value) * (x + cut.value);
  float p = 0.5f - rest * (1.0f / 6);
  return exp_of(-0.5f * cut.value * cut.value) * (p * rest * rest - rest + 1);
}

/// The normal distribution up to x; bell is bell_of(x).
GRAFT_INLINE float normal_of(float x, float bell) {
  float t = 1 / (1 + 0.25f * __builtin_fabsf(x));
  float p = 0.019785266f;
  p = p * t - 0.08089173f;
  p = p * t + 0.09562377f;
  p = p * t - 0.03174429f;
  p = p * t + 0.06371493f;
  p = p * t + 0.05896956f;
  p = p * t + 0.08160425f;
  p = p * t + 0.09346623f;
  p = p * t + 0.09973644f;
  p = p * t + 0.09973557f;
  float below = p * t * bell;
  return x > 0 ? 1 - below : below;
}
