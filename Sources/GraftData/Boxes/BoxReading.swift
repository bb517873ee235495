import GraftBase
import GraftImaging

// What formats of boxes share.

/// Checks boxes as they are read, and counts those that had to be clipped.
struct BoxChecker {
  private(set) var clippedCount = 0
  /// What rounding in a file may have moved a side beyond the image, as a share of its side.
  private static let tolerance = 1e-4

  /// The part of a box on its image; `place` says where it was read, for messages.
  mutating func checked(
    _ box: BoundingBox, on size: ImageSize, at place: String
  ) throws -> BoundingBox {
    let sides = [box.left, box.top, box.right, box.bottom]
    guard sides.allSatisfy(\.isFinite) else {
      throw GraftError(
        .input, "\(place): a side of the box is no number", help: "correct or remove the box")
    }
    guard box.right > box.left, box.bottom > box.top else {
      throw GraftError(
        .input,
        "\(place): the box has a width of \(box.width.shortText) and a height of "
          + "\(box.height.shortText) pixels", help: "both must be above 0")
    }
    let clipped = box.clipped(to: size)
    guard clipped.area > 0 else {
      throw GraftError(
        .input, "\(place): the box lies outside its image of \(size)",
        help: "sides are \(sides.map(\.shortText).joined(separator: ", ")) in pixels: "
          + "left, top, right, bottom")
    }
    let beyond = zip(sides, [clipped.left, clipped.top, clipped.right, clipped.bottom]).map {
      abs($0 - $1)
    }
    let longest = Double(max(size.width, size.height))
    if (beyond.max() ?? 0) > Self.tolerance * longest { clippedCount += 1 }
    return clipped
  }

  var warnings: [String] {
    switch clippedCount {
    case 0: []
    case 1: ["1 box reaches beyond the image and is clipped to it"]
    default: ["\(clippedCount) boxes reach beyond the image and are clipped to it"]
    }
  }
}

/// Paths of annotations beside images, as texts.
enum BoxPath {
  /// The path without the suffix of its last component.
  static func stem(_ path: String) -> String {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return path }
    return String(path[..<dot])
  }

  /// The path with another folder for the last one called `folder`, in any case; nil without one.
  static func replacing(_ folder: [String], by other: String, in path: String) -> String? {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard
      let place = parts.dropLast().lastIndex(where: { folder.contains($0.lowercased()) })
    else { return nil }
    parts[place] = other
    return parts.joined(separator: "/")
  }

  static func folder(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  static func joined(_ folder: String, _ name: String) -> String {
    folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  static func isFile(_ path: String) -> Bool { BytePath(path).kind == .file }

  /// The names of files in a folder, in bytewise order; none where it cannot be listed.
  static func names(in folder: String) -> [String] {
    let names = (try? BytePath(folder.isEmpty ? "." : folder).listing()) ?? []
    return names.filter { !$0.isHidden }.map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// A file's path for messages: its last two components.
  static func shown(_ path: String) -> String {
    path.split(separator: "/").suffix(2).joined(separator: "/").escapingControlCharacters
  }

  /// `3 files have no image, the first is a.txt`, as a list of warnings.
  static func strays(_ paths: [String], _ what: String) -> [String] {
    guard let first = paths.first?.prefix(200) else { return [] }
    let has = paths.count == 1 ? "\(what) has" : "\(what)s have"
    return ["\(paths.count) \(has) no image: \(first)" + (paths.count > 1 ? ", …" : "")]
  }
}
