import GraftBase
import GraftKernels

/// The one block of memory that plans share, one at a time; as large as the largest of them.
///
/// Activations, gradients and prepared weights all lie in it, so keeping more plans compiled costs
/// no memory. What a plan has left there is lost when another one is made or run: read losses and
/// gradients before. Not thread-safe: one run at a time.
package final class Arena {
  private var storage = Storage(count: 0)
  /// Counts the blocks; a plan bound to an earlier one must be bound again.
  private(set) var generation = 0
  /// The plan whose numbers are in the block.
  private var tenant = 0
  private var tenantCount = 0
  /// Plans whose kept weights have not been overwritten since.
  private var kept: [Int: Range<Int>] = [:]

  package init() {}

  /// Bytes of the block, its slack included.
  package var bytes: Int { storage.byteCount }

  var slice: Slice { storage.slice }

  /// Makes room for a plan of this many floats and returns its number.
  ///
  /// The old block is freed before the new one is made. `what` names the work in the error of a
  /// machine too small for it.
  func admit(_ count: Int, for what: String) throws -> Int {
    try MemoryBudget.require(
      4 * count, for: what, freeing: count > storage.slice.count ? storage.byteCount : 4 * count)
    if count > storage.slice.count {
      let before = storage.slice.count
      storage = Storage(count: 0)
      generation += 1
      tenant = 0
      kept = [:]
      guard let block = Storage(ifAvailable: count) else {
        // The plans that are there still fit what was just freed, which is there as it was.
        storage = Storage(count: before)
        throw MemoryBudget.refusal(of: 4 * count, for: what)
      }
      storage = block
    }
    tenantCount += 1
    return tenantCount
  }

  /// Whether the numbers in the block are this plan's.
  func holds(_ number: Int) -> Bool { tenant == number }

  /// How a plan finds the block when it runs.
  enum Turn { case ongoing, begun(isKeptIntact: Bool) }

  /// Gives the block to a plan, which writes from the start of it and keeps weights at its end.
  func take(_ number: Int, _ footprint: PlanFootprint) -> Turn {
    guard tenant != number else { return .ongoing }
    tenant = number
    let isIntact = kept[number] != nil
    let front = 0..<footprint.working + footprint.gradients
    let own = slice.count - footprint.kept..<slice.count
    kept = kept.filter { $0.key == number || !($0.value.overlaps(front) || $0.value.overlaps(own)) }
    kept[number] = own
    return .begun(isKeptIntact: isIntact)
  }
}
