// The element-wise loops of the optimizers.
#include "graft_optimizers.h"

#include <math.h>

#include "common/dispatch.h"

// The machine's vector width changes only speed here: each element is computed alone and
// no multiply-add may be fused.
#pragma STDC FP_CONTRACT OFF

// A root that does not set errno, so that the loop around it is vectorized; correctly rounded.
#if defined(__has_builtin) && __has_builtin(__builtin_elementwise_sqrt)
#define GRAFT_ROOT(x) __builtin_elementwise_sqrt(x)
#else
#define GRAFT_ROOT(x) sqrtf(x)
#endif

GRAFT_DISPATCHED
static void plain_step(
    float *restrict weight, const float *restrict gradient, ptrdiff_t count,
    graft_sgd_update update) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float g = gradient[i] * update.gradient_scale + weight[i] * update.decay;
    weight[i] -= update.rate * g;
  }
}

GRAFT_DISPATCHED
static void momentum_step(
    float *restrict weight, const float *restrict gradient, float *restrict velocity,
    ptrdiff_t count, graft_sgd_update update) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float g = gradient[i] * update.gradient_scale + weight[i] * update.decay;
    float v = velocity[i] * update.momentum + g;
    velocity[i] = v;
    weight[i] -= update.rate * v;
  }
}

GRAFT_DISPATCHED
static void nesterov_step(
    float *restrict weight, const float *restrict gradient, float *restrict velocity,
    ptrdiff_t count, graft_sgd_update update) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float g = gradient[i] * update.gradient_scale + weight[i] * update.decay;
    float v = velocity[i] * update.momentum + g;
    velocity[i] = v;
    weight[i] -= update.rate * (g + update.momentum * v);
  }
}

void graft_sgd_step(
    float *restrict weight, const float *restrict gradient, float *restrict velocity,
    ptrdiff_t count, graft_sgd_update update) {
  if (!velocity) {
    plain_step(weight, gradient, count, update);
  } else if (update.nesterov) {
    nesterov_step(weight, gradient, velocity, count, update);
  } else {
    momentum_step(weight, gradient, velocity, count, update);
  }
}

GRAFT_DISPATCHED
void graft_adamw_step(
    float *restrict weight, const float *restrict gradient, float *restrict mean,
    float *restrict square, ptrdiff_t count, graft_adamw_update update) {
  float new_mean = 1 - update.beta1, new_square = 1 - update.beta2;
  for (ptrdiff_t i = 0; i < count; i++) {
    float g = gradient[i] * update.gradient_scale;
    float m = mean[i] + new_mean * (g - mean[i]);
    float s = square[i] * update.beta2 + new_square * g * g;
    mean[i] = m;
    square[i] = s;
    float scale = GRAFT_ROOT(s) / update.root_correction + update.epsilon;
    weight[i] = weight[i] * update.shrinkage - update.step_size * (m / scale);
  }
}

GRAFT_DISPATCHED
void graft_adadelta_step(
    float *restrict weight, const float *restrict gradient, float *restrict square,
    float *restrict step, ptrdiff_t count, graft_adadelta_update update) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float g = gradient[i] * update.gradient_scale + weight[i] * update.decay;
    float s = square[i] * update.rho + g * g * (1 - update.rho);
    float d = GRAFT_ROOT(step[i] + update.epsilon) / GRAFT_ROOT(s + update.epsilon) * g;
    square[i] = s;
    step[i] = step[i] * update.rho + d * d * (1 - update.rho);
    weight[i] -= update.rate * d;
  }
}

GRAFT_DISPATCHED
double graft_sum_of_squares(const float *values, ptrdiff_t count) {
  enum { LANES = 16 };
  double lanes[LANES] = {0};
  ptrdiff_t whole = count - count % LANES;
  for (ptrdiff_t i = 0; i < whole; i += LANES) {
    for (int lane = 0; lane < LANES; lane++) {
      double value = values[i + lane];
      lanes[lane] += value * value;
    }
  }
  double sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += lanes[lane];
  for (ptrdiff_t i = whole; i < count; i++) sum += (double)values[i] * (double)values[i];
  return sum;
}
