// For loops that round to bfloat16 by AVX512-BF16, where graft_rounds_to_bf16() says that they may.
#pragma once
#include "common/instruction_set.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#define GRAFT_HAS_BF16_VECTORS 1
#define GRAFT_BF16_VECTORS \
  __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,fma")))
#else
#define GRAFT_HAS_BF16_VECTORS 0
#endif
