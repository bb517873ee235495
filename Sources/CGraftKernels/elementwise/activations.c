// Activations and their derivatives.
#include "common/arithmetic.h"
#include "common/elementary.h"
#include "graft_elementwise.h"

// ---------------------------------------------------------------- forward

GRAFT_INLINE float leaky(float x, float slope) { return x < 0 ? slope * x : x; }

GRAFT_INLINE float elu(float x, float alpha) { return x < 0 ? alpha * exp_minus_one(x) : x; }

#define SELU_SCALE 1.05070099f
#define SELU_ALPHA 1.67326324f
GRAFT_INLINE float selu(float x, float unused) { return SELU_SCALE * elu(x, SELU_ALPHA); }

GRAFT_INLINE float gelu(float x, float unused) { return x * normal_of(x, bell_of(x)); }

/// 2 √(2/π) (x + 0.044715 x³).
GRAFT_INLINE float gelu_argument(float x) { return 1.59576912f * x * (1 + 0.044715f * x * x); }
GRAFT_INLINE float gelu_tanh(float x, float unused) { return x * sigmoid_of(gelu_argument(x)); }

#define QUICK_GELU_STEEPNESS 1.702f
GRAFT_INLINE float quick_gelu(float x, float unused) {
  return x * sigmoid_of(QUICK_GELU_STEEPNESS * x);
}

GRAFT_INLINE float sigmoid(float x, float unused) { return sigmoid_of(x); }
GRAFT_INLINE float hyperbolic(float x, float unused) { return tanh_of(x); }

GRAFT_INLINE float softplus(float x, float unused) {
  return (x < 0 ? 0 : x) + log_one_plus(exp_of(-__builtin_fabsf(x)));
}

GRAFT_INLINE float silu(float x, float unused) { return x * sigmoid_of(x); }

/// x tanh(log(1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2).
GRAFT_INLINE float mish(float x, float unused) {
  float e = exp_of(x > 20 ? 20 : x), n = e * (e + 2);
  return x * (n / (n + 2));
}

GRAFT_INLINE float hard_sigmoid(float x, float unused) {
  return graft_apply(x + 3, 2) * (1.0f / 6);
}
GRAFT_INLINE float hard_swish(float x, float unused) { return x * hard_sigmoid(x, 0); }

#define ACTIVATE(function) \
  GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] = function(x[i], parameter)

GRAFT_DISPATCHED void graft_activate(
    const float *x, ptrdiff_t count, graft_activation activation, float parameter, float *y) {
  switch (activation) {
    case GRAFT_LINEAR: graft_copy(x, count, 0, y); break;
    case GRAFT_RELU: GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] = graft_apply(x[i], 1); break;
    case GRAFT_RELU6: GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++) y[i] = graft_apply(x[i], 2); break;
    case GRAFT_LEAKY_RELU: ACTIVATE(leaky); break;
    case GRAFT_ELU: ACTIVATE(elu); break;
    case GRAFT_SELU: ACTIVATE(selu); break;
    case GRAFT_GELU: ACTIVATE(gelu); break;
    case GRAFT_GELU_TANH: ACTIVATE(gelu_tanh); break;
    case GRAFT_QUICK_GELU: ACTIVATE(quick_gelu); break;
    case GRAFT_SIGMOID: ACTIVATE(sigmoid); break;
    case GRAFT_TANH: ACTIVATE(hyperbolic); break;
    case GRAFT_SOFTPLUS: ACTIVATE(softplus); break;
    case GRAFT_SILU: ACTIVATE(silu); break;
    case GRAFT_MISH: ACTIVATE(mish); break;
    case GRAFT_HARD_SWISH: ACTIVATE(hard_swish); break;
    case GRAFT_HARD_SIGMOID: ACTIVATE(hard_sigmoid); break;
  }
}

// ---------------------------------------------------------------- derivatives

// Of the output y.
GRAFT_INLINE float linear_slope(float y, float unused) { return 1; }
GRAFT_INLINE float relu_slope(float y, float unused) { return y > 0 ? 1 : 0; }
GRAFT_INLINE float relu6_slope(float y, float unused) { return ((y > 0) & (y < 6)) ? 1 : 0; }
GRAFT_INLINE float leaky_slope(float y, float slope) { return y > 0 ? 1 : slope; }
GRAFT_INLINE float elu_slope(float y, float alpha) { return y > 0 ? 1 : y + alpha; }
GRAFT_INLINE float selu_slope(float y, float unused) {
  return y > 0 ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA;
}
GRAFT_INLINE float sigmoid_slope(float y, float unused) { return y * (1 - y); }
GRAFT_INLINE float tanh_slope(float y, float unused) { return 1 - y * y; }
GRAFT_INLINE float softplus_slope(float y, float unused) { return -exp_minus_one(-y); }
GRAFT_INLINE float hard_sigmoid_slope(float y, float unused) {
  return ((y > 0) & (y < 1)) ? 1.0f / 6 : 0;
}

// Of the input x.
GRAFT_INLINE float gelu_slope(float x, float unused) {
  float bell = bell_of(x);
  return normal_of(x, bell) + 0.39894228f * x * bell;
}

GRAFT_INLINE float gelu_tanh_slope(float x, float unused) {
  // Beyond 12 it is 0 or 1; the formula would give 0 times infinity.
  x = x < -12 ? -12 : x;
  x = x > 12 ? 12 : x;
  float s = sigmoid_of(gelu_argument(x));
  return s + s * (1 - s) * 1.59576912f * x * (1 + 0.134145f * x * x);
}

GRAFT_INLINE float quick_gelu_slope(float x, float unused) {
  float s = sigmoid_of(QUICK_GELU_STEEPNESS * x);
  return s + s * (1 - s) * QUICK_GELU_STEEPNESS * x;
}

GRAFT_INLINE float silu_slope(float x, float unused) {
  float s = sigmoid_of(x);
  return s + s * (1 - s) * x;
}

GRAFT_INLINE float mish_slope(float x, float unused) {
  float e = exp_of(x > 20 ? 20 : x), n = e * (e + 2), m = n + 2;
  return n / m + x * (4 * e * (1 + e) / (m * m));
}

GRAFT_INLINE float hard_swish_slope(float x, float unused) {
  float inside = x * (1.0f / 3) + 0.5f;
  return x <= -3 ? 0 : x < 3 ? inside : 1;
}

#define PASS(function)                                                     \
  if (accumulates)                                                         \
    GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++)                   \
        dx[i] += dy[i] * function(kept[i], parameter);                     \
  else                                                                     \
    GRAFT_IN_PLACE for (ptrdiff_t i = 0; i < count; i++)                   \
        dx[i] = dy[i] * function(kept[i], parameter)

GRAFT_DISPATCHED void graft_activate_gradient(
    const float *kept, const float *dy, ptrdiff_t count, graft_activation activation,
    float parameter, int accumulates, float *dx) {
  switch (activation) {
    case GRAFT_LINEAR: PASS(linear_slope); break;
    case GRAFT_RELU: PASS(relu_slope); break;
    case GRAFT_RELU6: PASS(relu6_slope); break;
    case GRAFT_LEAKY_RELU: PASS(leaky_slope); break;
    case GRAFT_ELU: PASS(elu_slope); break;
    case GRAFT_SELU: PASS(selu_slope); break;
    case GRAFT_GELU: PASS(gelu_slope); break;
    case GRAFT_GELU_TANH: PASS(gelu_tanh_slope); break;
    case GRAFT_QUICK_GELU: PASS(quick_gelu_slope); break;
    case GRAFT_SIGMOID: PASS(sigmoid_slope); break;
    case GRAFT_TANH: PASS(tanh_slope); break;
    case GRAFT_SOFTPLUS: PASS(softplus_slope); break;
    case GRAFT_SILU: PASS(silu_slope); break;
    case GRAFT_MISH: PASS(mish_slope); break;
    case GRAFT_HARD_SWISH: PASS(hard_swish_slope); break;
    case GRAFT_HARD_SIGMOID: PASS(hard_sigmoid_slope); break;
  }
}

GRAFT_DISPATCHED void graft_prelu(
    const float *x, const float *slope, ptrdiff_t pixels, int channels, float *y) {
  for (ptrdiff_t p = 0; p < pixels; p++, x += channels, y += channels)
    GRAFT_IN_PLACE for (int c = 0; c < channels; c++) y[c] = leaky(x[c], slope[c]);
}

GRAFT_DISPATCHED void graft_prelu_gradient(
    const float *x, const float *slope, const float *dy, ptrdiff_t pixels, int channels,
    int accumulates, float *dx) {
  for (ptrdiff_t p = 0; p < pixels; p++, x += channels, dy += channels, dx += channels)
    if (accumulates)
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++) dx[c] += x[c] > 0 ? dy[c] : slope[c] * dy[c];
    else
      GRAFT_IN_PLACE for (int c = 0; c < channels; c++) dx[c] = x[c] > 0 ? dy[c] : slope[c] * dy[c];
}

GRAFT_DISPATCHED void graft_prelu_slope_gradient(
    const float *x, const float *dy, ptrdiff_t pixels, int channels, float *sum) {
  enum { LANES = 64, BLOCK = 64 };
  for (int c0 = 0; c0 < channels; c0 += LANES) {
    int count = channels - c0 < LANES ? channels - c0 : LANES;
    for (int c = 0; c < count; c++) sum[c0 + c] = 0;
    for (ptrdiff_t p0 = 0; p0 < pixels; p0 += BLOCK) {
      ptrdiff_t p1 = p0 + BLOCK < pixels ? p0 + BLOCK : pixels;
      float block[LANES] = {0};
      for (ptrdiff_t p = p0; p < p1; p++)
        for (int c = 0; c < count; c++) {
          ptrdiff_t at = p * channels + c0 + c;
          block[c] += x[at] > 0 ? 0 : x[at] * dy[at];
        }
      for (int c = 0; c < count; c++) sum[c0 + c] += block[c];
    }
  }
}
