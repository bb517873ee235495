import CGraftKernels
import Foundation

/// Threads that may fail to start: Foundation's does not say so, and Dispatch waits for one for ever.
package enum SystemThread {
  /// Lets all threads take small blocks from one heap, so that under a limit of address space none has
  /// 64 MB of its own.
  package static func shareHeap() { graft_share_heap() }

  private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      (self.name, self.body) = (name, body)
    }
  }

  /// Runs `body` on a thread of its own with a stack of so many bytes; false where the system gives
  /// none, and then nothing is run.
  package static func start(
    _ name: String, stackSize: Int, _ body: @escaping @Sendable () -> Void
  ) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let work = Unmanaged.passRetained(Work(name, body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { pointer in
        guard let pointer else { return nil }
        let work = Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
        Thread.current.name = work.name
        work.body()
        return nil
      }, work.toOpaque())
    if code != 0 { work.release() }
    return code == 0
  }
}
