import GraftBase
import GraftEngine
import GraftKernels

/// Updates the trainable parameters of a policy's groups, each at its group's absolute rate.
///
/// State is kept by parameter name, never by position. Work is cut into chunks of constant size, so
/// the thread count cannot change a bit.
package final class Optimizer {
  /// What is remembered about one parameter.
  package struct State: Sendable {
    /// One tensor per slot of the rule, in the parameter's own layout.
    package let slots: [Tensor]
    package var updateCount: Int

    package init(slots: [Tensor], updateCount: Int) {
      self.slots = slots
      self.updateCount = updateCount
    }

    func copied() -> State { State(slots: slots.map { $0.copied() }, updateCount: updateCount) }
  }

  package let rule: any OptimizerRule
  package private(set) var groups: [ParameterGroup] = []
  private var entries: [Entry] = []
  private var chunks: [Chunk] = []
  /// The gradients of the step in progress, in the order of `entries`; kept so that a step
  /// allocates nothing.
  private var gradients: [Slice] = []
  /// Of each chunk, where the rule is layerwise; kept for the same reason.
  private var norms: [LayerNorms] = []

  /// A trainable parameter with what its group says and what is remembered about it.
  private struct Entry: Sendable {
    let parameter: Parameter
    let rate: Double
    let decay: Double
    var state: State
    /// What a layerwise rule makes of the norms of this update.
    var scale = 1.0
  }

  /// The schedule's and clipping's part of an update.
  private struct Moment: Sendable {
    let multiplier: Double
    let momentum: Double?
    let gradientScale: Double
  }

  /// A part of an entry that one thread updates.
  private struct Chunk: Sendable {
    let entry: Int
    let offset: Int
    let weight: Slice
    let slots: [Slice]
  }

  private static let chunkSize = 1 << 15

  package init(_ rule: any OptimizerRule, groups: [ParameterGroup]) {
    self.rule = rule
    regroup(groups)
  }

  /// What is remembered, by the parameter's name.
  package var states: [String: State] {
    Dictionary(uniqueKeysWithValues: entries.map { ($0.parameter.name, $0.state) })
  }

  /// Takes other groups over: a parameter that was frozen or unfrozen starts with empty memory.
  package func regroup(_ groups: [ParameterGroup]) {
    let known = states
    self.groups = groups
    entries = groups.flatMap { group in
      group.trainable.map { parameter in
        Entry(
          parameter: parameter, rate: group.learningRate,
          decay: group.weightDecay(of: parameter),
          state: known[parameter.name]
            ?? State(
              slots: rule.slotNames.map { _ in Tensor(parameter.value.shape) }, updateCount: 0))
      }
    }
    cut()
  }

  /// Cuts the entries into chunks.
  private func cut() {
    chunks = entries.enumerated().flatMap { index, entry in
      let parameter = entry.parameter
      return stride(from: 0, to: parameter.count, by: Self.chunkSize).map { offset in
        let count = min(Self.chunkSize, parameter.count - offset)
        return Chunk(
          entry: index, offset: offset, weight: parameter.slice.part(offset, count: count),
          slots: entry.state.slots.map { $0.slice.part(offset, count: count) })
      }
    }
    gradients = entries.map(\.parameter.slice)
    norms = rule is any LayerwiseRule ? chunks.map { _ in LayerNorms() } : []
  }

  /// Throws when a checkpoint's memory does not fit these groups and this rule.
  func check(_ restored: [String: State]) throws {
    for name in Set(states.keys).union(restored.keys).sorted() {
      guard let own = states[name], let state = restored[name],
        state.slots.map(\.shape) == own.slots.map(\.shape)
      else {
        throw GraftError(
          .input,
          "the checkpoint's optimizer memory does not fit '\(name.escapingControlCharacters)'",
          help: "resume with the policy and optimizer that the run was started with")
      }
    }
  }

  /// Takes a copy of memory that fits.
  func rewind(to restored: [String: State]) {
    for index in entries.indices {
      guard let state = restored[entries[index].parameter.name] else { continue }
      entries[index].state = state.copied()
    }
    cut()
  }

  /// One update of every trainable parameter.
  ///
  /// `multiplier` and `momentum` are the schedule's; `gradientScale` is the clipping factor;
  /// `gradient` returns a slice laid out like the parameter.
  package func step(
    multiplier: Double, momentum: Double?, gradientScale: Double = 1, pool: ThreadPool,
    gradient: (Parameter) -> Slice
  ) {
    for index in entries.indices {
      gradients[index] = gradient(entries[index].parameter)
      entries[index].state.updateCount += 1
    }
    let moment = Moment(
      multiplier: multiplier, momentum: momentum, gradientScale: gradientScale)
    if let rule = rule as? any LayerwiseRule { measure(rule, moment, pool: pool) }
    pool.forEach(chunks.count, lending: rule, chunks, entries, gradients, moment) {
      index, _, rule, chunks, entries, gradients, moment in
      rule.update(Self.operands(of: chunks[index], entries, gradients, moment))
    }
    for entry in entries { entry.parameter.markChanged() }
  }

  private static func operands(
    of chunk: Chunk, _ entries: [Entry], _ gradients: [Slice], _ moment: Moment
  ) -> UpdateOperands {
    let entry = entries[chunk.entry]
    return UpdateOperands(
      weight: chunk.weight,
      gradient: gradients[chunk.entry].part(chunk.offset, count: chunk.weight.count),
      slots: chunk.slots, rate: entry.rate * moment.multiplier, decay: entry.decay,
      momentum: moment.momentum, gradientScale: moment.gradientScale,
      updateCount: entry.state.updateCount, layerScale: entry.scale)
  }

  /// The first pass of a layerwise rule; sums of chunks are added in their order.
  private func measure(_ rule: any LayerwiseRule, _ moment: Moment, pool: ThreadPool) {
    norms.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      let norms = Borrowed(start, count: buffer.count)
      pool.forEach(chunks.count, lending: rule, chunks, entries, gradients, moment, norms) {
        index, _, rule, chunks, entries, gradients, moment, norms in
        norms[index] = rule.remember(Self.operands(of: chunks[index], entries, gradients, moment))
      }
    }
    var place = 0
    for index in entries.indices {
      var sum = LayerNorms()
      while place < chunks.count, chunks[place].entry == index {
        sum.weightSquares += norms[place].weightSquares
        sum.stepSquares += norms[place].stepSquares
        place += 1
      }
      entries[index].scale = rule.scale(sum, decay: entries[index].decay)
    }
  }
}
