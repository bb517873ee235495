import GraftBase
import GraftData
import GraftImaging

/// How far the bytes of images differ from the exact ones.
struct ImageDifference {
  private(set) var largest = 0
  private var sum = 0
  private var count = 0

  var mean: Double { Double(sum) / Double(max(1, count)) }

  /// Adds two images of one size.
  mutating func add(_ one: Image, _ other: Image) {
    for (first, second) in zip(one.pixels, other.pixels) {
      let difference = abs(Int(first) - Int(second))
      largest = max(largest, difference)
      sum += difference
    }
    count += one.pixels.count
  }

  /// Adds what training sees of a sample by a fast pipeline, beside each of its edits done alone.
  mutating func add(
    _ draw: TrainingDraw, of key: SampleKey, in data: DataSet, _ recipe: ImagePreparation
  ) throws {
    let source = try data.storedImage(at: key.sample)
      .converted(toChannels: recipe.preprocessing.channels)
    add(
      draw.edits.reduce(source) { $1.applied(to: $0) }, try recipe.image(of: data, key: key))
  }
}

extension ImageDifference: CustomStringConvertible {
  var description: String {
    "by `fast` a value differs by \(mean.fixedText(1)) levels in the mean and \(largest) at most"
  }
}
