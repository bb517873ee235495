import Foundation
import GraftBase
import GraftImaging

/// Boxes as YOLO keeps them: a text file per image, a line `class x y width height` per box.
///
/// Numbers are shares of the image's width and height, x and y those of the center. The file lies in
/// `labels/` where the image lies in `images/`, or beside it. Names of classes are in classes.txt,
/// obj.names or data.yaml.
package struct YOLOBoxes: BoxFormat {
  package static let name = "yolo"
  package static let summary =
    "NAME.txt beside the image or in labels/, a line `class x y width height` per box"

  package let classes: [String]
  package private(set) var boxes: [[BoundingBox]] = []
  package private(set) var warnings: [String] = []
  package let content: ContentHash.Digest
  /// The file of each image.
  private let files: [String?]
  private let names: YOLONames

  private static let fileLimit = 16 << 20
  private static let lineLimit = 1 << 16

  package static func recognizes(_ images: [BoxPlace], in folder: String?) -> Bool {
    images.contains { file(of: $0) != nil }
  }

  private static func file(of image: BoxPlace) -> String? {
    let beside = BoxPath.stem(image.file) + ".txt"
    let inLabels = BoxPath.replacing(["images"], by: "labels", in: beside)
    return [inLabels, beside].compactMap { $0 }.first(where: BoxPath.isFile)
  }

  package init(_ images: [BoxPlace], in folder: String?) throws {
    files = images.map(Self.file)
    let folders = Set(files.compactMap { $0 }.map(BoxPath.folder))
    names = try YOLONames(folder: folder, labelFolders: folders.sorted())
    var checker = BoxChecker()
    var hash = ContentHash()
    var largest = -1
    for (image, file) in zip(images, files) {
      guard let file else {
        boxes.append([])
        continue
      }
      let bytes = try RegularFile(path: file, name: BoxPath.shown(file))
        .readAll(limit: Self.fileLimit)
      hash.update(image.path + "\0")
      hash.update(bytes)
      boxes.append(
        try Self.boxes(bytes, BoxPath.shown(file), image.size, names.list, &checker))
      largest = max(largest, boxes.last?.compactMap(\.label).max() ?? -1)
    }
    for name in names.list ?? [] { hash.update(name + "\0") }
    content = hash.finish()
    classes = names.list ?? (0..<(largest + 1)).map(String.init)
    warnings = checker.warnings
    // Beside files that were named one by one lie others.
    if folder != nil { warnings += BoxPath.strays(strays(folders), "label file") }
  }

  // MARK: Reading

  private static func boxes(
    _ bytes: [UInt8], _ file: String, _ size: ImageSize, _ names: [String]?,
    _ checker: inout BoxChecker
  ) throws -> [BoundingBox] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw GraftError(.input, "\(file) is no text", help: "boxes=none leaves such files alone")
    }
    var result: [BoundingBox] = []
    var number = 0
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      let place = "\(file), line \(number)"
      guard line.utf8.count <= lineLimit else {
        throw GraftError(
          .input, "\(place) has \(line.utf8.count) bytes; a box has 5 numbers",
          help: "polygons are not read: convert them to boxes")
      }
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      if words.isEmpty { continue }
      let values = try numbers(words, place)
      guard let label = label(words[0]), label < names?.count ?? 100_000 else {
        let known = names.map { "classes are 0 to \($0.count - 1)" } ?? "classes are whole numbers"
        throw GraftError(
          .input, "\(place): there is no class \(String(words[0]).escapingControlCharacters)",
          help: known)
      }
      let (width, height) = (Double(size.width), Double(size.height))
      let box = BoundingBox(
        left: (values[0] - values[2] / 2) * width, top: (values[1] - values[3] / 2) * height,
        right: (values[0] + values[2] / 2) * width, bottom: (values[1] + values[3] / 2) * height,
        label: label)
      result.append(try checker.checked(box, on: size, at: place))
    }
    return result
  }

  /// Digits alone; `Int` would take a sign.
  private static func label(_ word: Substring) -> Int? {
    word.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(word) : nil
  }

  private static func numbers(_ words: [Substring], _ place: String) throws -> [Double] {
    guard words.count == 5 else {
      throw GraftError(
        .input, "\(place): a box has 5 numbers, and here are \(words.count) words",
        help: words.count > 6
          ? "polygons are not read: convert them to boxes"
          : "a line is `class x y width height`; boxes=none leaves such files alone")
    }
    return try words.dropFirst().map { word in
      // Not `nan`, `infinity` or hexadecimal numbers, which Double takes.
      let isPlain = word.utf8.allSatisfy {
        (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0)
      }
      guard isPlain, let value = Double(word), value.isFinite else {
        throw GraftError(
          .input, "\(place): \(String(word.prefix(40)).escapingControlCharacters) is no number",
          help: "a line is `class x y width height`, shares of the image's sides")
      }
      guard (-1...2).contains(value) else {
        throw GraftError(
          .input, "\(place): \(value.shortText) is no share of an image's side",
          help: "x, y, width and height are divided by the image's width and height, 0 to 1")
      }
      return value
    }
  }

  /// Label files of which there is no image.
  private func strays(_ folders: Set<String>) -> [String] {
    let known = Set(files.compactMap { $0 })
    let others = ["classes.txt", "labels.txt", "train.txt", "val.txt", "test.txt", "readme.txt"]
    return folders.sorted().flatMap { folder in
      BoxPath.names(in: folder).filter { $0.hasSuffix(".txt") }
        .filter { !others.contains($0.lowercased()) && !$0.lowercased().hasPrefix("readme") }
        .map { BoxPath.joined(folder, $0) }.filter { !known.contains($0) }.map(BoxPath.shown)
    }
  }

  // MARK: Writing

  package func fileName(of image: Int, copy path: String) -> String? {
    guard let file = files[image] else { return nil }
    let beside = BoxPath.stem(path) + ".txt"
    let isInLabels = BoxPath.folder(file).lowercased().split(separator: "/").contains("labels")
    return isInLabels
      ? BoxPath.replacing(["images"], by: "labels", in: beside) ?? beside : beside
  }

  package func file(of copy: BoxedCopy) -> [UInt8] {
    let (width, height) = (Double(copy.size.width), Double(copy.size.height))
    let lines = copy.boxes.map { moved in
      let box = moved.box
      let values = [
        (box.left + box.right) / 2 / width, (box.top + box.bottom) / 2 / height,
        box.width / width, box.height / height,
      ]
      return "\(box.label ?? 0) \(values.map { $0.fixedText(8) }.joined(separator: " "))\n"
    }
    return Array(lines.joined().utf8)
  }

  package func sharedFiles(_ copies: [BoxedCopy]) -> [BoxFile] { names.files }
}
