import GraftBase
import GraftImaging

/// The built-in set `demo:fractals`, drawn on request: images to learn from that show nothing and belong
/// to nobody.
///
/// `demo:fractals` has 100 images of each class, `demo:fractals:400` has 400 in all; `classes=` says how many
/// classes there are, and the first ones are the same in all sets.
package enum DemoFractalsFormat: DataFormat {
  package static let name = "fractals"
  package static let summary = "demo:fractals or demo:fractals:COUNT, fractals drawn by Graft"
  package static let hints: Set<LayoutHints.Kind> = [.classes]

  /// The place that means it, in the form of a path.
  package static let prefix = "demo:fractals"
  package static let classCounts = 2...1000
  package static let usualClassCount = 100
  private static let perClass = 100
  private static let countRange = 20...1_000_000
  private static let seed: UInt64 = 0

  package static func recognizes(_ path: BytePath) -> Bool {
    path == BytePath(prefix) || path.bytes.starts(with: (prefix + ":").utf8)
  }

  package static func read(_ path: BytePath, _ hints: LayoutHints) throws -> Listing {
    let classCount = hints.classCount ?? usualClassCount
    let count = try count(in: path, classCount: classCount)
    var listing = Listing(format: name, classes: DemoFractals.classNames(classCount))
    let systems = (0..<classCount).map { DemoFractals.system(seed: seed, label: $0) }
    for index in 0..<count {
      let label = index % classCount
      let system = systems[label]
      listing.entries.append(
        Listing.Entry(
          path: BytePath("\(listing.classes[label])[\(index)]"), label: label, partition: nil,
          source: .drawn { DemoFractals.image(seed: seed, index: index, of: system) }))
    }
    return listing
  }

  private static func count(in path: BytePath, classCount: Int) throws -> Int {
    guard path != BytePath(prefix) else { return perClass * classCount }
    let text = path.description.dropFirst(prefix.count + 1)
    guard let count = Int(text), countRange.contains(count), count >= 2 * classCount else {
      throw GraftError(
        .usage, "demo:fractals cannot have \"\(text)\" images of \(classCount) classes",
        help: "give a whole number from \(max(countRange.lowerBound, 2 * classCount)) to "
          + "\(countRange.upperBound)")
    }
    return count
  }
}
