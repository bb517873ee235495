/// Whether this is a release build: debug code allocates where optimized code does not.
package var isOptimized: Bool {
  #if DEBUG
    false
  #else
    true
  #endif
}
