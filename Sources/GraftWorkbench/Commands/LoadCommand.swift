import GraftBase
import GraftModels
import GraftTraining

/// `load`: takes a saved model, with its classes and preprocessing.
package struct LoadCommand: Command {
  private static let file: Argument<String?> = Argument(
    "file", .path(.model), otherwise: "a run from disk, by run=", "a model that graft saved"
  ).positional
  private static let stored: Argument<String?> = Argument(
    "run", .name(.storedRun), otherwise: "a file", "a run on disk by its name or id (`runs all`)")
  private static let state: Argument<StoredState> = Argument(
    "at", .word, default: .last, "with run=: its last state, or the best by validation")

  private enum StoredState: String, WordChoice { case last, best }
  private static let name = Argument(
    "as", .newName(.run), otherwise: "the file's name", "name of the run")

  package static let specification = CommandSpecification(
    "load", "load a saved model as a run", group: .keep,
    parameters: [file, name, stored, state],
    examples: [
      "load flowers.safetensors", "load flowers.safetensors ; predict rose.jpg",
      "load runs/best.safetensors", "load run=A", "load run=A at=best",
    ],
    seeAlso: ["save", "predict", "runs", "resume"], isRecorded: true,
    discussion: """
      A model that was saved before its training was over brings its training state: `resume` continues it,
      with the images of its recipe or those that are chosen. `load run=` takes the weights of a run of an
      earlier session.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard (arguments[Self.file] == nil) != (arguments[Self.stored] == nil) else {
      throw arguments.fault(
        .missingParameter, at: Self.file, "`load` needs either a file or run=",
        help: "load flowers.safetensors; or load run=A (`runs all` lists them)")
    }
    if arguments.isGiven(Self.state), arguments[Self.stored] == nil {
      throw arguments.fault(
        .notAllowedHere, at: Self.state, "a file holds one state", help: "leave out at=")
    }
  }

  package func rehearse(in trial: Session) throws {
    guard let name = arguments[Self.stored] else { return try run(in: trial) }
    guard trial.trial?.hasTrained == false else { throw Unforeseeable() }
    _ = try trial.storedRun(called: name)
    throw Unforeseeable()
  }

  package func run(in session: Session) throws {
    let stored = try arguments[Self.stored].map { try session.storedRun(called: $0) }
    let (preferred, file, loaded, state) =
      try stored.map { try read($0, in: session) } ?? read(arguments[Self.file] ?? "")
    let model = loaded.model
    let name = arguments[Self.name] ?? session.workbench.freeName(preferred: preferred)
    session.amendRecord(Self.name.name, name)
    let run = TrainingRun(name: name, model: model, recipe: loaded.recipe, state: state)
    run.isSaved = true
    run.stored = stored
    run.cost = stored?.cost
    session.workbench.encoder = EncoderChoice(
      spec: model.spec, input: model.input, weights: file,
      weightsHash: model.weightsHash.hex)
    session.adopt(run)
    session.currentRun = name
    session.refresh()
    session.console.result(
      "\(name): \(model.spec.name), head \(model.headKind), \(model.classes.count) "
        + "\(model.task == .multiLabel ? "labels, any number per image" : "classes"): "
        + model.classes.prefix(8).map(\.escapingControlCharacters).joined(separator: ", ")
        + (model.classes.count > 8 ? ", …" : "")
        + (model.decision.map { "; predicts \($0.text(model.classes))" } ?? ""),
      event: .load,
      (stored == nil
        ? session.fields(ofPlace: arguments[Self.file] ?? "") : [("path", .null), ("file", .null)])
        + [
          ("run", .string(name)), ("encoder", .string(model.spec.name)),
          ("classes", .array(model.classes.map(JSONValue.string))),
          ("weights_hash", .string(model.weightsHash.hex)),
        ])
    session.leaveReceipt("weights \(model.weightsHash)")
  }

  /// A model file, and the state of its training where it was not over.
  private func read(_ path: String) throws -> (String, WeightFile, ModelFile, RunState?) {
    let file = try WeightFile(path: path)
    let loaded = try ModelFile.load(file)
    let weights = loaded.model.parameters.map { ($0.name, $0.value) }
    let state = try RunState(of: file, weights: Dictionary(uniqueKeysWithValues: weights))
    let stem = path.lastPathComponent.split(separator: ".").first ?? "model"
    return (Self.runName(stem), file.withoutTrainingState, loaded, state)
  }

  /// The name of a file as that of a run, which the recorded line gives it.
  static func runName(_ stem: Substring) -> String {
    let letters = stem.map { Lexer.isNameCharacter($0) ? $0 : "_" }
    return letters.first.map(Lexer.isNameStart) == true ? String(letters) : "_" + String(letters)
  }

  /// A run of the store as a model file would hold it.
  private func read(
    _ stored: StoredRun, in session: Session
  ) throws -> (String, WeightFile, ModelFile, RunState?) {
    let loaded = try session.modelFile(of: stored, atBest: arguments[Self.state] == .best)
    let recipe = [ModelFile.Key.recipe.rawValue: stored.recipe]
    let file = WeightFile(
      try ModelFile.contents(of: loaded.model, metadata: recipe), name: "run \(stored.shortID)")
    return (stored.name, file, loaded, nil)
  }

  package func lineage(in session: Session) -> Lineage? {
    // Before it has run, its run is not the current one yet.
    let name = arguments[Self.name] ?? session.currentRun
    return Lineage(
      provides: ["current", "encoder"] + (name.map { ["run:\($0)"] } ?? []),
      needs: arguments[Self.stored].map { EarlierRun.isOne($0) ? ["run:\($0)"] : [] } ?? [])
  }
}
