// What the kernels query from the processor and set in the C library.
#include "graft_kernels.h"

#if defined(__linux__)
#include <malloc.h>
#endif

void graft_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#if defined(__GLIBC__)
/// Images are blocks of some hundred thousand bytes. By default, glibc returns the pages of each to
/// the system and takes new ones for the next, which costs a third of an augmentation pipeline. This
/// sets from the start what glibc's own adjustment ends at when blocks of 32 MiB are freed: smaller
/// ones come from the heap, and up to 64 MiB of it stay allocated when unused.
__attribute__((constructor)) static void keep_pages(void) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
}
#endif

void graft_share_heap(void) {
#ifdef M_ARENA_MAX
  mallopt(M_ARENA_MAX, 1);
#endif
}
