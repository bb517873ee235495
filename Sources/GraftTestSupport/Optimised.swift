/// Whether this is a release build: debug code allocates where optimised code does not.
package var isOptimised: Bool {
  #if DEBUG
    false
  #else
    true
  #endif
}
