import GraftBase
import GraftImaging

/// The boxes of a set of images, as one format has them.
package struct BoxSet: Sendable {
  package let format: any BoxFormat

  package var name: String { type(of: format).name }
  package var classes: [String] { format.classes }
  package var warnings: [String] { format.warnings }
  /// The boxes of an image by its number.
  package func boxes(of image: Int) -> [BoundingBox] { format.boxes[image] }
  package var count: Int { format.boxes.reduce(0) { $0 + $1.count } }

  private init(_ format: any BoxFormat) { self.format = format }

  /// The format of the annotations beside images, or in their folder; nil where there are none.
  ///
  /// Throws when there are annotations of two formats, or none of the one that is asked for.
  package static func format(
    of images: [BoxPlace], in folder: String?, named name: String? = nil
  ) throws -> (any BoxFormat.Type)? {
    let found = BoxFormats.all.filter { name == nil || $0.name == name }
      .filter { $0.recognizes(images, in: folder) }
    if let name, found.isEmpty {
      throw GraftError(
        .input, "there are no boxes of \(name) beside the images",
        help: BoxFormats.all.first { $0.name == name }.map { "expected \($0.summary)" })
    }
    guard found.count <= 1 else {
      let names = found.map { $0.name }
      throw GraftError(
        .input, "there are boxes of \(names.joined(separator: " and of ")) beside the images",
        help: "choose one by boxes=\(names[0])")
    }
    return found.first
  }

  /// The boxes beside images, or in their folder; nil where there are none.
  package static func read(
    _ images: [BoxPlace], in folder: String?, named name: String? = nil
  ) throws -> BoxSet? {
    try format(of: images, in: folder, named: name).map { BoxSet(try $0.init(images, in: folder)) }
  }

  package var content: ContentHash.Digest { format.content }
}
