import Foundation
import GraftBase
import GraftData
import GraftModels

/// `save`: writes the model, for Graft or other runtimes, the recipe so far, or a report, by suffix.
package struct SaveCommand: Command {
  private static let file = Argument(
    required: "file", .path(.saved),
    ".safetensors for the model, .onnx for other runtimes, .graft for the recipe, .html for a report; "
      + ".safetensors is added where there is none"
  ).positional

  private static let storage: Argument<ModelFile.Storage> = Argument(
    "dtype", .word, default: .f32,
    "how a model's weights are stored; f16 and bf16 take half the space")

  private static let overwrite = Argument(
    "overwrite", .flag, default: false,
    "replace a recipe that Graft did not write, or that was changed since")

  private static let runs = Argument(
    list: "runs", .runs, otherwise: "all of this session",
    "runs that a report covers, such as [A,C]")
  private static let on: Argument<DataPart> = Argument(
    "on", .word, default: .val, "split that the runs of a report are measured on")
  private static let title: Argument<String?> = Argument(
    "title", .text, otherwise: "the data and the encoder", "title of a report")

  package static let specification = CommandSpecification(
    "save", "write the model, the recipe or a report, by suffix", group: .keep,
    parameters: [file, ExportCommand.fold, storage, overwrite, runs, on, title],
    examples: [
      "save flowers.safetensors", "save flowers.graft", "save flowers.onnx",
      "save \"my model.safetensors\"", "save small.safetensors fold=yes",
      "save small.safetensors dtype=f16",
      "save flowers.graft overwrite=yes", "save report.html",
      "save report.html runs=[A,C] title=\"Two policies\"",
    ],
    seeAlso: ["load", "recipe", "export", "plot"], isRecorded: true,
    discussion:
      "A model file carries its recipe, classes and preprocessing. An ONNX file is what `export` "
      + "writes. With fold=yes batch norms are folded into the preceding convolutions: the same "
      + "predictions from fewer layers. Such a file is loaded, evaluated and exported like any "
      + "other, but its layers are Graft's, not torchvision's. "
      + "With dtype=f16 or dtype=bf16 matrices and filters are rounded to 16 bits; norms and biases stay as they "
      + "are, and a file that is loaded computes in 32 bits. "
      + "The first line of a recipe holds a checksum of the others, so that one that was written or "
      + "changed by hand is not replaced by mistake. "
      + "A report is one page for a browser that loads nothing else: the data, the runs with scores and "
      + "costs, curves, confusion, classes, calibration, policy, augmentation, layers, and the recipe. "
      + "With on=test it counts as an evaluation on the test images.")

  private enum Kind: String, CaseIterable {
    case model = "safetensors"
    case exchange = "onnx"
    case recipe = "graft"
    case report = "html"
  }

  private let path: String
  private let kind: Kind
  private let folds: Bool
  private let storage: ModelFile.Storage
  private let overwrites: Bool
  private let report: ReportRequest

  package init(_ arguments: CheckedArguments) throws {
    path = arguments[Self.file]
    let name = String(path.split(separator: "/").last ?? "")
    let suffix = name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? ""
    guard let kind = Kind(rawValue: suffix) else {
      let (suggestion, _) = Suggestion.help(for: suffix, among: Kind.allCases.map(\.rawValue))
      throw arguments.fault(
        .unknownValue, at: Self.file,
        "`\(name)` does not end in .safetensors, .onnx, .graft or .html",
        help: suggestion.map { "did you mean .\($0)?" } ?? "the suffix decides what is written")
    }
    folds = arguments[ExportCommand.fold]
    guard !folds || [.model, .exchange].contains(kind) else {
      throw arguments.fault(
        .notAllowedHere, at: ExportCommand.fold, "a \(kind) has no batch norms",
        help: "leave out fold=yes")
    }
    storage = arguments[Self.storage]
    guard !arguments.isGiven(Self.storage) || kind == .model else {
      throw arguments.fault(
        .notAllowedHere, at: Self.storage, "dtype= is for model files",
        help: "leave it out, or save a model: save model.safetensors")
    }
    overwrites = arguments[Self.overwrite]
    guard !arguments.isGiven(Self.overwrite) || kind == .recipe else {
      throw arguments.fault(
        .notAllowedHere, at: Self.overwrite, "overwrite= is about recipes",
        help: "leave it out: other files are replaced")
    }
    let ofReports: [any AnyArgument] = [Self.runs, Self.on, Self.title]
    if kind != .report, let given = arguments.firstGiven(of: ofReports) {
      throw arguments.fault(
        .notAllowedHere, at: given, "`\(given.name)` is for reports",
        help: "leave it out, or save a report: save report.html")
    }
    report = ReportRequest(
      runs: arguments[Self.runs], part: arguments[Self.on],
      namesPart: arguments.isGiven(Self.on), title: arguments[Self.title])
    self.kind = kind
  }

  package func rehearse(in trial: Session) throws {
    let place = try trial.output(path)
    switch kind {
    case .recipe: return
    case .exchange: try trial.rehearseExport(to: path)
    case .model: try place.requireSpace(for: trial.requireRun().model.weightBytes)
    case .report: _ = try report.runs(in: trial)
    }
  }

  package func run(in session: Session) throws {
    switch kind {
    case .model: try saveModel(in: session)
    case .exchange: try session.export(to: path, includesPreprocessing: false, folds: folds)
    case .recipe: try saveRecipe(in: session)
    case .report: try session.save(report, to: path)
    }
  }

  private func saveRecipe(in session: Session) throws {
    let count = session.recorder.statements.count
    guard count > 0 else {
      throw GraftError(
        .failed, "nothing was recorded yet, so the recipe would be empty",
        help: "`encoder` and `data` are good first lines")
    }
    let place = try session.output(path)
    let shown = FilePath.relative(path, to: session.folder)
    if !overwrites {
      try RecipeText.spareHandwork(
        at: path, shown, help: "`save \(Printer.text(literal: shown)) overwrite=yes` replaces it")
    }
    let folder = FilePath.folder(of: path)
    var distiller = session.distiller(folder: folder)
    let text = distiller.recipe()
    try AtomicFile.write(text, to: place.prepared())
    let lines = text.split(separator: "\n").count
    let length = "\(lines) \(lines == 1 ? "line" : "lines")"
    let origin = "\(count) \(count == 1 ? "command" : "commands")"
    session.console.result(
      "saved \(shown), \(length), distilled from \(origin)",
      event: .save,
      session.fields(ofPlace: path) + [
        ("kind", .string("recipe")), ("weights_hash", .null), ("step", .null),
        ("lines", .integer(lines)), ("commands", .integer(count)), ("runs", .null),
        ("bytes", .null),
      ])
    warn(of: distiller.outputs.filter { !FilePath.contains(folder, $0) }, folder, in: session)
  }

  /// Says that a recipe would write outside its folder, which a replay may not, and where it could lie.
  private func warn(of outside: [String], _ folder: String, in session: Session) {
    guard let first = outside.first else { return }
    let shared = FilePath.sharedFolder(of: [path] + outside)
    let name = path.lastPathComponent
    session.console.warn(
      "the recipe writes \(FilePath.relative(first, to: folder).escapingControlCharacters), and a recipe "
        + "may write only inside its own folder: to replay it, save it as "
        + FilePath.relative(shared == "/" ? shared + name : shared + "/" + name, to: session.folder)
    )
  }

  private func saveModel(in session: Session) throws {
    let place = try session.output(path)
    let run = try session.requireRun()
    let model = folds ? try run.model.folded() : run.model
    // A model that is folded or rounded cannot be trained on as it was.
    let isWhole = !folds && storage == .f32
    let state = run.isUnfinished && isWhole ? run.state : nil
    let (metadata, tensors) = try state?.additions() ?? ([:], [])
    let names = state == nil && !EarlierRun.isOne(run.name) ? nil : [run.name]
    let recipe = run.recipe ?? session.distilledRecipe(folder: nil, of: names)
    let hash = try ModelFile.save(
      model, to: place.prepared(),
      metadata: metadata.merging([ModelFile.Key.recipe.rawValue: recipe]) { $1 }, adding: tensors,
      as: storage)
    run.isSaved = run.isSaved || isWhole
    session.refresh()
    session.console.result(
      "saved \(run.name) as \(FilePath.relative(path, to: session.folder)), "
        + "\(run.model.foldReport(model))weights \(hash)"
        + (state.map { ", with the training state of step \($0.stepsDone)" } ?? ""),
      event: .save,
      session.fields(ofPlace: path) + [
        ("kind", .string("model")), ("weights_hash", .string(hash.hex)),
        ("step", state.map { .integer($0.stepsDone) } ?? .null), ("lines", .null),
        ("commands", .null), ("runs", .null), ("bytes", .null),
      ])
    session.leaveReceipt("weights \(hash)")
  }

  /// A recipe does not hold the line that saved it.
  package func lineage(in session: Session) -> Lineage? {
    switch kind {
    case .recipe: Lineage()
    case .model, .exchange: Lineage(needs: ["current"], isOutcome: true)
    case .report: report.lineage(in: session)
    }
  }
}
