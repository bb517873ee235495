#pragma once

#include <stdbool.h>

// The program that links this target takes over glibc's entry points; they count and pass on.

/// Whether calls are counted: not under a sanitizer, which has entry points of its own.
bool allocations_are_counted(void);

/// Calls of malloc and its relatives since the program started, by all threads.
long allocation_count(void);

/// The calls of the thread that asks.
long allocation_count_of_thread(void);
