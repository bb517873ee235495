import GraftBase
import GraftData
import GraftModels
import GraftTraining

/// `embed`: writes the features of images for other programs.
package struct EmbedCommand: Command {
  private static let source: Argument<String?> = Argument(
    "path", .path(.data), otherwise: "the current data", "folder of images, one subfolder per class"
  ).positional
  private static let on: Argument<DataPart?> = Argument(
    "on", .word, otherwise: "all splits", "split of the data")
  private static let output = Argument(
    required: "to", .path(.output), "file to write: .csv, .npy or .safetensors",
    usual: "features.npy")

  package static let specification = CommandSpecification(
    "embed", "write the features of images, for other programs", group: .look,
    parameters: [source, on, output],
    examples: [
      "embed to=features.npy", "embed on=val to=features.csv",
      "embed flowers/ to=flowers-features.safetensors",
    ],
    seeAlso: ["solve", "forward", "predict"], isRecorded: true,
    discussion: """
      Features are what the encoder of the current run, or else the chosen one, gives of an image as in
      evaluation: pooled, before the head, without augmentation. A .csv file has image, label and split in
      front; .npy is one array [images, features]; .safetensors has tensors called features and label, and the names in its
      metadata. Rows are in the order of the data: those for training, for validation, for test.
      """)

  private let arguments: CheckedArguments
  private let format: EmbeddingFile.Format

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard let format = EmbeddingFile.Format(path: arguments[Self.output]) else {
      throw arguments.fault(
        .unknownValue, at: Self.output, "features are written as .csv, .npy or .safetensors",
        help: "for example: embed to=features.npy")
    }
    self.format = format
  }

  package func rehearse(in trial: Session) throws {
    _ = try trial.output(arguments[Self.output])
    _ = try subject(in: trial)
  }

  package func run(in session: Session) throws {
    let place = try session.output(arguments[Self.output])
    let (data, model) = try subject(in: session)
    let file = EmbeddingFile(
      data: data,
      parts: try parts(of: data).map { part in
        (part, try session.embedding(of: data, part.partition, by: model, verb: "embed"))
      })
    try file.write(format, to: place.prepared())
    session.console.result(
      "wrote \(FilePath.relative(place.path, to: session.folder)): \(file.count.groupedText) images, "
        + "\(file.width.groupedText) features each",
      event: .embed,
      session.fields(ofPlace: place.path) + [
        ("images", .integer(file.count)), ("features", .integer(file.width)),
      ])
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(
      needs: (arguments[Self.source] == nil ? ["data"] : [])
        + (session.currentRun == nil ? ["encoder", "seed", "precision"] : ["current"]),
      isOutcome: true)
  }

  /// The images, and the model whose encoder sees them.
  private func subject(in session: Session) throws -> (DataSet, Model) {
    let data: DataSet
    if let path = arguments[Self.source] {
      var options = DataOptions()
      options.isForMeasuring = true
      data = try DataCommand.open(path, options, in: session)
    } else {
      data = try session.requireData()
    }
    guard !parts(of: data).isEmpty else {
      let part = arguments[Self.on]?.rawValue ?? ""
      throw GraftError(
        .failed, "\(data.name) has no \(part) images", help: "leave out on= for those of all splits"
      )
    }
    return (data, try session.embeddingModel(nil).model)
  }

  /// The splits that are asked for and have images.
  private func parts(of data: DataSet) -> [DataPart] {
    [DataPart.train, .val, .test].filter {
      (arguments[Self.on] ?? $0) == $0 && !data.partition($0.partition).isEmpty
    }
  }
}
