import GraftBase
import GraftImaging

/// Images in one folder per class, with or without `train/`, `val/` and `test/` above them.
///
/// Classes are the folder names, sorted bytewise; images may lie deeper inside a class folder.
/// The suffix says which files are images; what they are is decided by their content.
package enum ImageFolder: DataFormat {
  package static let name = "folder"
  package static let summary = "one folder of image files per class, train/ and val/ above"
  package static let expectedLayout =
    "FOLDER/class/image.jpg, or FOLDER/train/class/image.jpg with val/ and test/ beside it"

  private static let partitionNames: [(name: String, partition: Partition)] = [
    ("train", .train), ("training", .train), ("val", .validation), ("valid", .validation),
    ("validation", .validation), ("dev", .validation), ("test", .test), ("testing", .test),
  ]

  /// The split that a folder of this name holds.
  static func partition(named folder: BytePath) -> Partition? {
    partitionNames.first { $0.name == folder.description.lowercased() }?.partition
  }

  package static func recognizes(_ path: BytePath) -> Bool { path.kind == .folder }

  package static func read(_ path: BytePath, _: LayoutHints) throws -> Listing {
    var walk = FolderWalk(root: path)
    let top = try walk.subfolders(of: BytePath(bytes: []))
    guard !top.isEmpty else { throw noClassFolders(path, images: walk.looseFiles) }
    let sides = top.compactMap { folder in
      partition(named: folder).map { (folder: folder, partition: $0) }
    }
    let others = top.filter { partition(named: $0) == nil }
    // Without train/ only folders that have the names of splits, and nothing else, are splits.
    guard
      sides.contains(where: { $0.partition == .train })
        ? others.isEmpty || sides.count > 1 : others.isEmpty && sides.count > 1,
      try sides.contains(where: { try !walk.subfolders(of: $0.folder).isEmpty })
    else {
      return try read(classFolders: top, of: path, walk: &walk)
    }
    let names = sides.map { "\($0.folder)/" }.joined(separator: " and ")
    for folder in others { walk.leaveOut(folder, "a folder beside \(names)") }
    if let twice = Partition.allCases.first(where: { side in
      sides.count { $0.partition == side } > 1
    }) {
      throw GraftError(
        .input, "\(path) has two folders for the \(twice.rawValue) split",
        help: "keep one of " + sides.map(\.folder.description).joined(separator: ", "))
    }
    var listing = try read(sides: sides, of: path, walk: &walk)
    if !others.isEmpty {
      let list = others.prefix(10).map { "\($0)/" }.joined(separator: ", ")
      listing.warnings.append(
        "\(list)\(others.count > 10 ? " and others" : "") beside \(names) left out")
    }
    return listing
  }

  private static func read(
    classFolders: [BytePath], of path: BytePath, walk: inout FolderWalk
  ) throws -> Listing {
    try refuseMasks(classFolders, path)
    var listing = Listing(format: name, classes: classFolders.map(\.description))
    for (label, folder) in classFolders.enumerated() {
      let files = try walk.images(under: folder)
      guard !files.isEmpty else { throw emptyClass(folder, in: path, walk) }
      listing.entries += files.map {
        Listing.Entry(path: $0, label: label, source: .file(path.appending($0)))
      }
    }
    listing.sortByPath()
    listing.ignored = walk.ignored
    return listing
  }

  private static func read(
    sides: [(folder: BytePath, partition: Partition)], of path: BytePath, walk: inout FolderWalk
  ) throws -> Listing {
    let train = sides.first { $0.partition == .train } ?? sides[0]
    let classFolders = try walk.subfolders(of: train.folder).map(\.name)
    guard !classFolders.isEmpty else {
      throw noClassFolders(path.appending(train.folder), images: walk.looseFiles)
    }
    try refuseMasks(classFolders, path)
    var listing = Listing(format: name, classes: classFolders.map(\.description))
    for (folder, partition) in sides {
      let found = try walk.subfolders(of: folder).map(\.name)
      if let stranger = found.first(where: { !classFolders.contains($0) }) {
        throw GraftError(
          .input,
          "\(folder)/ has a class \"\(stranger)\" that \(train.folder)/ does not have",
          help: "classes are matched by name; \(train.folder)/ has "
            + listing.classes.prefix(10).joined(separator: ", "))
      }
      for (label, name) in classFolders.enumerated() {
        let classFolder = folder.appending(name)
        let files = found.contains(name) ? try walk.images(under: classFolder) : []
        if files.isEmpty, folder == train.folder { throw emptyClass(classFolder, in: path, walk) }
        if files.isEmpty { listing.warnings.append("\(folder)/ has no image of class \(name)") }
        listing.entries += files.map {
          Listing.Entry(
            path: $0, label: label, partition: partition, source: .file(path.appending($0)))
        }
      }
    }
    if train.partition != .train {
      listing.warnings.append(
        "\(path) has no train/ beside \(sides.map { "\($0.folder)/" }.joined(separator: " and ")): "
          + "its images can be looked at and measured, and training needs train/")
    }
    listing.sortByPath()
    listing.ignored = walk.ignored
    return listing
  }

  private static func noClassFolders(_ path: BytePath, images: Int) -> GraftError {
    images == 0
      ? GraftError(.input, "\(path) has no images", help: "expected \(expectedLayout)")
      : GraftError(
        .input, "\(path) has \(images) images but no class folders, so they have no labels",
        help: "expected \(expectedLayout)")
  }

  private static func emptyClass(
    _ folder: BytePath, in path: BytePath, _ walk: FolderWalk
  ) -> GraftError {
    GraftError(
      .input, "class folder \(path.appending(folder)) has no images",
      help: walk.ignored.helpForAnotherBuild
        ?? "remove it or put images into it: \(ReadableKind.list)")
  }

  /// A segmentation set has the layout of a classification set, but its masks are not a class.
  private static func refuseMasks(_ classFolders: [BytePath], _ path: BytePath) throws {
    guard classFolders == [BytePath("images"), BytePath("masks")] else { return }
    throw GraftError(
      .input, "\(path) holds images and masks, a segmentation set, where classes were expected",
      help: "expected \(expectedLayout)")
  }
}
