import GraftBase
import GraftModels

/// `forward`: runs the model on raw tensors, for checking it against other frameworks.
package struct ForwardCommand: Command {
  package static let specification = CommandSpecification(
    "forward", "run the model on raw tensors, as other frameworks do", group: .look,
    parameters: [
      .positional(
        "in", .path(.weights), default: .required,
        "safetensors with `input` [N, C, H, W] and, for the loss, `target`"),
      ParameterSpecification(
        "to", .path(.output), default: .required, "safetensors for what comes out"),
      ParameterSpecification(
        "gradients", .flag, default: .value("no"), "whether gradients of the mean loss are written"),
      ParameterSpecification(
        "mode", .choice(["eval", "train"]), default: .value("eval"),
        "whether batch norm and dropout act as in training"),
      DenseChoice.dense, DenseChoice.step,
    ],
    examples: [
      "forward tensors.safetensors to=out.safetensors",
      "forward tensors.safetensors to=out.safetensors gradients=yes",
      "forward tensors.safetensors to=out.safetensors gradients=yes mode=train",
      "forward tensors.safetensors to=out.safetensors dense=yes",
    ], seeAlso: ["summary", "save"],
    discussion: "Names and layouts are torch's: `logits`, `features`, `loss` and "
      + "`grad.PARAMETER` come out. `input` is normalized already; `target` holds class numbers [N] "
      + "or soft labels [N, classes]. The model is the current run's, else encoder and head as they "
      + "are set. With dense=yes the classifier is applied at every place of images of its size or "
      + "larger, and `logits` is a map [N, classes, h, w].")

  private let source: String
  private let target: String
  private let hasGradients: Bool
  private let isTraining: Bool
  private let dense: DenseChoice?

  package init(_ arguments: CheckedArguments) throws {
    source = arguments.path("in") ?? ""
    target = arguments.path("to") ?? ""
    hasGradients = arguments.flag("gradients") ?? false
    isTraining = arguments.text("mode") == "train"
    dense = try DenseChoice(arguments)
    for (name, isAsked) in [("gradients", hasGradients), ("mode", isTraining)]
    where isAsked && dense != nil {
      throw arguments.fault(
        .notAllowedHere, at: name, "dense=yes gives logits in evaluation, and nothing else",
        help: "leave out \(name)=")
    }
    guard target.hasSuffix(".safetensors") else {
      throw arguments.fault(
        .unknownValue, at: "to", "what comes out is a safetensors file",
        help: "for example: to=out.safetensors")
    }
  }

  package func run(in session: Session) throws {
    let model = try model(in: session)
    let tensors = try Safetensors.read(path: source)
    let run = TensorRun(
      model, isTraining: isTraining, hasGradients: hasGradients, seed: session.seed)
    let outputs =
      try dense.map { try run.denseOutputs(for: tensors, stride: $0.stride, pool: session.pool) }
      ?? run.outputs(for: tensors, pool: session.pool)
    try Safetensors.write(outputs, to: target)
    let loss = try outputs["loss"]?.floats().first
    let batch = outputs["logits"]?.shape.first ?? 0
    session.console.result(
      "\(batch) images through \(model.spec.shortName)"
        + (loss.map { ", loss \(Double($0).shortText)" } ?? "")
        + ": \(outputs.tensors.count) tensors in \(FilePath.relative(target, to: session.folder))",
      event: "forward",
      [
        ("file", .string(target)), ("images", .integer(batch)),
        ("tensors", .integer(outputs.tensors.count)),
        ("loss", loss.map { .number(Double($0)) } ?? .null),
      ])
  }

  private func model(in session: Session) throws -> Model {
    if let run = session.workbench.run(named: session.currentRun ?? "") { return run.model }
    return try session.makeModel(classes: session.assumedClasses)
  }
}
