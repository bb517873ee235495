#include "pixels/pixels.h"

#include <stdlib.h>

static int find_unit(void) {
#if HAS_PIXEL_UNIT
  return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
#else
  return 0;
#endif
}

static _Atomic int unit_found = 0, unit_is_allowed = 1;
__attribute__((constructor)) static void look_for_unit(void) { unit_found = find_unit(); }

int graft_pixels_have_unit(void) { return unit_found && unit_is_allowed; }
void graft_pixels_allow_unit(int allowed) { unit_is_allowed = allowed; }

void *pixels_allocate(ptrdiff_t bytes) {
  void *block = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
  if (!block) abort();
  return block;
}
