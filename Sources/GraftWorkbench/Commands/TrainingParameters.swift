import GraftBase
import GraftEngine
import GraftModels
import GraftTraining

/// The parameters that `train`, `finetune` and their relatives share.
package enum TrainingParameters {
  /// The registered ones, and Nesterov's momentum under a name of its own.
  package static let optimizers = Optimizers.all.map { $0.name } + ["nesterov"]
  package static let schedules = Schedules.all.map { $0.name }

  static func epochs(default count: String) -> ParameterSpecification {
    ParameterSpecification(
      "epochs", .integer(1...100_000), default: .value(count), "passes over the training images")
  }

  static let rate = ParameterSpecification(
    "lr", .range(0...10, acceptsSingle: true), default: .described("the policy's"),
    "peak learning rate, or LO..HI from the lowest group to the head")

  static let loop: [ParameterSpecification] = [
    ParameterSpecification(
      "batch", .integer(1...65_536), default: .value("32"), "images per update"),
    ParameterSpecification(
      "optimizer", .choice(optimizers), default: .value("adamw"), "how weights are updated"),
    ParameterSpecification(
      "schedule", .choice(schedules), default: .described("one-cycle for A and C, constant for B"),
      "how the rate changes over the run"),
    ParameterSpecification(
      "warmup", .percent, default: .described("the schedule's"),
      "share of the updates to warm up in, such as 10%"),
    ParameterSpecification(
      "decay", .number(0...1), default: .value("0.01"),
      "weight decay; biases and norms are spared"),
    ParameterSpecification(
      "momentum", .number(0...0.9999), default: .described("0.9, cycled by one-cycle"),
      "momentum, the first beta of Adam, or Adadelta's memory"),
    ParameterSpecification(
      "loss", .choice(Losses.names), default: .value(Losses.usual(for: .classification).name),
      "what is minimized: " + losses(.classification) + "; of pixels " + losses(.segmentation)),
    ParameterSpecification(
      "smooth", .number(0...0.9), default: .value("0"), "label smoothing"),
    ParameterSpecification(
      "patience", .integer(1...100_000), "stop after this many epochs without a better score"),
    ParameterSpecification(
      "augment", .pipeline, default: .described("the current pipeline"),
      "pipeline for this run: a name, an op, a list of ops, or none"),
    ParameterSpecification(
      "views", .integer(0...1000),
      default: .described("4 with a frozen encoder, whose features are then kept; else 0"),
      "augmented views of each image that epochs take in turn; 0 draws new ones in each epoch"),
  ]

  private static func losses(_ task: PredictionTask) -> String {
    Losses.all(for: task).map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
  }

  static let stop = ParameterSpecification(
    "stop", .integer(1...1_000_000_000), "end at this update of the schedule, as after Ctrl-C")

  static let ending: [ParameterSpecification] = [
    stop,
    ParameterSpecification(
      "as", .newName(.run), default: .described("the next free letter"), "name of the run"),
  ]

  /// The things a run rests on.
  static func lineage(
    _ arguments: CheckedArguments, run: String?, in session: Session
  ) -> Lineage {
    let pipelines = arguments.calls("augment").map(\.name).filter {
      session.vocabulary.names(.pipeline).contains($0)
    }
    let names = arguments.calls("augment").map(\.name)
    let isEdit = names.contains { $0.hasPrefix("+") || $0.hasPrefix("-") }
    let isNamed = !isEdit && (!pipelines.isEmpty || names.contains("none"))
    let hasFrom = arguments.specification.parameter("from") != nil
    let from = hasFrom ? arguments.text("from") : nil
    return Lineage(
      provides: (run.map { ["run:\($0)"] } ?? []) + ["current"],
      needs: ["encoder", "data", "head", "policy", "freeze", "seed", "precision"]
        + (isNamed ? [] : ["augment"]) + pipelines.map { "pipeline:\($0)" }
        + (from.map { ["run:\($0)"] } ?? []))
  }
}
