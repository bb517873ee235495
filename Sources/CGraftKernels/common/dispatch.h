// Compiles a function for several generations of x86-64 and selects one when the program is loaded;
// elsewhere once. Also for the loops of CJPEG.
#pragma once
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
// The thread sanitizer also instruments the selection, which runs before it is ready, and crashes.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define GRAFT_DISPATCHED \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
/// The same for loops that gain nothing from AVX-512.
#define GRAFT_DISPATCHED_TO_AVX2 __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define GRAFT_DISPATCHED
#define GRAFT_DISPATCHED_TO_AVX2
#endif
#define GRAFT_INLINE static inline __attribute__((always_inline))

/// Before a loop whose output may be the same memory as an input: entry by entry that is safe.
#define GRAFT_IN_PLACE _Pragma("clang loop vectorize(assume_safety)")
