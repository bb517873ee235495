import GraftBase
import GraftKernels

/// One operation of the graph: shapes, what backward needs, and the arithmetic both ways.
///
/// A new op is one file in `Ops/` and one line in `Ops.all`; the gradient check, plan = interpreter
/// and thread-count tests pick it up through `examples`. What models, summaries and surgery ask of an op
/// has answers that fit most; an op that differs says so in its own file, and nobody asks what kind it is.
package protocol Op: Sendable {
  /// The name in listings: `convolution`.
  static var name: String { get }
  /// Small cases that cover the op's options, for the tests.
  static var examples: [OpExample] { get }

  /// Details for listings: `3×3 stride 2, 64 → 128`.
  var details: String { get }
  /// The output's shape; throws a sentence when the inputs do not fit.
  func outputShape(of inputs: [Shape]) throws -> Shape
  /// What must survive from forward to backward.
  func retention(_ needs: GradientNeeds) -> Retention
  /// Floats that forward leaves for backward besides inputs and output (masks, switches, statistics).
  func auxiliaryCount(inputs: [Shape], output: Shape) -> Int
  /// Floats of scratch that one call needs.
  func workspaceCount(_ request: WorkspaceRequest) -> Int
  /// Floats that one direction derives from the parameters alone (packed weights); the plan keeps
  /// them until a parameter changes.
  func preparedCount(_ request: WorkspaceRequest) -> Int
  /// Multiply-adds of one forward call.
  func multiplyAdds(inputs: [Shape], output: Shape) -> Int
  /// Does it draw at random in training; a plan is told which of these do so.
  var isRandom: Bool { get }
  /// May the output take the first input's memory.
  var worksInPlace: Bool { get }
  /// The input whose gradient may take the output gradient's memory, if any may.
  var gradientInPlace: Int? { get }
  /// Does a count of activations include the output: not where it is the input's values in another form.
  var countsValues: Bool { get }
  /// What a pixel of the output sees of the input.
  var window: Window { get }
  /// How its parameters are counted; nil where their sizes say it.
  func parameterFormula(inputs: [Shape]) -> ParameterFormula?
  /// What it becomes where a classifier is applied at every place of a larger image.
  var denseForm: DenseForm { get }
  /// Its part where batch norms are folded into the ops before them.
  var folding: Folding { get }

  /// This op with all that follows from these shapes worked out: it is then run for no others, and
  /// works nothing out again. Plans fit their ops once.
  func fitted(inputs: [Shape], output: Shape) -> Self

  /// Fills what `preparedCount` asked for.
  func prepare(_ context: PrepareContext)
  func forward(_ context: ForwardContext)
  func backward(_ context: BackwardContext)

  /// Adds the ONNX operators that do the same in evaluation mode, and gives their output's name;
  /// throws a sentence where there are none, which is what an op does that does not say more.
  func export(_ context: inout ExchangeContext) throws -> String
}

extension Op {
  package var name: String { Self.name }
  package var details: String { "" }
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int { 0 }
  package func workspaceCount(_ request: WorkspaceRequest) -> Int { 0 }
  package func preparedCount(_ request: WorkspaceRequest) -> Int { 0 }
  package func fitted(inputs: [Shape], output: Shape) -> Self { self }
  package func prepare(_ context: PrepareContext) {}
  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { 0 }
  package var isRandom: Bool { false }
  package var worksInPlace: Bool { false }
  package var gradientInPlace: Int? { nil }
  package var countsValues: Bool { !worksInPlace }
  package var window: Window { .pixel }
  package func parameterFormula(inputs: [Shape]) -> ParameterFormula? { nil }
  package var denseForm: DenseForm { .same }
  package var folding: Folding { .none }
}

/// Which gradients a backward call must produce.
package struct GradientNeeds: Hashable, Sendable {
  package var inputs: [Bool]
  package var parameters: [Bool]
  /// Whether the node behaves as in training (batch statistics, dropout).
  package var isTraining: Bool

  package init(inputs: [Bool], parameters: [Bool], isTraining: Bool) {
    self.inputs = inputs
    self.parameters = parameters
    self.isTraining = isTraining
  }

  package var any: Bool { inputs.contains(true) || parameters.contains(true) }
}

/// What an op reads again in backward.
package struct Retention: Hashable, Sendable {
  /// Places in the list of inputs.
  package var inputs: Set<Int>
  package var output: Bool

  package init(inputs: Set<Int> = [], output: Bool = false) {
    self.inputs = inputs
    self.output = output
  }

  package static let nothing = Retention()
}

/// The circumstances for which scratch is asked.
package struct WorkspaceRequest: Sendable {
  package var inputs: [Shape]
  package var output: Shape
  package var threads: Int
  /// nil asks for forward.
  package var backward: GradientNeeds?

  package init(inputs: [Shape], output: Shape, threads: Int, backward: GradientNeeds?) {
    self.inputs = inputs
    self.output = output
    self.threads = threads
    self.backward = backward
  }
}

/// Where random ops find their stream: pure functions of seed, step and node.
package struct RandomAddress: Sendable, Hashable {
  package var seed: UInt64
  package var step: Int
  package var node: Int

  package init(seed: UInt64 = 0, step: Int = 0, node: Int = 0) {
    self.seed = seed
    self.step = step
    self.node = node
  }
}

/// The operands of one preparation.
package struct PrepareContext: Sendable {
  package let request: WorkspaceRequest
  package let parameters: [Slice]
  package let prepared: Slice
  package let pool: ThreadPool
}

/// The operands of one forward call.
package struct ForwardContext: Sendable {
  package let inputs: [Slice]
  package let inputShapes: [Shape]
  package let parameters: [Slice]
  package let output: Slice
  package let outputShape: Shape
  package let auxiliary: Slice
  package let workspace: Slice
  package let prepared: Slice
  package let isTraining: Bool
  package var random: RandomAddress
  package let pool: ThreadPool
  /// The auxiliary memory of the op that reads the output, where a plan has the two share it: a norm's
  /// `NormMemory`, whose sums this op adds up.
  package var readersMemory: Slice? = nil
}

/// A gradient to write, or to add to when another consumer wrote first.
package struct GradientSlot: Sendable {
  package let slice: Slice
  package let accumulates: Bool

  package init(_ slice: Slice, accumulates: Bool) {
    self.slice = slice
    self.accumulates = accumulates
  }
}

/// The operands of one backward call; a nil slot is a gradient nobody needs.
///
/// `inputs` and `output` hold what `retention` asked for; other places must not be read.
package struct BackwardContext: Sendable {
  package let outputGradient: Slice
  package let inputs: [Slice]
  package let inputShapes: [Shape]
  package let output: Slice
  package let outputShape: Shape
  package let parameters: [Slice]
  package let auxiliary: Slice
  package let workspace: Slice
  package let prepared: Slice
  package var inputGradients: [GradientSlot?]
  package let parameterGradients: [GradientSlot?]
  package let isTraining: Bool
  package var random: RandomAddress
  package let pool: ThreadPool
  /// The auxiliary memory of the op that reads the output, where a plan has the two share it: that of a
  /// norm which the output's gradient has still to pass.
  package var readersMemory: Slice? = nil
}
