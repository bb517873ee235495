// Graft's kernels in C: loops that the compiler vectorises for the processor they run on.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Tells the processor that this thread is spinning.
void graft_pause(void);
