import GraftBase
import GraftImaging

/// One labeled image of a data set; its place in `DataSet.samples` is its stable number.
package struct Sample: Sendable {
  /// The path inside the data set as shown to users, or a record's name: `test_batch.bin[7]`.
  package let path: String
  /// The position of its class in `DataSet.classes`.
  ///
  /// Where images have any number of labels the first of them, or 0; `labels` has all.
  package internal(set) var label: Int
  /// All labels, ascending, where images have any number of them.
  var labelSet: [Int]?
  /// SHA-256 of the file, or of the stored pixels.
  package let content: ContentHash.Digest
  /// The image's size with its orientation applied.
  package let size: ImageSize
  /// True when the stored image has one channel; `DataSet.image(at:)` gives RGB all the same.
  package let isGray: Bool
  let source: ImageSource
  /// The class of each pixel, in a set for segmentation.
  package internal(set) var mask: SampleMask?

  /// The positions of its classes: one, or any number in a multi-label set.
  package var labels: [Int] { labelSet ?? [label] }

  /// Bytes of the decoded image as stored.
  var byteCount: Int { size.width * size.height * (isGray ? 1 : 3) }
}

/// The split that an image belongs to.
package enum Partition: String, Sendable, CaseIterable, Codable {
  case train, validation, test
}

/// A file that belongs to the data set but cannot be used.
package struct BadFile: Sendable, Hashable, Codable {
  package let path: String
  package let reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}

extension [IgnoredFile] {
  /// What to do where there are images that this build does not read; nil where there are none.
  package var helpForAnotherBuild: String? {
    first { ReadableKind.isLeftToAnotherBuild($0.reason) }.map { "\($0.path) is \($0.reason)" }
  }
}

/// A file or folder that was passed over because it is hidden or no image.
package struct IgnoredFile: Sendable, Hashable, Codable {
  package let path: String
  package let reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}
