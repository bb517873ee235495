import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftKernels

/// An image file that a command was given, by the bytes of its name, which need not be valid text.
struct InputImage: Sendable {
  let path: BytePath
  /// As results show it: seen from the session's folder.
  let shown: String

  init(_ path: BytePath, seenFrom folder: String) {
    self.path = path
    if let text = String(validating: path.bytes, as: UTF8.self) {
      shown = FilePath.relative(text, to: folder)
    } else {
      let base = Array((folder == "/" ? folder : folder + "/").utf8)
      let isInside = path.bytes.starts(with: base)
      let rest = BytePath(bytes: Array(path.bytes.dropFirst(base.count)))
      shown = (isInside ? rest : path).description
    }
  }

  /// Of events about it.
  var fields: [(String, JSONValue)] {
    [("path", .string(shown)), ("file", .string(path.description))]
  }

  /// Its pixels, 16-bit gray scaled from a range.
  func read(grayRange: ClosedRange<Int>?) throws -> Image {
    try path.image(grayRange: grayRange)
  }

  /// Its name without the suffix, for names of files made from it.
  var stem: String {
    let name = path.name.description
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
    return String(name[..<dot])
  }
}

/// The images that `paths` of a command name, and what their folders have besides.
struct InputImages {
  private(set) var images: [InputImage] = []
  /// Files and folders as they were given, which the command only reads.
  private(set) var sources: [BytePath] = []
  private(set) var ignored: [IgnoredFile] = []

  /// The files named, those inside folders in bytewise order, and those that standard input lists
  /// where `-` is given.
  init(_ paths: [String], seenFrom folder: String) throws {
    for path in paths {
      let files: [BytePath]
      if path == "-" {
        files = Self.listed(try Self.standardInput(), base: folder)
        sources += files
      } else if BytePath(path).kind == .folder {
        let found = try BytePath(path).imageFiles()
        files = found.images
        ignored += found.ignored
        sources += [BytePath(path)] + files
      } else {
        files = [BytePath(path)]
        sources += files
      }
      images += files.map { InputImage($0, seenFrom: folder) }
    }
    guard images.isEmpty else { return }
    let inside = paths.lazy.compactMap(Self.folderWithImages).first
    throw GraftError(
      .input, "there are no images in \(paths.joined(separator: ", "))",
      help: inside.map { "there are images in a subfolder: \($0)" }
        ?? ignored.helpForAnotherBuild ?? "graft reads \(ReadableKind.list) files")
  }

  /// What to say of 16-bit gray that is read with a range or without.
  func remark(on range: ClosedRange<Int>?, pool: ThreadPool) -> String? {
    let peaks = pool.map(images.filter { ReadableKind.hasDeepGray($0.path.suffix) }) { image in
      try ImageCodec.grayPeak(image.path.read(), name: image.shown)
    }
    var use = DeepGrayUse()
    for case .success(let peak?) in peaks { use.add(peak) }
    return use.warning(range)
  }

  /// Standard input where it may be a list of files.
  private static func standardInput() throws -> [UInt8] {
    let limit = 64 << 20
    let bytes = try StandardInput.readAll(limit: limit)
    guard bytes.count <= limit else {
      throw GraftError(
        .input, "standard input has more than \(limit.bytesText)",
        help: "it lists images, one path per line")
    }
    return bytes
  }

  /// The paths of a list, one per line.
  private static func listed(_ list: [UInt8], base: String) -> [BytePath] {
    list.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let line = Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
      guard !line.isEmpty else { return nil }
      if let text = String(validating: line, as: UTF8.self) {
        return BytePath(FilePath.absolute(text, base: base))
      }
      let path = BytePath(bytes: line)
      return line.first == UInt8(ascii: "/") ? path : BytePath(base).appending(path)
    }
  }

  /// The first folder inside this one that has images itself.
  private static func folderWithImages(in folder: String) -> String? {
    let names = (try? BytePath(folder).listing()) ?? []
    return names.lazy.map(BytePath(folder).appending).first { path in
      guard !path.name.isHidden, path.kind == .folder else { return false }
      return (try? path.imageFiles())?.images.isEmpty == false
    }?.description
  }
}
