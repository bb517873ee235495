import GraftBase
import GraftImaging

/// A way to keep the boxes of images in files: reads them, and writes them for copies of the images.
///
/// Boxes are in pixels of the image as it is shown, its orientation applied. A new format is one
/// file with one conforming struct, and one line in `BoxFormats.all`.
package protocol BoxFormat: Sendable {
  /// The name in the language, lower case.
  static var name: String { get }
  /// One line for `help`.
  static var summary: String { get }
  /// Whether there are such annotations of any of the images; looks at files' names first.
  static func recognizes(_ images: [BoxPlace], in folder: String?) -> Bool

  /// Reads what there is about the images; throws `GraftError` with file and line for anything
  /// that is no box of the format.
  init(_ images: [BoxPlace], in folder: String?) throws

  /// Names of the boxes' labels.
  var classes: [String] { get }
  /// The boxes of each image, in the order of the images; none for an image without annotations.
  var boxes: [[BoundingBox]] { get }
  /// What was left out or corrected, a sentence each.
  var warnings: [String] { get }
  /// Hash of all that was read.
  var content: ContentHash.Digest { get }

  /// The file of a copy's own, relative to the folder that is written, for a copy at `path`; nil
  /// where the image has none.
  func fileName(of image: Int, copy path: String) -> String?
  /// What that file holds.
  func file(of copy: BoxedCopy) throws -> [UInt8]
  /// The files about all copies, relative to the folder that is written.
  func sharedFiles(_ copies: [BoxedCopy]) throws -> [BoxFile]
}

/// The formats, in the order in which `help` lists them.
package enum BoxFormats {
  package static let all: [any BoxFormat.Type] = [
    YOLOBoxes.self,
    COCOBoxes.self,
    VOCBoxes.self,
  ]
}

/// An image that may have boxes.
package struct BoxPlace: Sendable {
  /// As shown, relative to its folder.
  package let path: String
  /// Where it is.
  package let file: String
  package let size: ImageSize

  package init(path: String, file: String, size: ImageSize) {
    (self.path, self.file, self.size) = (path, file, size)
  }
}

/// An augmented copy of an image, and where its boxes went.
package struct BoxedCopy: Sendable {
  /// The number of the image among those that were read.
  package let image: Int
  /// From 1.
  package let copy: Int
  /// Relative to the folder that is written.
  package let path: String
  package let size: ImageSize
  package let boxes: [MovedBox]

  package init(image: Int, copy: Int, path: String, size: ImageSize, boxes: [MovedBox]) {
    (self.image, self.copy, self.path) = (image, copy, path)
    (self.size, self.boxes) = (size, boxes)
  }
}

/// A file to write.
package struct BoxFile: Sendable {
  /// Relative to the folder that is written.
  package let path: String
  package let bytes: [UInt8]
}
