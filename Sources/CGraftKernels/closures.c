#include "graft_closures.h"

// Swift hands a function parameter to a callee as two words, code and context, and calls the code
// with the context in a register of its own. Both are part of Swift's calling convention, which
// clang speaks.
typedef void __attribute__((swiftcall)) body(
    ptrdiff_t, ptrdiff_t, const void *__attribute__((swift_context)));

/// Keeps the two words of a closure; Swift declares it in ThreadPool.swift, with a closure as the
/// first parameter.
__attribute__((swiftcall)) void graft_closure_borrow(
    const void *code, const void *context, graft_closure *closure) {
  closure->code = code;
  closure->context = context;
}

void graft_closure_call(graft_closure closure, ptrdiff_t first, ptrdiff_t second) {
  ((body *)closure.code)(first, second, closure.context);
}
