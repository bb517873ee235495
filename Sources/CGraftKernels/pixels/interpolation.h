// Reading between pixels with AVX-512.
#pragma once
#include "pixels/pixels.h"

#if HAS_AVX512
/// Reads RGB in blocks of eight pixels from `done` on, at positions inside the image; stops before a
/// block that has to look beyond an edge, and returns where it stopped.
ptrdiff_t pixels_read_avx512(
    const graft_warp_source *source, graft_warp_filter filter, const double *xs, const double *ys,
    ptrdiff_t done, ptrdiff_t count, uint8_t *target);
#endif
