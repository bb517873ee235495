import GraftBase
import GraftModels

/// `export`: writes the current model for other runtimes.
package struct ExportCommand: Command {
  private static let file = Argument(
    required: "file", .path(.output), "a file that ends in .onnx"
  ).positional
  private static let preprocessing = Argument(
    "preprocessing", .flag, default: false,
    "whether the file takes pixels 0..255 and normalizes them itself")
  /// Also of `save`.
  static let fold = Argument(
    "fold", .flag, default: false,
    "whether batch norms are folded into the preceding convolutions")

  package static let specification = CommandSpecification(
    "export", "write the model for other runtimes, as ONNX", group: .keep,
    parameters: [file, preprocessing, fold],
    examples: [
      "export flowers.onnx", "export flowers.onnx preprocessing=yes", "export \"my model.onnx\"",
      "export flowers.onnx fold=yes",
    ],
    seeAlso: ["save", "predict"], isRecorded: true,
    discussion:
      "The input `image` is [N, C, H, W] of the model's size for any N, the output `logits` "
      + "[N, classes]: probabilities are their softmax, or where images have any number of labels the sigmoid "
      + "of each. Weights have torch's names. Metadata hold classes, preprocessing, how probabilities are "
      + "made, and thresholds.")

  private let path: String
  private let includesPreprocessing: Bool
  private let folds: Bool

  package init(_ arguments: CheckedArguments) throws {
    path = arguments[Self.file]
    includesPreprocessing = arguments[Self.preprocessing]
    folds = arguments[Self.fold]
    guard path.hasSuffix(".onnx") else {
      throw arguments.fault(
        .unknownValue, at: Self.file, "`\(path.lastPathComponent)` does not end in .onnx",
        help: "`save` writes what the suffix says")
    }
  }

  package func rehearse(in trial: Session) throws { try trial.rehearseExport(to: path) }

  package func run(in session: Session) throws {
    try session.export(
      to: path, includesPreprocessing: includesPreprocessing, folds: folds)
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(needs: ["current"], isOutcome: true)
  }
}

extension Session {
  /// Refuses what `export` would be refused for.
  func rehearseExport(to path: String) throws {
    let place = try output(path)
    let run = try runToMeasure(nil, classes: workbench.data)
    try place.requireSpace(for: run.model.weightBytes)
  }

  /// Writes the current model as ONNX; `includesPreprocessing` as `ONNXFile.save` has it.
  func export(to path: String, includesPreprocessing: Bool, folds: Bool) throws {
    let place = try output(path)
    let run = try runToMeasure(nil, classes: workbench.data)
    let model = folds ? try run.model.folded() : run.model
    try ONNXFile.save(model, to: place.prepared(), includesPreprocessing: includesPreprocessing)
    let hash = model.weightsHash
    console.result(
      "exported \(run.name) as \(FilePath.relative(path, to: folder)), "
        + "\(run.model.foldReport(model))weights \(hash); the output is \(model.outputText)",
      event: .export, fields(ofPlace: path) + [("weights_hash", .string(hash.hex))])
    leaveReceipt("weights \(hash)")
  }
}

extension Model {
  /// `20 batch norms folded, `, and how many stay in a decoder; nothing for the model itself.
  func foldReport(_ folded: Model) -> String {
    guard folded !== self else { return "" }
    let rest = folded.normCount
    return "\(normCount - rest) batch norms folded, "
      + (rest == 0 ? "" : "\(rest) of the decoder stay, ")
  }
}
