import GraftImaging

/// What is predicted of the pixels of one image, counted.
struct PixelCounts {
  let classCount: Int
  /// Pixels of true class (row) taken for each class (column), row-major.
  private(set) var counts: [Int]

  /// Of a mask as data sets have it, 0 where nothing is known and else the class plus 1, and of numbers of
  /// classes; both of one size.
  init(truth: Image, predicted: Image, classCount: Int) {
    precondition(truth.pixels.count == predicted.pixels.count, "masks of two sizes")
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
    for (label, prediction) in zip(truth.pixels, predicted.pixels) where label > 0 {
      counts[(Int(label) - 1) * classCount + Int(prediction)] += 1
    }
  }

  func count(_ truth: Int, as prediction: Int) -> Int { counts[truth * classCount + prediction] }

  /// Pixels whose class is known.
  var known: Int { counts.reduce(0, +) }
  var right: Int { (0..<classCount).reduce(0) { $0 + count($1, as: $1) } }
  var wrong: Int { known - right }
  /// The share of the known pixels that is predicted correctly; 1 of none.
  var accuracy: Double { known == 0 ? 1 : Double(right) / Double(known) }

  /// Intersection over union of a class; nil where it neither occurs nor is predicted.
  func overlap(of index: Int) -> Double? {
    let truth = (0..<classCount).reduce(0) { $0 + count(index, as: $1) }
    let predicted = (0..<classCount).reduce(0) { $0 + count($1, as: index) }
    let hits = count(index, as: index)
    let union = truth + predicted - hits
    return union == 0 ? nil : Double(hits) / Double(union)
  }

  /// The mean over the classes that occur or are predicted; 1 of none.
  var meanOverlap: Double {
    let known = (0..<classCount).compactMap(overlap)
    return known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
  }
}
