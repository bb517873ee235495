import GraftBase
import GraftEngine

/// A kind of head whose values follow from the features of the training images: `solve` computes them, and
/// gradients change none.
package protocol SolvedHead: HeadKind {
  /// The arguments with room for what it keeps of so many images.
  static func sized(_ values: ArgumentValues, for imageCount: Int) -> ArgumentValues
  /// The values of its parameters, by their names and in torch's layout.
  static func solution(_ features: LabeledFeatures, _ values: ArgumentValues) -> [String: [Float]]
}

extension SolvedHead {
  package static func task(on spec: EncoderSpec) -> PredictionTask { .classification }
  package static func sized(_ values: ArgumentValues, for imageCount: Int) -> ArgumentValues {
    values
  }
}

/// The features of images with classes, each row brought to length 1.
package struct LabeledFeatures: Sendable {
  /// [images, width], row by row.
  package let rows: [Float]
  package let width: Int
  package let labels: [Int]
  package let classCount: Int

  /// Takes features of any length; a row of zeros stays one.
  package init(_ features: [Float], labels: [Int], classCount: Int) {
    precondition(!labels.isEmpty && features.count % labels.count == 0, "a row for each image")
    let width = features.count / labels.count
    var rows = features
    for start in stride(from: 0, to: rows.count, by: max(1, width)) {
      let length = rows[start..<start + width].reduce(0.0) { $0 + Double($1) * Double($1) }
        .squareRoot()
      for place in start..<start + width {
        rows[place] = Float(Double(rows[place]) / max(length, 1e-12))
      }
    }
    self.rows = rows
    self.width = width
    self.labels = labels
    self.classCount = classCount
  }

  /// The mean of each class's rows, [classes, width]; of no rows 0.
  package var classMeans: [Float] {
    var sums = [Double](repeating: 0, count: classCount * width)
    var counts = [Double](repeating: 0, count: classCount)
    for (row, label) in labels.enumerated() {
      counts[label] += 1
      for place in 0..<width { sums[label * width + place] += Double(rows[row * width + place]) }
    }
    return sums.indices.map { Float(sums[$0] / max(1, counts[$0 / max(1, width)])) }
  }
}

extension HeadSpec {
  /// Whether `solve` alone computes it.
  package var isSolved: Bool { kind is any SolvedHead.Type }

  /// The same head with room for what it keeps of so many images, where it keeps any.
  package func sized(for imageCount: Int) -> HeadSpec {
    guard let kind = kind as? any SolvedHead.Type else { return self }
    return HeadSpec(kind) { $0 = kind.sized(values, for: imageCount) }
  }
}
