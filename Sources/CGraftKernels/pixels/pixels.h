// What the image kernels share: AVX-512 with byte permutations and products, and sums of rows.
#pragma once
#include "common/arithmetic.h"
#include "graft_pixels.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#define HAS_AVX512 1
#define AVX512 \
  __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"), \
                 min_vector_width(512)))
#define AVX512_INLINE AVX512 static inline __attribute__((always_inline))
#else
#define HAS_AVX512 0
#endif

GRAFT_INLINE uint8_t pixels_clip(int value) { return (uint8_t)int_clamp(value, 0, 255); }

/// A byte from a sum with `bits` fractional bits, which already includes the rounding.
GRAFT_INLINE uint8_t pixels_byte(int32_t sum, int bits) { return pixels_clip(sum >> bits); }

/// Bytes of a row, padded to whole lines of the cache.
GRAFT_INLINE ptrdiff_t pixels_padded(ptrdiff_t bytes) { return (bytes + 63) / 64 * 64; }

enum { PIXELS_MAX_STEPS = 64 };

/// The weights of a sum of rows, four taps a step.
typedef struct {
  const int32_t *weights;
  ptrdiff_t taps;
  /// Fractional bits: 22 for any weight of a resize, 14 for weights in 0...2^14.
  int bits;
  /// 0 where the portable loop is used.
  ptrdiff_t steps;
  /// Of each step the lowest, middle and highest signed bytes of its four weights.
  int32_t digits[PIXELS_MAX_STEPS][3];
} pixels_sum;

/// Keeps `weights`, which must outlive the sum.
void pixels_sum_set(pixels_sum *sum, const int32_t *weights, ptrdiff_t taps, int bits);

/// target[i] = the sum of weights[t] * rows[t][i], rounded and clipped to a byte. `rows` holds
/// three more entries, which are overwritten.
void pixels_sum_rows(
    const pixels_sum *sum, const uint8_t **rows, ptrdiff_t count, uint8_t *target);

/// `count` pixels of the color for positions outside; none for a negative count.
void pixels_fill(const graft_warp_source *source, ptrdiff_t count, uint8_t *target);

/// The index inside 0..<count that a mirror at the middle of the edge pixels shows.
GRAFT_INLINE ptrdiff_t pixels_mirrored(ptrdiff_t index, ptrdiff_t count) {
  if (index >= 0 && index < count) return index;
  if (count == 1) return 0;
  ptrdiff_t period = 2 * (count - 1);
  ptrdiff_t folded = ((index % period) + period) % period;
  return folded < period - folded ? folded : period - folded;
}

/// Memory that must not fail: sizes are those of images, which were checked before.
void *pixels_allocate(ptrdiff_t bytes);

#if HAS_AVX512
/// The lowest `count` of 64 lanes; all for 64 and more.
GRAFT_INLINE uint64_t pixels_lanes(ptrdiff_t count) {
  return count >= 64 ? ~0ull : count <= 0 ? 0 : (1ull << count) - 1;
}
#endif
