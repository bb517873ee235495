import GraftBase
import GraftKernels

/// One operation of the graph: shapes, what backward needs, and the arithmetic both ways.
///
/// A new op is one file in `Ops/` and one line in `Ops.all`; the gradient check, plan = interpreter
/// and thread-count tests pick it up through `examples`. What models, summaries and surgery ask of an op
/// has defaults that fit most ops; an op that differs overrides them in its own file.
package protocol Op: Sendable {
  /// The name in listings: `convolution`.
  static var name: String { get }
  /// Small cases that cover the op's options, for the tests.
  static var examples: [OpExample] { get }

  /// Details for listings: `3×3 stride 2, 64 → 128`.
  var details: String { get }
  /// The output's shape; throws an error when the inputs do not fit.
  func outputShape(of inputs: [Shape]) throws -> Shape
  /// What must be kept from forward to backward.
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
  /// Whether it can draw at random in training; a plan decides for each node.
  var isRandom: Bool { get }
  /// Whether the output may take the first input's memory.
  var worksInPlace: Bool { get }
  /// The input whose gradient may take the output gradient's memory, if any may.
  var gradientInPlace: Int? { get }
  /// Whether a count of activations includes the output: not where it is a view of the input's
  /// values.
  var countsValues: Bool { get }
  /// The window of the input that a pixel of the output sees.
  var window: Window { get }
  /// The formula that counts its parameters; nil where their sizes suffice.
  func parameterFormula(inputs: [Shape]) -> ParameterFormula?
  /// What it becomes where a classifier is applied at every position of a larger image.
  var denseForm: DenseForm { get }
  /// Its role where batch norms are folded into the preceding ops.
  var folding: Folding { get }
  /// The same with what passes its rectifier on the way back chosen by `rule`; most ops have none.
  func following(_ rule: RectifierRule) -> any Op
  /// Whether training needs more values of a channel than these inputs have.
  func lacksValues(inputs: [Shape]) -> Bool

  /// This op with everything that depends only on these shapes computed: it then runs for no
  /// others, and computes nothing twice. Plans fit their ops once.
  func fitted(inputs: [Shape], output: Shape) -> Self

  /// The same with operands stored in these formats, for inputs of these shapes; nil where it has no loops for
  /// them. Asked only where one of them is bfloat16.
  func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)?
  /// Whether an op that `storing` made can be trained: the gradient of each value is stored as the value is.
  func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool

  /// The operands of calls to other ops that this one runs as its parts; plans make them once, so that a
  /// step allocates nothing.
  func calls(in context: ForwardContext) -> [OpCall]
  func calls(in context: BackwardContext) -> [OpCall]

  /// The request that `prepare` gets for one of this op: one that prepares as another op's part passes on
  /// that op's. Plans make it once, so that a step allocates nothing.
  func preparation(_ request: WorkspaceRequest) -> WorkspaceRequest
  /// Fills what `preparedCount` asked for.
  func prepare(_ context: PrepareContext)
  func forward(_ context: ForwardContext)
  func backward(_ context: BackwardContext)

  /// Adds the ONNX operators that do the same in evaluation mode, and gives their output's name;
  /// throws an error where there are none, as an op does by default.
  func export(_ context: inout ExchangeContext) throws -> String
}

extension Op {
  package var name: String { Self.name }
  package var details: String { "" }
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int { 0 }
  package func workspaceCount(_ request: WorkspaceRequest) -> Int { 0 }
  package func preparedCount(_ request: WorkspaceRequest) -> Int { 0 }
  package func fitted(inputs: [Shape], output: Shape) -> Self { self }
  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? { nil }
  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool { false }
  package func calls(in context: ForwardContext) -> [OpCall] { [] }
  package func calls(in context: BackwardContext) -> [OpCall] { [] }
  package func preparation(_ request: WorkspaceRequest) -> WorkspaceRequest { request }
  package func prepare(_ context: PrepareContext) {}
  /// Fills `prepared` outside a plan.
  package func prepare(
    _ request: WorkspaceRequest, _ parameters: [Slice], into prepared: Slice, _ pool: ThreadPool
  ) {
    prepare(
      PrepareContext(
        request: preparation(request), parameters: parameters, prepared: prepared, pool: pool))
  }
  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { 0 }
  package var isRandom: Bool { false }
  package var worksInPlace: Bool { false }
  package var gradientInPlace: Int? { nil }
  package var countsValues: Bool { !worksInPlace }
  package var window: Window { .pixel }
  package func parameterFormula(inputs: [Shape]) -> ParameterFormula? { nil }
  package var denseForm: DenseForm { .same }
  package var folding: Folding { .none }
  package func following(_ rule: RectifierRule) -> any Op { self }
  package func lacksValues(inputs: [Shape]) -> Bool { false }
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

/// The context of a request for scratch.
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
  /// What `Op.calls` gave; nil where no plan has asked.
  package var calls: [OpCall]? = nil
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

/// The operands of one backward call; a nil slot is a gradient that is not needed.
///
/// `inputs` and `output` hold what `retention` asked for; other entries must not be read.
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
  package let inputGradients: [GradientSlot?]
  package let parameterGradients: [GradientSlot?]
  package let isTraining: Bool
  package var random: RandomAddress
  package let pool: ThreadPool
  /// The auxiliary memory of the op that reads the output, where a plan has the two share it: that of a
  /// norm which the output's gradient has still to pass.
  package var readersMemory: Slice? = nil
  /// What `Op.calls` gave; nil where no plan has asked.
  package var calls: [OpCall]? = nil
}

/// The operands of a call in one direction.
package enum OpCall: Sendable {
  case forward(ForwardContext)
  case backward(BackwardContext)

  package func run(_ op: some Op) {
    switch self {
    case .forward(let context): op.forward(context)
    case .backward(let context): op.backward(context)
    }
  }
}
