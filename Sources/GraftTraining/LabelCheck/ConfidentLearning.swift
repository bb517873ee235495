/// Which labels are likely wrong, by confident learning (Northcutt, Jiang and Chuang, 2021).
///
/// An image counts confidently for a class whose probability reaches the mean of what images with that
/// label get, so that a class that a classifier finds hard is not suspected as a whole. The probabilities have
/// to come from a classifier that has not seen the image's own label. The lists are those of
/// cleanlab 2.9 (`find_label_issues`).
package struct ConfidentLearning: Sendable {
  /// Which images are listed.
  package enum Rule: Sendable {
    /// Those that count confidently for another class than their own (`confident_learning`).
    case confident
    /// Of each class as many as the joint says are wrong, the least probable ones, where the joint's counts by
    /// pair of classes name them too (`both`).
    case pruned
  }

  /// A label that is likely wrong.
  package struct Doubt: Sendable, Hashable {
    /// The number of the image.
    package let image: Int
    package let label: Int
    /// The most probable class.
    package let suggested: Int
    package let probability: Double
    /// How probable the label is that it has.
    package let labelProbability: Double

    /// The label's probability less the suggested one's, -1...0: the least is the worst.
    package var margin: Double { labelProbability - probability }
  }

  package let labels: [Int]
  package let classCount: Int
  /// [N, C], row by row.
  package let probabilities: [Double]
  /// By class, what counts as confident; above 1 for classes without images.
  package let thresholds: [Double]

  /// What cleanlab allows for rounding.
  private static let slack = 1e-6

  package init(_ probabilities: [Double], labels: [Int], classCount: Int) {
    precondition(
      probabilities.count == labels.count * classCount && classCount > 0
        && labels.allSatisfy { $0 >= 0 && $0 < classCount }, "a row and a label for each image")
    self.labels = labels
    self.classCount = classCount
    self.probabilities = probabilities
    var sums = [Double](repeating: 0, count: classCount)
    var counts = [Int](repeating: 0, count: classCount)
    for (image, label) in labels.enumerated() {
      sums[label] += probabilities[image * classCount + label]
      counts[label] += 1
    }
    thresholds = zip(sums, counts).map { sum, count in
      count == 0 ? 2 : max(2 * Self.slack, sum / Double(count))
    }
  }

  /// The images whose label is likely wrong, the least plausible first.
  package func doubts(_ rule: Rule) -> [Doubt] {
    let suspects =
      switch rule {
      case .confident: labels.indices.filter { confidentClass(of: $0) ?? labels[$0] != labels[$0] }
      case .pruned: suspectsByCounts
      }
    return suspects.compactMap(doubt).sorted { ($0.margin, $0.image) < ($1.margin, $1.image) }
  }

  private func row(_ image: Int) -> ArraySlice<Double> {
    probabilities[image * classCount..<(image + 1) * classCount]
  }

  private func probability(_ image: Int, of label: Int) -> Double {
    probabilities[image * classCount + label]
  }

  /// The most probable class; of equals the earlier one.
  private func likeliestClass(of image: Int) -> Int {
    let row = row(image)
    return row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 } - row.startIndex
  }

  /// The class that an image counts for: the one that it reaches, of several the most probable of all.
  func confidentClass(of image: Int) -> Int? {
    let reached = thresholds.indices.filter {
      probability(image, of: $0) >= thresholds[$0] - Self.slack
    }
    return reached.count > 1 ? likeliestClass(of: image) : reached.first
  }

  /// Nil where the label is as probable as any other class.
  private func doubt(of image: Int) -> Doubt? {
    let (label, suggested) = (labels[image], likeliestClass(of: image))
    let (own, best) = (probability(image, of: label), probability(image, of: suggested))
    let isBest = own + Self.slack > best || (own + Self.slack == best && label < suggested)
    guard label != suggested, !isBest else { return nil }
    return Doubt(
      image: image, label: label, suggested: suggested, probability: best, labelProbability: own)
  }
}
