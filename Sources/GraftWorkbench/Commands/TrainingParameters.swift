import GraftBase
import GraftEngine
import GraftImaging
import GraftModels
import GraftTraining

/// The arguments that `train`, `finetune` and their relatives share.
package enum TrainingParameters {
  private static let usual = TrainingSettings()
  static let usualBatch = 32

  static let epochs = Argument(
    "epochs", .integer(1...100_000), default: usual.epochs, "passes over the training images")
  static let rate: Argument<RateChoice?> = Argument(
    "lr", .rateChoice, otherwise: "the policy's",
    "peak learning rate, LO..HI from the lowest group to the head, or auto: what `findlr` suggests")
  static let head = Argument(
    "head", .choice(Heads.all.map { $0.name }), otherwise: "the current head", "head for this run")
  static let policy: Argument<Policy.Variant?> = Argument(
    "policy", .word, otherwise: "the current policy", "policy for this run")
  static let from = Argument(
    "from", .name(.run), otherwise: "the encoder's own weights", "run to start from")
  static let batch = Argument(
    "batch", .integer(1...65_536), default: usualBatch, "images per batch, which makes an update")
  static let accumulate = Argument(
    "accumulate", .integer(1...100_000), default: 1,
    "batches whose mean gradient makes one update; steps count updates")
  static let optimizer = Argument(
    "optimizer", .choice(Optimizers.all.map { $0.name }), default: usual.optimizer.name,
    "how weights are updated")
  static let schedule: Argument<Choice?> = Argument(
    "schedule", .call(of: Schedules.all.map { CallableWord($0.name, $0.arguments) }),
    otherwise: "one-cycle for A and C, constant for B",
    "how the rate changes over the run; with arguments as in plateau(factor=0.5, patience=3)")
  static let warmup = Argument(
    "warmup", .percent, otherwise: "the schedule's",
    "share of the updates for warm-up, such as 10%")
  static let decay = Argument(
    "decay", .number(0...1), default: usual.weightDecay,
    "weight decay; not for biases and norms")
  static let momentum = Argument(
    "momentum", .number(0...0.9999),
    otherwise: "the optimizer's, cycled by "
      + Schedules.all.filter { !$0.momentumArguments.isEmpty }.map { $0.name }
      .joined(separator: " and "),
    Optimizers.all.compactMap { type in
      type.momentumArgument.map { "\($0.name) of \(type.name)" }
    }.joined(separator: ", "))
  static let clip = Argument(
    "clip", .number(1e-6...1e6), otherwise: "gradients as they are",
    "largest norm that the gradients of an update may have together; longer ones are shortened to it",
    usual: "1")
  static let loss = Argument(
    "loss", .choice(Losses.names), default: Losses.usual(for: .classification).name,
    "what is minimized: \(losses(.classification)); of pixels \(losses(.segmentation)); of any number of "
      + "labels \(losses(.multiLabel)), which is their default")
  static let smoothing = Argument(
    "smooth", .number(0...0.9), default: usual.smoothing, "label smoothing")
  static let patience = Argument(
    "patience", .integer(1...100_000), "stop after this many epochs without a better score")
  static let keep = Argument(
    "keep", .word, default: KeptEpoch.last,
    "the epoch whose weights are kept at the end, best by the validation score")
  static let averaging = Argument(
    "ema", .averaging, default: WeightAveraging.off,
    "moving averages of the weights, validated and kept at the end: their decay per update, or yes for "
      + "one that fits the run")
  static let augment = Argument(
    list: "augment", .pipeline, otherwise: "the current pipeline",
    "pipeline for this run: a name, an op, a list of ops, or none")
  static let views = Argument(
    "views", .integer(0...1000),
    otherwise:
      "with a frozen encoder, whose features are then kept, 3 for each 10 epochs, from 1 to 4; "
      + "else 0",
    "augmented views of each image that epochs take in turn; 0 draws new ones in each epoch")
  static let size: Argument<ClosedRange<Int>?> = Argument(
    "size", .integerRange(16...4096), otherwise: "the encoder's",
    "width and height of images in pixels; LO..HI lets those for training grow to the size of validation"
  )
  static let depth = Argument(
    "depth", .integer(1...1000), otherwise: "as the policy says",
    "layer groups that may learn, counted from the head; those below are frozen")
  static let budget = Argument(
    "budget", .duration,
    "the time that the training may take, such as 10m: chooses epochs, depth and views where they are not given"
  )
  static let stop = Argument(
    "stop", .integer(1...1_000_000_000), "stop at this update of the schedule, as after Ctrl-C")
  static let name = Argument(
    "as", .newName(.run), otherwise: "the next free letter", "name of the run")

  static let loop: [any AnyArgument] = [
    batch, accumulate, optimizer, schedule, warmup, decay, momentum, clip, loss, smoothing,
    patience, keep, averaging, augment, views, size,
  ]
  /// Those that decide what one update does, and not how many there are.
  static let updates: [any AnyArgument] = [
    batch, optimizer, decay, momentum, clip, loss, smoothing, augment, views,
  ]
  static let ending: [any AnyArgument] = [stop, name]

  private static func losses(_ task: PredictionTask) -> String {
    Losses.all(for: task).map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
  }

  /// The things a run rests on; `source` is the run whose weights it starts from.
  static func lineage(
    _ arguments: CheckedArguments, from source: String? = nil, in session: Session
  ) -> Lineage {
    let run = arguments[name] ?? session.currentRun
    let names = arguments[augment].map(\.name)
    let pipelines = names.filter { session.vocabulary.names(.pipeline).contains($0) }
    let isEdit = names.contains { $0.hasPrefix("+") || $0.hasPrefix("-") }
    let isNamed = !isEdit && (!pipelines.isEmpty || names.contains(Pipeline.noneWord))
    return Lineage(
      provides: (run.map { ["run:\($0)"] } ?? []) + ["current"],
      needs: ["encoder", "data", "head", "policy", "freeze", "seed", "precision"]
        + (isNamed ? [] : ["augment"]) + pipelines.map { "pipeline:\($0)" }
        + (source.map { ["run:\($0)"] } ?? []))
  }
}
