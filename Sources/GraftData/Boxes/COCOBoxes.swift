import Foundation
import GraftBase
import GraftImaging

/// Boxes as COCO keeps them: a JSON file with `images`, `annotations` and `categories`.
///
/// A box is `bbox: [x, y, width, height]` in pixels. The file lies in the folder, in `annotations/` or
/// beside the images; `file_name` is matched from the file's own folder, the whole folder and
/// `images/`, else by a name that only one image has.
package struct COCOBoxes: BoxFormat {
  package static let name = "coco"
  package static let summary =
    "a .json with images, annotations (bbox of x, y, width and height in pixels) and categories"

  package let classes: [String]
  package private(set) var boxes: [[BoundingBox]]
  package private(set) var warnings: [String] = []
  package let content: ContentHash.Digest
  private var documents: [COCODocument] = []
  /// Of each image, its document and what that says about it.
  private var entries: [Entry?]

  private struct Entry {
    let document: Int
    let id: Int
    /// What else the document says about it.
    let extras: COCOExtras
    var annotations: [COCODocument.Annotation] = []
  }

  package static func recognizes(_ images: [BoxPlace], in folder: String?) -> Bool {
    paths(images, folder).contains { COCODocument.seemsToBe($0) }
  }

  /// The JSON files in the folder, in `annotations/` and beside the images.
  private static func paths(_ images: [BoxPlace], _ folder: String?) -> [String] {
    var folders = Set(images.map { BoxPath.folder($0.file) })
    if let folder {
      folders.insert(folder)
      folders.insert(BoxPath.joined(folder, "annotations"))
    }
    return folders.sorted().flatMap { folder in
      BoxPath.names(in: folder).filter { $0.lowercased().hasSuffix(".json") }
        .map { BoxPath.joined(folder, $0) }
    }
  }

  package init(_ images: [BoxPlace], in folder: String?) throws {
    boxes = Array(repeating: [], count: images.count)
    entries = Array(repeating: nil, count: images.count)
    var hash = ContentHash()
    let root = folder ?? images.first.map { BoxPath.folder($0.file) } ?? ""
    for path in Self.paths(images, folder) where COCODocument.seemsToBe(path) {
      documents.append(try COCODocument(path, root: root, &hash))
    }
    content = hash.finish()
    var names: [String] = []
    for name in documents.flatMap({ $0.categories.map(\.name) }) where !names.contains(name) {
      names.append(name)
    }
    classes = names
    let finder = ImageFinder(images, root: root)
    var checker = BoxChecker()
    for index in documents.indices {
      let strays = try match(documents[index], index, images, finder)
      // Beside files that were named one by one lie others.
      if folder != nil {
        warnings += BoxPath.strays(strays, "entry of \(documents[index].name)")
      }
      try readBoxes(of: index, images, &checker)
    }
    warnings += checker.warnings
    let count = entries.count { $0 == nil }
    if count > 0 {
      let images = count == 1 ? "1 image is" : "\(count) images are"
      warnings.append("\(images) in no JSON: without boxes")
    }
  }

  // MARK: Reading

  /// Gives each image of a document its entry; returns the names of those that are not there.
  private mutating func match(
    _ document: COCODocument, _ number: Int, _ images: [BoxPlace], _ finder: ImageFinder
  ) throws -> [String] {
    var strays: [String] = []
    for (place, image) in document.images.enumerated() {
      guard let index = finder.find(image.file_name, besides: document.folder) else {
        strays.append(image.file_name.escapingControlCharacters)
        continue
      }
      let path = "\(document.name), images[\(place)]"
      if entries[index] != nil {
        throw GraftError(
          .input, "\(path): \(images[index].path) is listed a second time",
          help: "each image may be in one JSON, once")
      }
      let size = images[index].size
      if let width = image.width, let height = image.height,
        width != size.width || height != size.height
      {
        throw GraftError(
          .input, "\(path): \(images[index].path) is \(size), and the file says \(width)×\(height)",
          help: "boxes belong to the image as it is shown, turned as its EXIF orientation says")
      }
      entries[index] = Entry(document: number, id: image.id, extras: image.extras)
    }
    return strays
  }

  private mutating func readBoxes(
    of number: Int, _ images: [BoxPlace], _ checker: inout BoxChecker
  ) throws {
    let document = documents[number]
    var indices: [Int: Int] = [:]
    for (index, entry) in entries.enumerated() {
      if let entry, entry.document == number { indices[entry.id] = index }
    }
    let labels = Dictionary(
      uniqueKeysWithValues: document.categories.map { ($0.id, classes.firstIndex(of: $0.name)) })
    for (place, annotation) in document.annotations.enumerated() {
      // Of an image that is not there.
      guard let index = indices[annotation.image_id] else { continue }
      let path = "\(document.name), annotations[\(place)]"
      guard let label = labels[annotation.category_id] else {
        throw GraftError(
          .input, "\(path): there is no category \(annotation.category_id)",
          help: "categories have the ids "
            + document.categories.prefix(10).map { "\($0.id)" }.joined(separator: ", "))
      }
      guard let sides = annotation.bbox, sides.count == 4 else {
        throw GraftError(
          .input, "\(path): bbox has \(annotation.bbox?.count ?? 0) numbers",
          help: "it has x, y, width and height in pixels")
      }
      let box = BoundingBox(
        left: sides[0], top: sides[1], right: sides[0] + sides[2], bottom: sides[1] + sides[3],
        label: label)
      boxes[index].append(try checker.checked(box, on: images[index].size, at: path))
      entries[index]?.annotations.append(annotation)
    }
    let shapes = document.annotations.count { $0.hasShape }
    if shapes > 0 {
      warnings.append(
        "\(shapes) annotations of \(document.name) have polygons or keypoints, which are left out: "
          + "only boxes are written")
    }
  }

  // MARK: Writing

  package func fileName(of image: Int, copy path: String) -> String? { nil }
  package func file(of copy: BoxedCopy) -> [UInt8] { [] }

  /// The documents for copies; copy 1 has the ids of its image, the others higher ones.
  package func sharedFiles(_ copies: [BoxedCopy]) throws -> [BoxFile] {
    try documents.enumerated().map { number, document in
      var result = COCODocument.Written(document)
      for copy in copies {
        guard let entry = entries[copy.image], entry.document == number else { continue }
        let id = document.imageID(entry.id, copy: copy.copy)
        result.images.append(
          .init(
            id: id, file_name: name(of: copy.path, in: document), width: copy.size.width,
            height: copy.size.height, extras: entry.extras))
        for moved in copy.boxes where moved.place < entry.annotations.count {
          let annotation = entry.annotations[moved.place]
          result.annotations.append(
            document.written(annotation, moved.box, image: id, copy: copy.copy))
        }
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return BoxFile(
        path: document.path, bytes: Array(try encoder.encode(result)) + [UInt8(ascii: "\n")])
    }
  }

  /// As `file_name` is in the source: with folders where it has them there.
  private func name(of path: String, in document: COCODocument) -> String {
    let folder = BoxPath.folder(document.path)
    if document.hasFolders { return path }
    return path.hasPrefix(folder + "/") && !folder.isEmpty
      ? String(path.dropFirst(folder.count + 1))
      : path.split(separator: "/").last.map(String.init) ?? path
  }
}

/// Finds images by what a file calls them.
private struct ImageFinder {
  private var byFile: [String: Int] = [:]
  /// nil for names that several images have.
  private var byName: [String: Int?] = [:]
  private let root: String

  init(_ images: [BoxPlace], root: String) {
    self.root = root
    for (index, image) in images.enumerated() {
      byFile[image.file] = index
      let name = image.file.split(separator: "/").last.map(String.init) ?? image.file
      byName[name] = byName[name] == nil ? .some(index) : .some(nil)
    }
  }

  func find(_ name: String, besides folder: String) -> Int? {
    let folders = [folder, root, BoxPath.joined(root, "images")]
    for folder in folders {
      if let index = byFile[BoxPath.joined(folder, name)] { return index }
    }
    return name.contains("/") ? nil : byName[name] ?? nil
  }
}
