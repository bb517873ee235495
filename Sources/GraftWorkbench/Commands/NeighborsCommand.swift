import GraftBase
import GraftData
import GraftImaging
import GraftModels
import GraftTraining

/// `neighbors`: the images of a folder or of the data that are the most like one image.
package struct NeighborsCommand: Command {
  private static let image = Argument(
    required: "image", ArgumentType<String>(.path(.image)), "the image to search for"
  ).positional
  private static let count = Argument(
    "count", .integer(1...1000), default: 12, "how many images to show"
  ).positional
  private static let place: Argument<String?> = Argument(
    "in", .path(.folder), otherwise: "the current data",
    "folder of images to search, with all folders below it")
  private static let run = Argument(
    "run", .name(.run), otherwise: "the current run, or the chosen encoder",
    "the run whose encoder compares them")

  package static let specification = CommandSpecification(
    "neighbors", "show the images that are the most like one image", group: .look,
    parameters: [image, count, place, run, GalleryOutput.argument],
    examples: [
      "neighbors rose.jpg", "neighbors rose.jpg 5 in=new/ to=like-rose.png",
      "neighbors flowers/red/0.png 24 run=C", "neighbors rose.jpg 100 to=like-rose.csv",
    ],
    seeAlso: ["embed", "check", "mistakes"], isRecorded: true,
    discussion: """
      Images are compared by the encoder's features, pooled, before the head, as `embed` writes
      them. The distance is 1 less the cosine: 0 is the same direction, 1 is orthogonal. Features
      are computed once and kept in the folder of the feature cache (`set cache=off` keeps none), a
      file for each folder and encoder: later searches compute only those of images that are new or
      changed. In one session a folder is read once, as long as its files keep their length, their time
      and their place. The image itself is left out where it is among those searched, and a note says so;
      copies of it are shown.
      """)

  private let arguments: CheckedArguments
  private let output: GalleryOutput

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    output = try GalleryOutput(arguments)
  }

  private var inputs: [BytePath] {
    [BytePath(arguments[Self.image])] + (arguments[Self.place].map { [BytePath($0)] } ?? [])
  }

  package func rehearse(in trial: Session) throws {
    _ = try output.place(in: trial, reading: inputs)
    if let folder = arguments[Self.place] { _ = try list(folder, in: trial) }
    if arguments[Self.place] == nil { _ = try images(in: trial) }
    _ = try trial.embeddingModel(arguments[Self.run])
  }

  package func run(in session: Session) throws {
    let place = try output.place(in: session, reading: inputs)
    let (model, name) = try session.embeddingModel(arguments[Self.run])
    let (data, location) = try images(in: session)
    let (index, computed) = try session.neighborIndex(of: data, at: location, by: model)
    let neighbors = try NeighborGallery(
      query(in: data, index, model, in: session), in: index, of: data,
      limit: arguments[Self.count], source: name, pool: session.pool)
    try output.present(
      neighbors.gallery(pool: session.pool, width: session.console.tableWidth), at: place,
      in: session, event: .neighbors,
      [
        ("image", .string(neighbors.query.name)), ("source", .string(name)),
        ("images", .integer(data.samples.count)), ("computed", .integer(computed)),
        ("left_out", .integer(neighbors.query.own.count)),
      ])
  }

  /// The image searched for, with its features: those of the index where it is among the images.
  private func query(
    in data: DataSet, _ index: NeighborIndex, _ model: Model, in session: Session
  ) throws -> NeighborGallery.Query {
    let path = BytePath(arguments[Self.image])
    let own = try DataSet.open(
      ImageList(files: [path]), badFiles: .stop, grayRange: data.grayRange, pool: session.pool)
    let content = own.samples[0].content
    let equal = index.contents.indices.filter { index.contents[$0] == content }
    let features =
      try equal.first.map { index.features(of: $0) }
      ?? session.embedding(of: own, .train, by: model, verb: "neighbors").values
    let identity = path.identity
    return NeighborGallery.Query(
      name: FilePath.relative(arguments[Self.image], to: session.folder),
      image: try own.image(at: 0), features: features,
      own: Set(equal.filter { identity != nil && data.file(of: $0)?.identity == identity }))
  }

  /// The images to search, and where they are.
  private func images(in session: Session) throws -> (DataSet, String) {
    guard let folder = arguments[Self.place] else {
      let data = try session.requireData()
      guard data.task.isOfImages else {
        throw GraftError(
          .failed,
          "\(data.name) has a class for each pixel, and encoders of whole images cannot read it",
          help: "name the folder of its images: in=FOLDER")
      }
      return (data, data.places.map(\.description).joined(separator: "\n") + data.name)
    }
    let interrupts = session.interrupts
    let searched = try SearchedFolder(
      list(folder, in: session), after: session.workbench.searchedFolder
    ) { list in
      try DataSet.open(list, badFiles: .skip, pool: session.pool) { _, _ in try interrupts.check() }
    }
    session.workbench.searchedFolder = searched
    let data = searched.data
    guard !data.samples.isEmpty else {
      throw GraftError(
        .input,
        "none of the \(data.badFiles.count) images of \(data.name) can be read, the first: "
          + (data.badFiles.first?.description ?? ""))
    }
    if !data.badFiles.isEmpty {
      session.console.warn("\(data.badFiles.count) files cannot be read, and are left out")
    }
    return (data, folder)
  }

  private func list(_ folder: String, in session: Session) throws -> ImageList {
    let trimmed = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let list = try ImageList(folder: BytePath(trimmed))
    guard !list.isEmpty else {
      throw GraftError(
        .input, "there are no images in \(FilePath.relative(folder, to: session.folder))",
        help: list.ignored.helpForAnotherBuild ?? "graft reads \(ReadableKind.list) files")
    }
    return list
  }

  /// Only a gallery that writes a file belongs to a recipe.
  package func lineage(in session: Session) -> Lineage? {
    guard output.isFile else { return nil }
    let model =
      arguments[Self.run].map { ["run:\($0)"] }
      ?? (session.currentRun == nil ? ["encoder", "seed", "precision"] : ["current"])
    return Lineage(
      needs: (arguments[Self.place] == nil ? ["data"] : []) + model, isOutcome: true)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    session.currentRun.map { [run.name: $0] } ?? [:]
  }
}
