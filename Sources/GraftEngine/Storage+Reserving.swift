import GraftBase
import GraftKernels

extension Storage {
  /// A block of a size that comes from outside; throws where there is no memory for it.
  ///
  /// `what` begins the sentence: "a batch of 64 images".
  package static func reserve(_ count: Int, for what: String) throws -> Storage {
    let (bytes, isHuge) = count.multipliedReportingOverflow(by: 4)
    try MemoryBudget.require(isHuge ? .max : bytes, for: what)
    // The system may still refuse: what is available is not one piece.
    guard let storage = Storage(ifAvailable: count) else {
      throw MemoryBudget.refusal(of: bytes, for: what)
    }
    return storage
  }

  /// Throws where there is no memory for so many bytes, which are then taken in many blocks, of a size
  /// that comes from outside.
  package static func requireRoom(
    _ bytes: Int, for what: String,
    help: String = "ask for less at a time: batch=16, or a smaller size= of the encoder"
  ) throws {
    try MemoryBudget.require(bytes, for: what, help: help)
    guard isAvailable(bytes) else {
      throw MemoryBudget.refusal(of: bytes, for: what, help: help)
    }
  }
}
