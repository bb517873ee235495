import GraftBase
import GraftImaging

/// The built-in set `demo:shapes`, drawn on request, so that Graft can be tried without other
/// files.
///
/// `demo:shapes` has 1,600 images of 64×64 pixels, `demo:shapes:400` has 400; image n is
/// the same in both.
package enum DemoShapesFormat: DataFormat {
  package static let name = "demo"
  package static let summary = "demo:shapes or demo:shapes:COUNT, built-in images"

  static let standardCount = 1600
  private static let countRange = 20...100_000
  /// The place that means it, in the form of a path.
  package static let prefix = "demo:shapes"
  private static let seed: UInt64 = 0

  package static func recognizes(_ path: BytePath) -> Bool {
    path == BytePath(prefix) || path.bytes.starts(with: (prefix + ":").utf8)
  }

  package static func read(_ path: BytePath, _: LayoutHints) throws -> Listing {
    var listing = Listing(format: name, classes: DemoShapes.classNames)
    let classCount = listing.classes.count
    for index in 0..<(try count(in: path)) {
      // Classes alternate, so the label is known before the image is drawn.
      let label = index % classCount
      listing.entries.append(
        Listing.Entry(
          path: BytePath("\(listing.classes[label])[\(index)]"), label: label, partition: nil,
          source: .drawn { DemoShapes.image(seed: seed, index: index).image }))
    }
    return listing
  }

  private static func count(in path: BytePath) throws -> Int {
    guard path != BytePath(prefix) else { return standardCount }
    let text = path.description.dropFirst(prefix.count + 1)
    guard let count = Int(text), countRange.contains(count) else {
      throw GraftError(
        .usage, "demo:shapes cannot have \"\(text)\" images",
        help: "give a whole number from \(countRange.lowerBound) to \(countRange.upperBound)")
    }
    return count
  }
}
