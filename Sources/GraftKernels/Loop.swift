/// A parallel loop as threads share it: where its body lies, on the stack of the thread that waits
/// for it, and of which type that is.
///
/// A closure with captures could not be lent to other threads so: Swift would copy it to the heap.
struct Loop {
  let count: Int
  private let type: any LoopBody.Type
  private let body: UnsafeRawPointer

  /// `body` must stay where it is until the loop has ended.
  init<Body: LoopBody>(_ count: Int, _ body: UnsafePointer<Body>) {
    self.count = count
    type = Body.self
    self.body = UnsafeRawPointer(body)
  }

  func run(_ index: Int, worker: Int) { type.run(at: body, index, worker: worker) }
}

/// What a loop does for each index, with all that it works on.
protocol LoopBody: Sendable {
  func run(_ index: Int, worker: Int)
}

extension LoopBody {
  fileprivate static func run(at address: UnsafeRawPointer, _ index: Int, worker: Int) {
    address.assumingMemoryBound(to: Self.self).pointee.run(index, worker: worker)
  }
}

/// A function of an index and of operands.
struct IndexBody<each Operand: Sendable>: LoopBody {
  let operands: (repeat each Operand)
  let function: @Sendable (_ index: Int, _ worker: Int, repeat each Operand) -> Void

  func run(_ index: Int, worker: Int) { function(index, worker, repeat each operands) }
}

/// A function of a range of 0..<count and of operands.
struct RangeBody<each Operand: Sendable>: LoopBody {
  let count: Int
  let step: Int
  let operands: (repeat each Operand)
  let function: @Sendable (_ range: Range<Int>, _ worker: Int, repeat each Operand) -> Void

  func run(_ index: Int, worker: Int) {
    function(index * step..<min(count, (index + 1) * step), worker, repeat each operands)
  }
}
