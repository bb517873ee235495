import GraftBase

/// How well a score ranks the images that have a label before those that have not: what a ROC curve and
/// a curve of precision and recall show.
package struct RankingCurve: Sendable {
  /// What is found when all from one score on count as found.
  package struct Point: Hashable, Sendable {
    /// The lowest score that counts.
    package let threshold: Double
    package let truePositives: Int
    package let falsePositives: Int
  }

  package let positives: Int
  package let negatives: Int
  /// One for each score that occurs, falling.
  package let points: [Point]

  /// Takes a score and whether the label is there for each image.
  package init(_ scores: [Float], _ truth: [Bool]) {
    precondition(scores.count == truth.count, "a label for each score")
    // Whole numbers sort fast: a score that falls as they rise, and the place.
    let order = scores.indices.map { UInt64(~scores[$0].risingBits) << 32 | UInt64($0) }.sorted()
      .map { Int($0 & 0xFFFF_FFFF) }
    var points: [Point] = []
    var (hits, misses) = (0, 0)
    for (rank, place) in order.enumerated() {
      if truth[place] { hits += 1 } else { misses += 1 }
      let isLastOfEquals =
        rank + 1 == order.count || scores[order[rank + 1]] != scores[place]
      guard isLastOfEquals else { continue }
      points.append(
        Point(
          threshold: Double(scores[place]), truePositives: hits, falsePositives: misses))
    }
    self.points = points
    (positives, negatives) = (hits, misses)
  }

  /// The area under the ROC curve: how often an image with the label scores higher than one without, ties
  /// counting half; nil where there are none of one of them.
  package var rocArea: Double? {
    guard positives > 0, negatives > 0 else { return nil }
    var area = 0.0
    var last = (hits: 0, misses: 0)
    for point in points {
      area +=
        Double(point.falsePositives - last.misses) * Double(point.truePositives + last.hits) / 2
      last = (point.truePositives, point.falsePositives)
    }
    return area / (Double(positives) * Double(negatives))
  }

  /// The mean precision over the steps of recall, without interpolation; nil without a label.
  package var averagePrecision: Double? {
    guard positives > 0 else { return nil }
    var sum = 0.0
    var hits = 0
    for point in points {
      sum += Double(point.truePositives - hits) * precision(point)
      hits = point.truePositives
    }
    return sum / Double(positives)
  }

  package func precision(_ point: Point) -> Double {
    Double(point.truePositives) / Double(point.truePositives + point.falsePositives)
  }

  /// The share of images with the label that are found; 0 where there are none.
  package func recall(_ point: Point) -> Double {
    positives > 0 ? Double(point.truePositives) / Double(positives) : 0
  }

  /// The share of images without the label that are found all the same.
  package func falsePositiveRate(_ point: Point) -> Double {
    negatives > 0 ? Double(point.falsePositives) / Double(negatives) : 0
  }

  /// The threshold with the best F1, halfway to the next lower score; of equals the highest.
  ///
  /// The highest finds the fewest. Nil without a label.
  package var bestThreshold: Double? {
    positives > 0 ? bestThreshold { scores(at: $0).f1 } : nil
  }

  /// The threshold with the best score of what is found from it on, as `bestThreshold`; nil without images.
  package func bestThreshold(by score: (Point) -> Double) -> Double? {
    guard !points.isEmpty else { return nil }
    var best = (score: -Double.infinity, place: 0)
    for (place, point) in points.enumerated() {
      let score = score(point)
      if score > best.score { best = (score, place) }
    }
    let next = best.place + 1 < points.count ? points[best.place + 1].threshold : 0
    return (points[best.place].threshold + next) / 2
  }
}

extension RankingCurve {
  /// How well all from a point on are told from the rest.
  package func scores(at point: Point) -> BinaryScores {
    BinaryScores(
      truePositives: point.truePositives, falsePositives: point.falsePositives,
      positives: positives, negatives: negatives)
  }
}

extension Float {
  /// Bits whose order as whole numbers is that of the values.
  fileprivate var risingBits: UInt32 {
    bitPattern & 1 << 31 == 0 ? bitPattern | 1 << 31 : ~bitPattern
  }
}

extension Evaluation {
  /// The curve of each class, one against the rest; none of pixels.
  package var curves: [(name: String, curve: RankingCurve)] {
    switch self {
    case .images(let result): result.curves
    case .labels(let result): result.curves
    case .pixels: []
    }
  }

  /// The points of all curves as a table: ROC and precision over recall.
  package var curveTable: String {
    var lines = [
      "class,threshold,true_positives,false_positives,recall,false_positive_rate,precision"
    ]
    for (name, curve) in curves {
      for point in curve.points {
        let values = [
          curve.recall(point), curve.falsePositiveRate(point), curve.precision(point),
        ]
        lines.append(
          "\(name.asCSVField),\(point.threshold),\(point.truePositives),\(point.falsePositives),"
            + values.map { "\($0)" }.joined(separator: ","))
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension EvaluationResult {
  /// The curve of each class against all others.
  package var curves: [(name: String, curve: RankingCurve)] {
    classes.indices.map { place in
      let scores = (0..<count).map { probabilities[$0 * classes.count + place] }
      return (classes[place], RankingCurve(scores, labels.map { $0 == place }))
    }
  }
}
