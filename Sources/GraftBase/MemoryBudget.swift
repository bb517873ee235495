import Foundation

/// How much memory a step may ask for: what the machine has, less a share for everything else.
package enum MemoryBudget {
  /// Nine tenths of the machine's memory.
  package static var bytes: Int {
    Int(clamping: ProcessInfo.processInfo.physicalMemory) / 10 * 9
  }

  /// Refuses a request that cannot be met, before anything is allocated.
  ///
  /// `what` begins the sentence: "a plan for 512 images".
  package static func require(_ bytes: Int, for what: String) throws {
    guard bytes > Self.bytes else { return }
    throw GraftError(
      .failed,
      "\(what) needs \(bytes.bytesText) of memory; \(Self.bytes.bytesText) is available",
      help: "ask for less at a time: batch=16, or a smaller size= of the encoder")
  }
}
