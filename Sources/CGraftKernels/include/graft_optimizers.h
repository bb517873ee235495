// The optimizers' element-wise loops. No operation is fused or reordered, so every processor
// gives the same bits.
#pragma once
#include <stdbool.h>
#include <stddef.h>

/// The vector of loops written in Swift: SIMD16<Float> there.
typedef float graft_lanes __attribute__((ext_vector_type(16)));

/// The square root of each, correctly rounded. Swift's square root would be sixteen calls.
static inline graft_lanes graft_roots(graft_lanes x) { return __builtin_elementwise_sqrt(x); }

/// What one stochastic-gradient update needs besides the numbers.
typedef struct {
  float rate;
  /// Weight decay, added to the gradient.
  float decay;
  float momentum;
  bool nesterov;
  /// The factor of gradient clipping.
  float gradient_scale;
} graft_sgd_update;

/// w -= rate * (g + decay * w) with momentum; velocity may be NULL when there is none.
void graft_sgd_step(
    float *restrict weight, const float *restrict gradient, float *restrict velocity,
    ptrdiff_t count, graft_sgd_update update);

/// What one AdamW update needs besides the numbers.
typedef struct {
  /// The rate over the first moment's bias correction.
  float step_size;
  /// 1 - rate * decay.
  float shrinkage;
  float beta1;
  float beta2;
  float epsilon;
  /// The square root of the second moment's bias correction.
  float root_correction;
  /// The factor of gradient clipping.
  float gradient_scale;
} graft_adamw_update;

/// Adam with decoupled weight decay.
void graft_adamw_step(
    float *restrict weight, const float *restrict gradient, float *restrict mean,
    float *restrict square, ptrdiff_t count, graft_adamw_update update);

/// What one Adadelta update needs besides the numbers.
typedef struct {
  float rate, decay, rho, epsilon;
  /// The factor of gradient clipping.
  float gradient_scale;
} graft_adadelta_update;

/// Adadelta, with decay added to the gradient.
void graft_adadelta_step(
    float *restrict weight, const float *restrict gradient, float *restrict square,
    float *restrict step, ptrdiff_t count, graft_adadelta_update update);

/// The sum of squares in double precision, in one fixed order.
double graft_sum_of_squares(const float *values, ptrdiff_t count);
