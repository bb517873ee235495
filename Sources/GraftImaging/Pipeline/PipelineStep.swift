import GraftBase

/// One checked operation of a pipeline with its own place in the random numbers.
struct PipelineStep: Sendable {
  enum Action: Sendable {
    case transform(any Transform)
    /// `one` and `some`: that many of the steps, drawn without replacement, in written order.
    case choose(Int, from: [PipelineStep])
  }

  let name: String
  let arguments: ArgumentValues
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

  /// The earliest image that a transform of this step has to be given.
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
  /// Whether images of one sample, as a consistency loss compares them, are drawn apart here.
  var differsBetweenCopies: Bool {
    switch action {
    case .transform(let transform): type(of: transform).differsBetweenCopies
    case .choose(_, let steps): steps.contains(where: \.differsBetweenCopies)
    }
  }

  /// Adds what the step does to the sample of `key` to `steps`; `size` is the image's and becomes
  /// the size after it.
  func draw(
    _ steps: inout [DrawnStep], size: inout ImageSize, key: SampleKey, context: TransformContext
  ) {
    let copy = differsBetweenCopies ? key.copy ?? 1 : 1
    var random = RandomStream(
      seed: key.seed, purpose: .augmentation, epoch: key.epoch, sample: key.sample,
      slot: slot &+ (copy - 1))
    guard copy > 0, random.gate(probability) else {
      steps.append(DrawnStep(name: name, edits: nil) { "" })
      return
    }
    switch action {
    case .transform(let transform):
      steps.append(transform.draw(name: name, size: size, context: context, random: &random))
      for edit in steps.last?.edits ?? [] { size = edit.outputSize(from: size) }
    case .choose(let count, let members):
      for index in random.permutation(members.count).prefix(count).sorted() {
        members[index].draw(&steps, size: &size, key: key, context: context)
      }
    }
  }
}

extension Transform {
  /// Draws; the one place where the type of the parameters is forgotten.
  fileprivate func draw(
    name: String, size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> DrawnStep {
    let parameters = sample(size: size, context: context, random: &random)
    return DrawnStep(
      name: name, edits: edits(parameters, size: size),
      values: { DrawnValues.of(parameters) }, describe: { describe(parameters) })
  }
}
