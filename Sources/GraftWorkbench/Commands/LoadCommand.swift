import GraftBase
import GraftModels

/// `load`: takes a saved model, with its classes and preprocessing.
package struct LoadCommand: Command {
  private static let file = Argument(
    required: "file", .path(.file), "a model that graft saved"
  ).positional
  private static let name = Argument(
    "as", .newName(.run), otherwise: "the file's name", "name of the run")

  package static let specification = CommandSpecification(
    "load", "load a saved model as a run", group: .keep,
    parameters: [file, name],
    examples: [
      "load flowers.safetensors", "load flowers.safetensors ; predict rose.jpg",
      "load runs/best.safetensors",
    ],
    seeAlso: ["save", "predict"], isRecorded: true)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
    let path = arguments[Self.file]
    let file = try WeightFile(path: path)
    let loaded = try ModelFile.load(file)
    let model = loaded.model
    let stem = path.lastPathComponent.split(separator: ".").first.map(String.init) ?? "model"
    let name = arguments[Self.name] ?? session.workbench.freeName(preferred: stem)
    session.amendRecord(Self.name.name, name)
    let run = TrainingRun(name: name, model: model, recipe: loaded.recipe)
    run.isSaved = true
    session.workbench.encoder = EncoderChoice(
      spec: model.spec, input: model.input, weights: file,
      weightsHash: model.weightsHash.hex)
    session.workbench.keep(run)
    session.currentRun = name
    session.refresh()
    session.console.result(
      "\(name): \(model.spec.name), head \(model.headKind), \(model.classes.count) classes: "
        + model.classes.prefix(8).map(\.escapingControlCharacters).joined(separator: ", ")
        + (model.classes.count > 8 ? ", …" : ""),
      event: "load",
      [
        ("run", .string(name)), ("encoder", .string(model.spec.name)),
        ("classes", .array(model.classes.map(JSONValue.string))),
        ("weights_hash", .string(model.weightsHash.hex)),
      ])
    session.leaveReceipt("weights \(model.weightsHash)")
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(
      provides: ["current", "encoder"] + (session.currentRun.map { ["run:\($0)"] } ?? []))
  }
}
