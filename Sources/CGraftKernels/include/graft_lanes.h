// Vectors for element-wise loops that are written in Swift, where one is SIMD16<Float>.
#pragma once

typedef float graft_lanes __attribute__((ext_vector_type(16)));

/// The square root of each, correctly rounded. Swift's own is sixteen calls.
static inline graft_lanes graft_roots(graft_lanes x) { return __builtin_elementwise_sqrt(x); }
