#ifndef GRAFT_JPEG_DISPATCH_H
#define GRAFT_JPEG_DISPATCH_H

// Compiles a function for two generations of x86-64 and picks at load time; elsewhere once.
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
// The thread sanitizer instruments the picking too, which runs before it is ready, and crashes.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define GRAFT_DISPATCHED __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define GRAFT_DISPATCHED
#endif

#endif
