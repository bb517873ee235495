import GraftBase
import GraftModels

/// `export`: writes the current model for other runtimes.
package struct ExportCommand: Command {
  package static let specification = CommandSpecification(
    "export", "write the model for other runtimes, as ONNX", group: .keep,
    parameters: [
      .positional("file", .path(.output), default: .required, "a file that ends in .onnx"),
      ParameterSpecification(
        "preprocessing", .flag, default: .value("no"),
        "whether the file takes pixels 0..255 and normalises them itself"),
    ],
    examples: [
      "export flowers.onnx", "export flowers.onnx preprocessing=yes", "export \"my model.onnx\"",
    ],
    seeAlso: ["save", "predict"], isRecorded: true,
    discussion:
      "The input `image` is [N, C, H, W] of the model's size for any N, the output `logits` "
      + "[N, classes]. Weights have torch's names. Metadata hold classes and preprocessing.")

  private let path: String
  private let includesPreprocessing: Bool

  package init(_ arguments: CheckedArguments) throws {
    path = arguments.path("file") ?? ""
    includesPreprocessing = arguments.flag("preprocessing") ?? false
    guard path.hasSuffix(".onnx") else {
      throw arguments.fault(
        .unknownValue, at: "file", "`\(path.lastPathComponent)` does not end in .onnx",
        help: "`save` writes what the suffix says")
    }
  }

  package func run(in session: Session) throws {
    try session.export(to: path, includesPreprocessing: includesPreprocessing)
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(needs: ["current"], isOutcome: true)
  }
}

extension Session {
  /// Writes the current model as ONNX; `includesPreprocessing` as `ONNXFile.save` has it.
  func export(to path: String, includesPreprocessing: Bool) throws {
    let run = try runToMeasure(nil, classes: workbench.data)
    try ONNXFile.save(run.model, to: path, includesPreprocessing: includesPreprocessing)
    let hash = run.model.weightsHash
    console.result(
      "exported \(run.name) as \(FilePath.relative(path, to: folder)), weights \(hash)",
      event: "export", [("file", .string(path)), ("weights_hash", .string(hash.hex))])
    leaveReceipt("weights \(hash)")
  }
}
