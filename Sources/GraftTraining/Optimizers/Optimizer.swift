import CGraftKernels
import GraftBase
import GraftEngine
import GraftKernels

/// Updates the trainable parameters of a policy's groups, each at its group's absolute rate.
///
/// State is kept by parameter name, never by position. Work is cut into chunks whose size depends
/// on nothing, so the thread count cannot change a bit.
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
  package private(set) var states: [String: State] = [:]
  private var chunks: [Chunk] = []

  private struct Chunk {
    let parameter: Parameter
    let rate: Double
    let decay: Double
    let offset: Int
    let count: Int
  }

  private static let chunkSize = 1 << 15

  package init(_ rule: any OptimizerRule, groups: [ParameterGroup]) {
    self.rule = rule
    regroup(groups)
  }

  /// Takes other groups over: a parameter that was frozen or unfrozen starts with empty memory.
  package func regroup(_ groups: [ParameterGroup]) {
    self.groups = groups
    var kept: [String: State] = [:]
    chunks = []
    for group in groups {
      for parameter in group.trainable {
        kept[parameter.name] =
          states[parameter.name]
          ?? State(
            slots: rule.slotNames.map { _ in Tensor(parameter.value.shape) }, updateCount: 0)
        for offset in stride(from: 0, to: parameter.count, by: Self.chunkSize) {
          chunks.append(
            Chunk(
              parameter: parameter, rate: group.learningRate,
              decay: group.weightDecay(of: parameter), offset: offset,
              count: min(Self.chunkSize, parameter.count - offset)))
        }
      }
    }
    states = kept
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
    states = restored.mapValues { $0.copied() }
  }

  /// Bytes of optimizer memory.
  package var stateBytes: Int {
    states.values.reduce(0) { $0 + $1.slots.reduce(0) { $0 + $1.shape.elementCount * 4 } }
  }

  /// One update of every trainable parameter.
  ///
  /// `multiplier` and `momentum` are the schedule's; `gradientScale` is the clipping factor;
  /// `gradient` answers with a slice laid out like the parameter.
  package func step(
    multiplier: Double, momentum: Double?, gradientScale: Double = 1, pool: ThreadPool,
    gradient: (Parameter) -> Slice
  ) {
    var gradients: [String: Slice] = [:]
    for parameter in groups.flatMap(\.trainable) {
      gradients[parameter.name] = gradient(parameter)
      states[parameter.name]?.updateCount += 1
    }
    let states = states
    let found = gradients
    pool.forEach(chunks.count) { index, _ in
      let chunk = chunks[index]
      guard let state = states[chunk.parameter.name], let whole = found[chunk.parameter.name]
      else { return }
      rule.update(
        UpdateOperands(
          weight: chunk.parameter.slice.part(chunk.offset, count: chunk.count),
          gradient: whole.part(chunk.offset, count: chunk.count),
          slots: state.slots.map { $0.slice.part(chunk.offset, count: chunk.count) },
          rate: chunk.rate * multiplier, decay: chunk.decay, momentum: momentum,
          gradientScale: gradientScale, updateCount: state.updateCount))
    }
    for parameter in groups.flatMap(\.trainable) { parameter.markChanged() }
  }
}
