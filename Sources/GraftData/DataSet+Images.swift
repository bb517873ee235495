import GraftBase
import GraftImaging
import GraftKernels

/// Image files without classes, by folder or by name: what `render` copies.
package struct ImageList: Sendable {
  /// For tables and file names.
  package let name: String
  /// Where names start from; nil for files that were named one by one.
  package let folder: BytePath?
  fileprivate var entries: [Listing.Entry] = []
  package private(set) var ignored: [IgnoredFile] = []

  package var isEmpty: Bool { entries.isEmpty }

  /// All images in a folder and below it, in bytewise order.
  package init(folder: BytePath) throws {
    self.folder = folder
    name = folder.name.description
    var walk = FolderWalk(root: folder)
    entries = try walk.images(under: BytePath(bytes: [])).map {
      Listing.Entry(path: $0, label: 0, source: .file(folder.appending($0)))
    }
    ignored = walk.ignored
    entries.sort { $0.path < $1.path }
  }

  /// Files in the order in which they are named.
  package init(files: [BytePath]) {
    folder = nil
    name = files.first?.name.description ?? ""
    entries = files.map { Listing.Entry(path: $0.name, label: 0, source: .file($0)) }
  }

  /// Where the images are, before they are read.
  package var places: [BoxPlace] {
    entries.map {
      BoxPlace(
        path: $0.path.description, file: $0.source.fileText,
        size: ImageSize(width: 1, height: 1))
    }
  }
}

extension DataSet {
  /// The format of sets without classes.
  private static let unlabeled = "images"

  /// Whether its images have no classes and are not split.
  package var isUnlabeled: Bool { format == Self.unlabeled }

  /// Reads image files that have no classes.
  package static func open(
    _ list: ImageList, badFiles: BadFilePolicy, grayRange: ClosedRange<Int>? = nil,
    cacheBudget: Int? = nil, pool: ThreadPool,
    progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
  ) throws -> DataSet {
    var listing = Listing(format: unlabeled, classes: [""])
    listing.entries = list.entries
    listing.ignored = list.ignored
    listing.grayRange = grayRange
    let result = try DataScan(listing: listing, policy: badFiles, pool: pool)
      .run(cacheBudget: cacheBudget ?? ImageCache.usualBudget, progress: progress)
    if let warning = result.deepGray.warning(grayRange) { listing.warnings.append(warning) }
    return DataSet(
      name: list.name, listing: listing, badFiles: result.badFiles, samples: result.samples,
      cache: result.cache)
  }

  /// Where its images are, for the boxes beside them; empty texts for images in no file.
  package var boxPlaces: [BoxPlace] {
    samples.map { BoxPlace(path: $0.path, file: $0.source.fileText, size: $0.size) }
  }
}

extension ImageSource {
  /// The path of the file as text; empty without a file.
  fileprivate var fileText: String {
    if case .file(let path) = self { String(decoding: path.bytes, as: UTF8.self) } else { "" }
  }
}
