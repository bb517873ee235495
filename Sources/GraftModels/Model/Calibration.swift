import Foundation
import GraftBase

/// What turns a model's logits into probabilities and labels, beside its weights: found on validation
/// images, kept in model files.
package struct Calibration: Codable, Hashable, Sendable {
  /// What logits are divided by before the softmax (Guo et al., 2017); nil is 1.
  package var temperature: Double?
  /// From what probability on an image has each label, where it may have any number; nil is 0.5.
  ///
  /// Of probabilities at a temperature of 1, so that a temperature changes no prediction.
  package var thresholds: [Double]?

  package init(temperature: Double? = nil, thresholds: [Double]? = nil) {
    self.temperature = temperature
    self.thresholds = thresholds
  }

  /// Whether it changes nothing.
  package var isPlain: Bool { self == Calibration() }

  /// Refuses what cannot be of a model of so many classes, as a file may say.
  func validate(classCount: Int) throws {
    let isSound =
      temperature.map { $0.isFinite && $0 > 0 } ?? true
      && thresholds.map { $0.count == classCount && $0.allSatisfy((0...1).contains) } ?? true
    guard isSound else {
      throw GraftError(
        .input, "a calibration that cannot be one of \(classCount) classes")
    }
  }
}

extension Model {
  /// Probabilities from the logits of one image, computed in double precision: softmax, or the sigmoid of
  /// each where an image may have any number of labels.
  package func probabilities(_ logits: some RandomAccessCollection<Float>) -> [Double] {
    let temperature = calibration.temperature ?? 1
    let scaled = logits.map { Double($0) / temperature }
    if task == .multiLabel { return scaled.map { 1 / (1 + exp(-$0)) } }
    let top = scaled.max() ?? 0
    let powers = scaled.map { exp($0 - top) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// From what probability on an image has each label.
  package var thresholds: [Double] {
    let thresholds = calibration.thresholds ?? [Double](repeating: 0.5, count: classes.count)
    guard let temperature = calibration.temperature else { return thresholds }
    return thresholds.map { 1 / (1 + exp(-log($0 / (1 - $0)) / temperature)) }
  }
}
