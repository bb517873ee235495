// How a pool's threads call a Swift closure that lives on the caller's stack, without a copy of it
// on the heap.
#pragma once
#include <stddef.h>

/// A Swift closure (Int, Int) -> Void as it is passed: its code and what it captured.
typedef struct {
  const void *code;
  const void *context;
} graft_closure;

/// Calls the closure; whoever passed it must still be waiting.
void graft_closure_call(graft_closure closure, ptrdiff_t first, ptrdiff_t second);
