import GraftBase
import GraftData
import GraftModels
import GraftTraining

/// `summary`: the layer table of the encoder, the head or both.
package struct SummaryCommand: Command {
  private static let subject = Argument(
    "part", .summarySubject, default: SummarySubject.part(.model),
    "what to show; the name of an encoder shows it without choosing it"
  ).positional
  private static let size = Argument(
    "size", .integer(16...4096), otherwise: "the encoder's", "width and height of the input image")
  private static let batch = Argument(
    "batch", .integer(1...65_536), default: TrainingParameters.usualBatch,
    "images per update, for the memory forecast")
  private static let versus = Argument(
    "versus", .flag, default: false,
    "compare convolutions with locally and fully connected layers")

  package static let specification = CommandSpecification(
    "summary", "show the layers: shapes, parameters, memory, FLOPs", group: .look,
    parameters: [subject, size, batch, versus],
    examples: [
      "summary", "summary encoder", "summary model size=128 batch=16", "summary versus=yes",
      "summary resnet18",
    ],
    seeAlso: ["encoder", "policy", "forward"],
    discussion:
      "Values, parameters and memory are the textbook count: each layer's output is "
      + "held, and as much again for its gradient; activation functions work in place. The actual "
      + "memory of a training, with buffers that share memory, is below the table.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func rehearse(in trial: Session) throws {
    guard case .part = arguments[Self.subject], trial.currentRun == nil else { return }
    try trial.requireForeseeable("current")
    _ = try trial.requireEncoder()
  }

  package func run(in session: Session) throws {
    let named = try namedModel()
    let run = named == nil ? session.workbench.run(named: session.currentRun ?? "") : nil
    let model = try named ?? run?.model ?? session.makeModel(classes: session.assumedClasses)
    if arguments[Self.versus] { return try showSharing(of: model, in: session) }
    let part =
      if case .part(let part) = arguments[Self.subject] { part } else { Model.SummaryPart.model }
    let summary = try model.summary(part, side: arguments[Self.size])
    let forecasts = try forecasts(of: model, isKept: run != nil, in: session)
    let isA = session.workbench.policy == .headOnly
    let bytes = forecasts.map(\.bytes) + (forecasts.count > 2 ? [] : [forecasts[isA ? 0 : 1].bytes])
    let memory = forecasts.map { "\($0.name) \($0.bytes / 1_000_000) MB" }.joined(separator: ", ")
    session.console.result(
      "\(summary.text(width: session.console.tableWidth))\n\(try courseMemory(of: summary))\n"
        + "peak memory of training, \(batchSize) images per update: \(memory)",
      event: .summary,
      [
        ("encoder", .string(model.spec.name)), ("parameters", .integer(summary.parameterCount)),
        ("multiply_adds", .integer(summary.multiplyAdds)),
        ("activations", .integer(summary.valueCount)),
        ("activation_bytes", .integer(summary.activationBytes)), ("layers", summary.layersJSON),
      ] + zip(["A", "B", "as_set"], bytes).map { ("memory_bytes.\($0)", .integer($1)) })
  }

  /// The encoder that is named here, with its own classifier.
  private func namedModel() throws -> Model? {
    switch arguments[Self.subject] {
    case .part: nil
    case .encoder(let name): try Model.blank(Encoders.named(name))
    case .network(let network): try Model.blank(Encoders.named(Net.name(network)))
    }
  }

  private func showSharing(of model: Model, in session: Session) throws {
    let comparison = try model.sharingComparison(side: arguments[Self.size])
    let total = comparison.total
    session.console.result(
      comparison.text(width: session.console.tableWidth), event: .sharing,
      [
        ("encoder", .string(model.spec.name)), ("convolution", .integer(total.convolution)),
        ("locally_connected", .integer(total.locallyConnected)),
        ("fully_connected", .integer(total.fullyConnected)),
      ])
  }

  /// By the course's rule: parameters, a gradient and the optimizer's memory of each, and a batch
  /// forward and backward.
  private func courseMemory(of summary: ModelSummary) throws -> String {
    let settings = TrainingSettings()
    let slots = try Optimizers.make(settings.optimizer).slotNames.count
    let weights = 4 * summary.parameterCount
    let batch = 2 * batchSize * summary.activationBytes
    let all = weights * (2 + slots) + batch
    return "in all: parameters \(weights.bytesText), gradients \(weights.bytesText), optimizer "
      + "(\(settings.optimizer.name)) \((slots * weights).bytesText), \(batchSize) images "
      + "\(batch.bytesText): \(all.bytesText)"
  }

  private var batchSize: Int { arguments[Self.batch] }

  /// The peak memory of the whole program in training by A, by B, and by the policy as it is set.
  ///
  /// `isKept` says that a run holds this model, so that the next training will have one of its own.
  private func forecasts(
    of model: Model, isKept: Bool, in session: Session
  ) throws -> [(name: String, bytes: Int)] {
    let policy = session.workbench.policy
    let policies = [("A", Policy.headOnly), ("B", .uniform)]
    let asSet = policies.contains { $0.1 == policy } ? [] : [("as_set", policy)]
    let resident = ResourceMeter.residentBytes - (isKept ? 0 : model.weightBytes)
    let data = session.workbench.data
    let training = BatchPartition(
      count: data?.partition(.train).count ?? 1 << 20, batchSize: batchSize)
    let validation = BatchPartition(
      count: data?.partition(.validation).count ?? 1 << 20,
      batchSize: ImageBatches.validationBatchSize(batchSize))
    return try (policies + asSet).map { name, policy in
      let phase = try PreparedPhase(
        TrainingPhase(policy, TrainingSettings()), of: model, batchCount: 1)
      let forecast = try phase.memoryForecast(
        training: training, validation: validation, side: arguments[Self.size],
        views: phase.usualViews(of: session.workbench.pipeline),
        cache: data == nil ? nil : session.workbench.features, resident: resident,
        pool: session.pool)
      return (name, forecast.bytes)
    }
  }
}

/// What is shown: a part of the current model, or an encoder.
private enum SummarySubject: ArgumentReadable {
  case part(Model.SummaryPart)
  case encoder(String)
  case network(NetSyntax)

  static func read(_ values: [ArgumentValue]) -> SummarySubject? {
    if let network = NetSyntax.read(values) { return .network(network) }
    if let part = Model.SummaryPart.read(values) { return .part(part) }
    return String.read(values).map(SummarySubject.encoder)
  }

  var argumentText: String {
    switch self {
    case .part(let part): part.rawValue
    case .encoder(let name): name
    case .network(let network): network.argumentText
    }
  }
}

extension ArgumentType where Value == SummarySubject {
  fileprivate static var summarySubject: Self {
    Self(
      .either([
        .choice(Model.SummaryPart.allCases.map(\.rawValue)), .name(.encoder), .network,
      ]))
  }
}
