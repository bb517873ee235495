#pragma once

/// Calls of malloc and its relatives since the program started, by all threads.
///
/// The program that links this target takes over glibc's entry points; they count and pass on.
long allocation_count(void);
