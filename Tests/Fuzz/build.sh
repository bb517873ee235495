# Builds with sanitizers, for scripts/fuzz and scripts/sanitize: optimized code with symbols, each in a
# scratch folder of its own. That with AddressSanitizer also counts edges, so that libFuzzer can use it.
export GRAFT_WITH_FUZZER=1 SWIFT_BACKTRACE=enable=no

# built NAME: the folder of what build_NAME made.
built() { echo ".build/$1/debug"; }

build_address() {
  local resources fuzzer edges=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table
  resources="$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')"
  fuzzer="$(find "$resources/clang/lib/linux/" -name 'libclang_rt.fuzzer_no_main-x86_64.a' | head -n 1)"
  if [ -z "$fuzzer" ]; then
    echo "this Swift has no libFuzzer: there is no libclang_rt.fuzzer_no_main-x86_64.a in $resources" >&2
    return 1
  fi
  swift build --product "$1" --scratch-path .build/address --sanitize=address -Xswiftc -O \
    -Xswiftc -sanitize-coverage=$edges -Xcc -fsanitize-coverage=$edges \
    -Xlinker "$fuzzer" -Xlinker -lstdc++
}

build_thread() {
  swift build --product "$1" --scratch-path .build/thread --sanitize=thread -Xswiftc -O
}
