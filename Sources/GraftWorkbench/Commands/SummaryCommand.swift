import GraftBase
import GraftData
import GraftModels
import GraftTraining

/// `summary`: the layer table of the encoder, the head or both.
package struct SummaryCommand: Command {
  package static let specification = CommandSpecification(
    "summary", "show the layers: shapes, parameters, memory, FLOPs", group: .look,
    parameters: [
      .positional(
        "part", .either([.choice(["encoder", "head", "model"]), .name(.encoder), .network]),
        default: .value("model"), "what to show; an encoder by its name needs not be chosen"),
      ParameterSpecification(
        "size", .integer(16...4096), default: .described("the encoder's"), "side of the input image"
      ),
      ParameterSpecification(
        "batch", .integer(1...65_536), default: .value("32"),
        "images per update, for the forecast of memory"),
      ParameterSpecification(
        "versus", .flag, default: .value("no"),
        "compare convolutions with layers that are locally and fully connected"),
    ],
    examples: [
      "summary", "summary encoder", "summary model size=128 batch=16", "summary versus=yes",
      "summary resnet18",
    ],
    seeAlso: ["encoder", "policy", "forward"],
    discussion:
      "Values, parameters and memory are counted as courses do it: each layer's output is "
      + "held, and as much again for its gradient; activation functions work in place. What a "
      + "training takes in truth, with buffers that share memory, is told below the table.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
    let named = try namedModel()
    let run = named == nil ? session.workbench.run(named: session.currentRun ?? "") : nil
    let model = try named ?? run?.model ?? session.makeModel(classes: session.assumedClasses)
    if arguments.flag("versus") == true { return try showSharing(of: model, in: session) }
    let part = arguments.text("part").flatMap(Model.SummaryPart.init(rawValue:)) ?? .model
    let summary = try model.summary(part, side: arguments.integer("size"))
    let forecasts = try forecasts(of: model, isKept: run != nil, in: session)
    let memory = forecasts.map { "\($0.name) \($0.bytes / 1_000_000) MB" }.joined(separator: ", ")
    session.console.result(
      "\(summary)\n\(try courseMemory(of: summary))\n"
        + "peak memory of training, \(batchSize) images an update: \(memory)",
      event: "summary",
      [
        ("encoder", .string(model.spec.name)), ("parameters", .integer(summary.parameterCount)),
        ("multiply_adds", .integer(summary.multiplyAdds)),
        ("activations", .integer(summary.valueCount)),
        ("activation_bytes", .integer(summary.activationBytes)),
      ] + forecasts.map { ("memory_bytes.\($0.name)", .integer($0.bytes)) })
  }

  /// The encoder that is named here, with its own classifier.
  private func namedModel() throws -> Model? {
    var spec: EncoderSpec?
    if let name = arguments.text("part"), Model.SummaryPart(rawValue: name) == nil {
      spec = try Encoders.named(name)
    }
    if let network = arguments.network("part") { spec = try Encoders.named(Net.name(network)) }
    return try spec.map { try Model.blank($0) }
  }

  private func showSharing(of model: Model, in session: Session) throws {
    let comparison = try model.sharingComparison(side: arguments.integer("size"))
    let total = comparison.total
    session.console.result(
      "\(comparison)", event: "summary",
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

  private var batchSize: Int { arguments.integer("batch") ?? 32 }

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
        training: training, validation: validation, side: arguments.integer("size"),
        views: phase.usualViews(of: session.workbench.pipeline),
        cache: data == nil ? nil : session.workbench.features, resident: resident,
        pool: session.pool)
      return (name, forecast.bytes)
    }
  }
}
