import GraftBase
import GraftImaging

/// A way to keep labeled images on disk: says whether a path is one of its own, then lists it.
///
/// A new format is one file with one conforming enum, and one line in `DataFormats.all`.
package protocol DataFormat: SendableMetatype {
  /// The name for `as=`, lower case with dashes.
  static var name: String { get }
  /// One line for `help`.
  static var summary: String { get }
  /// Looks at names only, reads no image.
  static func recognizes(_ path: BytePath) -> Bool
  /// What users may tell it about a layout; nothing for most.
  static var hints: Set<LayoutHints.Kind> { get }
  /// Lists the images with their labels; throws `GraftError` when the layout makes no sense.
  static func read(_ path: BytePath, _ hints: LayoutHints) throws -> Listing
}

extension DataFormat {
  package static var hints: Set<LayoutHints.Kind> { [] }

  /// Lists the images of a layout that speaks for itself.
  package static func read(_ path: BytePath) throws -> Listing { try read(path, LayoutHints()) }
}

/// What only the user can know about a layout.
package struct LayoutHints: Sendable, Equatable, Codable {
  package enum Kind: String, Sendable {
    case classes, encoding, legend, multilabel, separator

    fileprivate var use: String {
      switch self {
      case .classes: DemoFractalsFormat.prefix
      case .legend: "masks"
      case .encoding, .multilabel, .separator: "tables"
      }
    }
  }

  /// `classes=`: how many classes of fractals are drawn.
  package var classCount: Int?
  /// `encoding=`: of the text of a table; nil is UTF-8.
  package var encoding: TextEncoding?
  /// `legend=`: the file that says which color of a mask is which class; nil is the one beside them.
  package var legend: String?
  /// `multilabel=`: whether images of a table have any number of labels; nil looks at the table.
  package var isMultiLabel: Bool?
  /// `separator=`: between the labels of a field; nil looks at the table.
  package var separator: LabelSeparator?

  package init() {}

  /// Those that were given.
  private var kinds: [Kind] {
    [
      classCount.map { _ in Kind.classes }, encoding.map { _ in Kind.encoding },
      legend.map { _ in Kind.legend },
      isMultiLabel.map { _ in Kind.multilabel }, separator.map { _ in Kind.separator },
    ].compactMap { $0 }
  }

  /// Refuses what a format has no use for.
  func check(for format: any DataFormat.Type, _ path: BytePath) throws {
    guard let kind = kinds.first(where: { !format.hints.contains($0) }) else { return }
    throw GraftError(
      .usage,
      "\(kind.rawValue)= is for \(kind.use), and \(path) was recognized as \(format.summary)",
      help: "leave it out")
  }
}

/// The formats, most particular first: the first that recognizes a path reads it.
package enum DataFormats {
  package static let all: [any DataFormat.Type] = [
    DemoShapesFormat.self,
    DemoFractalsFormat.self,
    CIFAR10Binary.self,
    MNISTFiles.self,
    Manifest.self,
    MaskFolder.self,
    ImageFolder.self,
  ]

  /// The format called `name`, or the first that recognizes `path` when no name is given.
  package static func format(for path: BytePath, named name: String?) throws -> any DataFormat.Type
  {
    if let name {
      guard let format = all.first(where: { $0.name == name }) else {
        throw GraftError(
          .usage, "there is no data format called \"\(name.escapingControlCharacters)\"",
          help: "the formats are " + all.map { $0.name }.joined(separator: ", "))
      }
      return format
    }
    if let format = all.first(where: { $0.recognizes(path) }) { return format }
    if path.bytes.starts(with: Array("demo:".utf8)) {
      throw GraftError(
        .usage, "there is no demo set called \"\(path)\"",
        help: DemoShapesFormat.summary + "; " + DemoFractalsFormat.summary)
    }
    if path.kind == .missing {
      throw GraftError(
        .input, "there is no folder or file \(path)",
        help: "give a folder of images, or demo:shapes to try without one")
    }
    throw GraftError(
      .input, "\(path) is not a data set that Graft recognizes",
      help: "expected \(ImageFolder.expectedLayout)")
  }
}

/// What a format found: classes and images with their labels, nothing decoded yet.
package struct Listing: Sendable {
  /// One image as listed.
  package struct Entry: Sendable {
    package var path: BytePath
    package var label: Int
    /// All labels, ascending, where images have any number of them; `label` is then the first, or 0.
    var labelSet: [Int]?
    /// The split that the layout assigns; nil when the layout assigns none.
    package var partition: Partition?
    package var source: ImageSource
    /// The class of each pixel, where the task asks for it.
    package var mask: ListedMask?

    /// One label, or any number in a multi-label set.
    var labels: [Int] { labelSet ?? [label] }

    /// Gives it any number of labels.
    mutating func setLabels(_ labels: Set<Int>) {
      labelSet = labels.sorted()
      label = labelSet?.first ?? 0
    }
  }

  package var format: String
  /// What is labeled.
  package var task = PredictionTask.classification
  /// Their names; empty for masks without a list of names.
  package var classes: [String]
  package var entries: [Entry] = []
  package var ignored: [IgnoredFile] = []
  package var warnings: [String] = []
  /// True when labels are numbers fixed by the file (ImageNet's 0...999), so that classes without
  /// images are in order.
  package var hasFixedLabels = false
  /// The file that names the colors of masks.
  package var legend: MaskLegend?
  /// The values of 16-bit gray that become black and white; nil takes 0 and 65535.
  package var grayRange: ClosedRange<Int>?

  package init(format: String, classes: [String]) {
    self.format = format
    self.classes = classes
  }

  /// The splits that the layout itself names.
  package var givenPartitions: Set<Partition> { Set(entries.compactMap(\.partition)) }

  /// Puts the images into bytewise order of their paths, which gives them their numbers.
  mutating func sortByPath() { entries.sort { $0.path < $1.path } }
}
