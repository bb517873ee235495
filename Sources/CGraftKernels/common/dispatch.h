// Compiles a function for three generations of x86-64 and picks at load time; elsewhere once.
#pragma once
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
// The thread sanitizer instruments the picking too, which runs before it is ready, and crashes.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define GRAFT_DISPATCHED \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GRAFT_DISPATCHED
#endif
#define GRAFT_INLINE static inline __attribute__((always_inline))

/// Before a loop whose output may lie exactly where an input lies: entry by entry that is safe.
#define GRAFT_IN_PLACE _Pragma("clang loop vectorize(assume_safety)")

/// Sixteen floats: one AVX-512 register, or as many smaller ones as it takes.
typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));

/// The first half of one.
typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));

typedef int v16i __attribute__((vector_size(64), aligned(4), may_alias));

/// yes where the mask's lane is set, else no. A macro: vectors must not cross calls.
#define GRAFT_SELECT(mask, yes, no) ((v16)(((mask) & (v16i)(yes)) | (~(mask) & (v16i)(no))))

GRAFT_INLINE float graft_apply(float v, int activation) {
  if (activation >= 1) v = v < 0 ? 0 : v;  // a NaN stays one
  if (activation == 2) v = v > 6 ? 6 : v;
  return v;
}
