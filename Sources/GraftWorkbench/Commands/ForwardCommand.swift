import GraftBase
import GraftData
import GraftModels

/// `forward`: runs the model on raw tensors, for checking it against other frameworks.
package struct ForwardCommand: Command {
  private enum Mode: String, WordChoice { case eval, train }

  private static let source = Argument(
    required: "in", .path(.weights),
    "safetensors with `input` [N, C, H, W] and, for the loss, `target`"
  ).positional
  private static let target = Argument(
    required: "to", .path(.output), "safetensors file for the results")
  private static let gradients = Argument(
    "gradients", .flag, default: false, "whether gradients of the mean loss are written")
  private static let mode = Argument(
    "mode", .word, default: Mode.eval, "whether batch norm and dropout work as in training")
  private static let dropout = Argument(
    "dropout", .flag, default: true,
    "whether mode=train drops values, maps and paths; no makes it comparable")

  package static let specification = CommandSpecification(
    "forward", "run the model on raw tensors, as other frameworks do", group: .look,
    parameters: [source, target, gradients, mode, dropout, DenseChoice.dense, DenseChoice.step],
    examples: [
      "forward tensors.safetensors to=out.safetensors",
      "forward tensors.safetensors to=out.safetensors gradients=yes",
      "forward tensors.safetensors to=out.safetensors gradients=yes mode=train",
      "forward tensors.safetensors to=out.safetensors mode=train dropout=no",
      "forward tensors.safetensors to=out.safetensors dense=yes",
    ], seeAlso: ["summary", "save"], isRecorded: true,
    discussion: "Names and layouts are torch's: `logits`, `features`, `loss` and `grad.PARAMETER` "
      + "are written. `input` must be normalized; `target` holds class numbers [N] or soft labels "
      + "[N, classes]. The model is the current run's, else the current encoder and head. With "
      + "dense=yes the classifier is applied at every position of images of its size or larger, "
      + "and `logits` is a map [N, classes, h, w]. Batch statistics without drops (mode=train "
      + "dropout=no) are what other frameworks compute with their dropout rates set to 0.")

  private let source: String
  private let target: String
  private let hasGradients: Bool
  private let isTraining: Bool
  private let drops: Bool
  private let dense: DenseChoice?

  package init(_ arguments: CheckedArguments) throws {
    source = arguments[Self.source]
    target = arguments[Self.target]
    hasGradients = arguments[Self.gradients]
    isTraining = arguments[Self.mode] == .train
    drops = arguments[Self.dropout]
    guard drops || isTraining else {
      throw arguments.fault(
        .notAllowedHere, at: Self.dropout, "without mode=train nothing is dropped",
        help: "leave out dropout=no, or add mode=train")
    }
    dense = try DenseChoice(arguments)
    let asked: [(argument: any AnyArgument, isAsked: Bool)] = [
      (Self.gradients, hasGradients), (Self.mode, isTraining),
    ]
    for (argument, isAsked) in asked where isAsked && dense != nil {
      throw arguments.fault(
        .notAllowedHere, at: argument, "dense=yes gives only logits, in evaluation mode",
        help: "leave out \(argument.name)=")
    }
    guard target.hasSuffix(".safetensors") else {
      throw arguments.fault(
        .unknownValue, at: Self.target, "the results are written as a safetensors file",
        help: "for example: to=out.safetensors")
    }
  }

  package func rehearse(in trial: Session) throws {
    let place = try trial.output(target, reading: [BytePath(source)])
    let model = try model(in: trial)
    if hasGradients { try place.requireSpace(for: model.weightBytes) }
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(
      needs: session.currentRun == nil ? ["encoder", "head", "seed", "precision"] : ["current"],
      isOutcome: true)
  }

  package func run(in session: Session) throws {
    let place = try session.output(target, reading: [BytePath(source)])
    let model = try model(in: session)
    let tensors = try Safetensors.read(path: source)
    let run = TensorRun(
      model, isTraining: isTraining, hasGradients: hasGradients, seed: session.seed, drops: drops)
    let outputs =
      try dense.map { try run.denseOutputs(for: tensors, stride: $0.stride, pool: session.pool) }
      ?? run.outputs(for: tensors, pool: session.pool)
    try Safetensors.write(outputs, to: place.prepared())
    let loss = try outputs["loss"]?.floats().first
    let batch = outputs["logits"]?.shape.first ?? 0
    session.console.result(
      "\(batch) images through \(model.spec.shortName)"
        + (loss.map { ", loss \(Double($0).shortText)" } ?? "")
        + ": \(outputs.tensors.count) tensors in \(FilePath.relative(target, to: session.folder))",
      event: .forward,
      session.fields(ofPlace: target) + [
        ("images", .integer(batch)),
        ("tensors", .integer(outputs.tensors.count)),
        ("loss", loss.map { .number(Double($0)) } ?? .null),
      ])
  }

  private func model(in session: Session) throws -> Model {
    if let run = session.workbench.run(named: session.currentRun ?? "") { return run.model }
    try session.requireForeseeable("current")
    return try session.makeModel(classes: session.assumedClasses)
  }
}
