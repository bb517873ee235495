// Graft's kernels in C: loops that clang vectorizes for the processor they run on. What all headers share.
//
// Legend: N images, H rows, W columns, C channels. Activations are [N, H, W, C], rows from the top;
// weights are [taps, I, O]. All pointers are float32; sizes and strides count floats. Buffers end
// with GRAFT_SLACK floats that may be read (never used), so that loops need no ragged ends.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define GRAFT_SLACK 64
/// The largest kernel area of a dense convolution.
#define GRAFT_MAX_TAPS 256

/// The vectors of this processor: 2 for 32 registers of 64 bytes (AVX-512), 1 for 16 of 32 (AVX2 with FMA), 0
/// for less.
int graft_vector_generation(void);

/// Tells the processor that this thread is in a spin loop.
void graft_pause(void);

/// Lets all threads take memory from one heap: glibc would reserve 64 MB of addresses for each.
void graft_share_heap(void);

/// The functions that follow a layer. Norms and Winograd convolutions support the first three only.
typedef enum {
  GRAFT_LINEAR = 0, GRAFT_RELU = 1, GRAFT_RELU6 = 2,
  GRAFT_LEAKY_RELU, GRAFT_ELU, GRAFT_SELU, GRAFT_GELU, GRAFT_GELU_TANH, GRAFT_SIGMOID, GRAFT_TANH,
  GRAFT_SOFTPLUS, GRAFT_SILU, GRAFT_MISH, GRAFT_HARD_SWISH, GRAFT_HARD_SIGMOID, GRAFT_QUICK_GELU
} graft_activation;
