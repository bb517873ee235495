import GraftBase
import GraftData

/// The same file under two labels, of which one at least is wrong.
struct Contradiction {
  /// The numbers of an image and of the first one with its content.
  let image: Int
  let original: Int

  /// Those of a data set, in its order; none where a mask has a class for each pixel.
  ///
  /// Any number of labels is one label here: the set of them.
  static func all(in data: DataSet) -> [Contradiction] {
    guard data.task.isOfImages else { return [] }
    var first: [ContentHash.Digest: Int] = [:]
    var found: [Contradiction] = []
    for (index, sample) in data.samples.enumerated() {
      guard let original = first[sample.content] else {
        first[sample.content] = index
        continue
      }
      guard data.samples[original].labels != sample.labels else { continue }
      found.append(Contradiction(image: index, original: original))
    }
    return found
  }

  /// `b/2.jpg (b) = a/1.jpg (a)`.
  func text(in data: DataSet) -> String {
    [image, original].map { index in
      let sample = data.samples[index]
      let label = data.labelText(of: index)
      return "\(sample.path.escapingControlCharacters) (\(label.escapingControlCharacters))"
    }.joined(separator: " = ")
  }

  func fields(in data: DataSet) -> JSONValue {
    let (sample, other) = (data.samples[image], data.samples[original])
    return .object([
      ("path", .string(sample.path)), ("label", .string(data.labelText(of: image))),
      ("of", .string(other.path)), ("label_of", .string(data.labelText(of: original))),
    ])
  }
}
