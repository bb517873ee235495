import Foundation
import GraftBase

/// One number that logits are divided by, so that probabilities are as high as predictions are often right
/// (Guo et al., 2017).
///
/// It minimizes the mean negative log-likelihood, which is convex in the inverse of the temperature: Newton's
/// steps within a bracket that is halved where they leave it, in double precision.
package struct TemperatureScaling: Sendable {
  package let temperature: Double

  /// What temperatures may be.
  package static let range = 0.001...1000.0

  /// Finds the temperature of labeled images; throws where the likelihood has no best one.
  package init(_ logits: ModelLogits) throws {
    guard logits.count > 0 else {
      throw GraftError(.input, "there are no images to find a temperature by")
    }
    let (first, last) = (1 / Self.range.upperBound, 1 / Self.range.lowerBound)
    guard Self.slope(logits, at: last).first > 0 else {
      throw GraftError(
        .failed,
        "all \(logits.count) images are predicted correctly, so that no temperature is low enough",
        help: "calibrate on more images, some of which are predicted wrongly: data … split=")
    }
    guard Self.slope(logits, at: first).first < 0 else {
      throw GraftError(
        .failed,
        "the model ranks classes no better than chance, so that no temperature is high enough",
        help: "train it further")
    }
    var (low, high) = (first, last)
    var inverse = 1.0
    for _ in 0..<200 {
      let slope = Self.slope(logits, at: inverse)
      if slope.first > 0 { high = inverse } else { low = inverse }
      let step = inverse - slope.first / slope.second
      let next = step > low && step < high ? step : (low + high) / 2
      let change = abs(next - inverse)
      inverse = next
      if change <= 1e-13 * inverse { break }
    }
    temperature = 1 / inverse
  }

  /// The first and second derivative of the mean negative log-likelihood by the inverse temperature.
  private static func slope(
    _ logits: ModelLogits, at inverse: Double
  ) -> (first: Double, second: Double) {
    let width = logits.classes.count
    var (first, second) = (0.0, 0.0)
    for image in 0..<logits.count {
      let row = logits.values[image * width..<(image + 1) * width]
      let truth = logits.truth[image * width..<(image + 1) * width]
      if logits.isMultiLabel {
        for (z, isThere) in zip(row, truth) {
          let p = 1 / (1 + exp(-inverse * z))
          first += (p - (isThere ? 1 : 0)) * z / Double(width)
          second += p * (1 - p) * z * z / Double(width)
        }
        continue
      }
      let top = row.max() ?? 0
      var (sum, mean, square) = (0.0, 0.0, 0.0)
      for z in row {
        let power = exp(inverse * (z - top))
        sum += power
        mean += power * z
        square += power * z * z
      }
      mean /= sum
      square /= sum
      first += mean - zip(row, truth).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
      second += square - mean * mean
    }
    return (first / Double(logits.count), second / Double(logits.count))
  }
}

/// How good probabilities are.
package struct CalibrationScores: Hashable, Sendable {
  /// The mean negative log-likelihood.
  package let likelihoodLoss: Double
  package let brier: Double
  /// Expected calibration error over 15 bins.
  package let error: Double

  /// With a temperature for each image.
  package init(_ logits: ModelLogits, temperatures: [Double]) {
    var (one, several) = (
      EvaluationResult(classes: logits.classes), MultiLabelResult(classes: logits.classes)
    )
    var loss = 0.0
    let width = logits.classes.count
    for image in 0..<logits.count {
      let row = logits.values[image * width..<(image + 1) * width].map { $0 / temperatures[image] }
      let truth = Array(logits.truth[image * width..<(image + 1) * width])
      if logits.isMultiLabel {
        let probabilities = row.map { 1 / (1 + exp(-$0)) }
        // log(1 + e^x) without overflow.
        let own = zip(row, truth).reduce(0.0) { sum, pair in
          let x = pair.1 ? -pair.0 : pair.0
          return sum + max(x, 0) + log1p(exp(-abs(x)))
        }
        loss += own / Double(width)
        several.add(
          sample: image, truth: truth, probabilities: probabilities.map(Float.init), loss: 0)
      } else {
        let top = row.max() ?? 0
        let sum = row.reduce(0) { $0 + exp($1 - top) }
        let label = truth.firstIndex(of: true) ?? 0
        loss += top + log(sum) - row[label]
        one.add(
          sample: image, label: label, probabilities: row.map { Float(exp($0 - top) / sum) },
          loss: 0)
      }
    }
    let evaluation: Evaluation = logits.isMultiLabel ? .labels(several) : .images(one)
    likelihoodLoss = loss / Double(max(1, logits.count))
    brier = BrierMetric().score(of: evaluation)?.value ?? 0
    error = CalibrationMetric().score(of: evaluation)?.value ?? 0
  }

  package init(_ logits: ModelLogits, temperature: Double) {
    self.init(logits, temperatures: [Double](repeating: temperature, count: logits.count))
  }

  /// Each image by the temperature of the others' parts: nil where a part has none.
  package init?(crossFitted logits: ModelLogits, folds count: Int, seed: UInt64) {
    let count = min(count, logits.count)
    guard count > 1 else { return nil }
    let folds = StratifiedFolds.folds(logits.labels, count: count, seed: seed)
    var found: [Double] = []
    for fold in 0..<count {
      let others = folds.indices.filter { folds[$0] != fold }
      guard let scaling = try? TemperatureScaling(logits.choosing(others)) else { return nil }
      found.append(scaling.temperature)
    }
    self.init(logits, temperatures: folds.map { found[$0] })
  }
}
