// Whether this processor has the AVX-512 that the image kernels use, and their memory.
#include "common/instruction_set.h"
#include "pixels/pixels.h"

#include <stdlib.h>

static int find_avx512(void) {
#if HAS_AVX512
  return graft_level() >= 4 && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
#else
  return 0;
#endif
}

static _Atomic int avx512_found = 0, avx512_is_allowed = 1;
__attribute__((constructor)) static void look_for_avx512(void) { avx512_found = find_avx512(); }

int graft_pixels_have_avx512(void) { return avx512_found && avx512_is_allowed; }
void graft_pixels_allow_avx512(int allowed) { avx512_is_allowed = allowed; }

void *pixels_allocate(ptrdiff_t bytes) {
  void *block = aligned_alloc(64, (size_t)pixels_padded(bytes));
  if (!block) abort();
  return block;
}
