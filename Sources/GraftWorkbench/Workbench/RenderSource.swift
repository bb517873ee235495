import GraftBase
import GraftData
import GraftImaging

/// What `render` copies: labeled data, or image files without classes, and boxes beside either.
struct RenderSource {
  /// Leaves boxes out, in the place of a format.
  static let noBoxes = "none"

  let data: DataSet
  let boxes: BoxSet?
  /// Whether images were named one by one.
  var isOfNamedFiles = false

  init(_ data: DataSet) {
    self.data = data
    boxes = nil
  }

  /// Opens what was typed: one folder or data file, or any number of image files.
  init(
    _ paths: [String], boxes choice: String?, grayRange: ClosedRange<Int>? = nil,
    in session: Session
  ) throws {
    if let path = paths.first, paths.count == 1, !Self.isImageFile(path) {
      self = try Self.folderOrData(path, choice, grayRange, in: session)
    } else {
      if let other = paths.first(where: { !Self.isImageFile($0) }) {
        throw GraftError(
          .usage,
          "\(FilePath.relative(other, to: session.folder).escapingControlCharacters) is no image file",
          help: "give image files, or one folder")
      }
      let list = ImageList(files: paths.map { BytePath($0) })
      self = try Self.unlabeled(list, choice, grayRange, badFiles: .stop, in: session)
      isOfNamedFiles = true
    }
  }

  private init(data: DataSet, boxes: BoxSet?) { (self.data, self.boxes) = (data, boxes) }

  private static func isImageFile(_ path: String) -> Bool {
    FilePath.isFolder(path) != true && ReadableKind.hasSuffix(path)
  }

  /// A folder with boxes, or without classes, keeps its tree; any other data its classes.
  private static func folderOrData(
    _ path: String, _ choice: String?, _ grayRange: ClosedRange<Int>?, in session: Session
  ) throws -> RenderSource {
    guard FilePath.isFolder(path) == true else {
      return RenderSource(try labeled(path, grayRange, in: session))
    }
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let list = try ImageList(folder: BytePath(trimmed))
    guard !list.isEmpty else {
      throw GraftError(
        .input, "there are no images in \(FilePath.relative(path, to: session.folder))",
        help: list.ignored.helpForAnotherBuild ?? "graft reads \(ReadableKind.list) files")
    }
    let hasBoxes =
      try choice != noBoxes
      && BoxSet.format(of: list.places, in: trimmed, named: choice) != nil
    if !hasBoxes {
      do { return RenderSource(try labeled(path, grayRange, in: session)) } catch let error
        as GraftError
      {
        guard error.code == .input else { throw error }
      }
    }
    return try unlabeled(list, choice, grayRange, badFiles: .skip, in: session)
  }

  private static func labeled(
    _ path: String, _ grayRange: ClosedRange<Int>?, in session: Session
  ) throws -> DataSet {
    var options = DataOptions()
    options.splitSeed = session.seed
    options.badFiles = .skip
    options.grayRange = grayRange
    return try DataCommand.open(path, options, in: session)
  }

  private static func unlabeled(
    _ list: ImageList, _ choice: String?, _ grayRange: ClosedRange<Int>?, badFiles: BadFilePolicy,
    in session: Session
  ) throws -> RenderSource {
    let interrupts = session.interrupts
    let data = try DataSet.open(
      list, badFiles: badFiles, grayRange: grayRange, pool: session.pool
    ) { _, _ in
      try interrupts.check()
    }
    guard !data.samples.isEmpty else {
      throw GraftError(
        .input,
        "none of the \(data.badFiles.count) images of \(list.name) can be read, the first: "
          + (data.badFiles.first?.description ?? ""))
    }
    let folder = list.folder.map { String(decoding: $0.bytes, as: UTF8.self) }
    let boxes =
      try choice == noBoxes
      ? nil : BoxSet.read(data.boxPlaces, in: folder, named: choice)
    return RenderSource(data: data, boxes: boxes)
  }
}
