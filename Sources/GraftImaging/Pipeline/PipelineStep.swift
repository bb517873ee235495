import GraftBase

/// One checked operation of a pipeline with its own place in the random numbers.
struct PipelineStep: Sendable {
  enum Action: Sendable {
    case transform(any Transform)
    /// `one` and `some`: that many of the steps, drawn without replacement, in written order.
    case choose(Int, from: [PipelineStep])
  }

  let name: String
  let arguments: TransformArguments
  let probability: Double
  /// The address of this step's draws; see `slot(path:)`.
  let slot: Int
  let action: Action

  /// The slot of the step at a path such as `some#0/flip#1`: the second flip of the first `some`.
  ///
  /// It depends on nothing but the path, so two equal operations differ, and adding or removing
  /// other operations leaves the draws of this one as they were.
  static func slot(path: String) -> Int {
    Int(ContentHash.of(Array(path.utf8)).prefix >> 32)
  }

  /// The earliest picture that a transform of this step has to be given.
  var input: TransformInput {
    switch action {
    case .transform(let transform): transform.input
    case .choose(_, let steps): steps.map(\.input).min() ?? .encoderInput
    }
  }
}

extension PipelineStep: Equatable {
  /// Equal steps do the same with the same draws.
  static func == (left: PipelineStep, right: PipelineStep) -> Bool {
    left.name == right.name && left.arguments == right.arguments && left.slot == right.slot
      && left.choices == right.choices
  }

  private var choices: [PipelineStep] {
    if case .choose(_, let steps) = action { steps } else { [] }
  }
}

extension PipelineStep {
  /// Replaces `image` by the picture after this step; adds what happened to a `trace` if asked for.
  func run(
    on image: inout Image, key: SampleKey, context: TransformContext, trace: inout [TraceStep]?
  ) {
    var random = RandomStream(
      seed: key.seed, purpose: .augmentation, epoch: key.epoch, sample: key.sample, slot: slot)
    guard random.gate(probability) else {
      trace?.append(TraceStep(name: name, drawn: "", isApplied: false, image: image))
      return
    }
    switch action {
    case .transform(let transform):
      let (result, drawn) = transform.run(
        on: image, context: context, random: &random, isTraced: trace != nil)
      image = result
      trace?.append(TraceStep(name: name, drawn: drawn, isApplied: true, image: image))
    case .choose(let count, let steps):
      for index in random.permutation(steps.count).prefix(count).sorted() {
        steps[index].run(on: &image, key: key, context: context, trace: &trace)
      }
    }
  }
}

extension Transform {
  /// Draws and applies; the one place where the type of the parameters is forgotten.
  fileprivate func run(
    on image: Image, context: TransformContext, random: inout RandomStream, isTraced: Bool
  ) -> (image: Image, drawn: String) {
    let parameters = sample(size: image.size, context: context, random: &random)
    return (apply(image, parameters), isTraced ? describe(parameters) : "")
  }
}
