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

  /// What decides between two classes; nil names the more probable one.
  package var decision: DecisionThreshold?

  package init(
    temperature: Double? = nil, thresholds: [Double]? = nil, decision: DecisionThreshold? = nil
  ) {
    self.temperature = temperature
    self.thresholds = thresholds
    self.decision = decision
  }

  /// Whether it changes nothing.
  package var isPlain: Bool { self == Calibration() }

  /// Refuses what cannot be of a model of so many classes, as a file may say.
  func validate(classCount: Int) throws {
    let isSound =
      temperature.map { $0.isFinite && $0 > 0 } ?? true
      && thresholds.map { $0.count == classCount && $0.allSatisfy((0...1).contains) } ?? true
      && decision.map {
        classCount == 2 && (0...1).contains($0.place) && (0...1).contains($0.threshold)
      }
        ?? true
    guard isSound else {
      throw GraftError(
        .input, "a calibration that cannot be one of \(classCount) classes")
    }
  }
}

/// From what probability on one of two classes is predicted, and else the other.
package struct DecisionThreshold: Codable, Hashable, Sendable {
  /// The number of the class, 0 or 1.
  package let place: Int
  /// In a `Calibration` of probabilities at a temperature of 1, so that a temperature changes no prediction.
  package let threshold: Double

  package init(place: Int, threshold: Double) {
    self.place = place
    self.threshold = threshold
  }

  /// The class of an image with these probabilities of both.
  package func prediction(_ probabilities: some RandomAccessCollection<Float>) -> Int {
    let own = probabilities[probabilities.index(probabilities.startIndex, offsetBy: place)]
    return Double(own) >= threshold ? place : 1 - place
  }

  /// `bees from a probability of 0.312 on, else ants`.
  package func text(_ classes: [String]) -> String {
    let names = [classes[place], classes[1 - place]].map(\.escapingControlCharacters)
    return "\(names[0]) from a probability of \(threshold.fixedText(4)) on, else \(names[1])"
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
    return thresholds.map(atTemperature)
  }

  /// What decides between two classes by their probabilities; nil is the more probable one.
  package var decision: DecisionThreshold? {
    calibration.decision.map {
      DecisionThreshold(place: $0.place, threshold: atTemperature($0.threshold))
    }
  }

  /// The class that is predicted from the logits of one image, where an image has one class.
  package func prediction(_ logits: some RandomAccessCollection<Float>) -> Int {
    let probabilities = probabilities(logits)
    if let decision { return decision.prediction(probabilities.map { Float($0) }) }
    return probabilities.firstIndex(of: probabilities.max() ?? 0) ?? 0
  }

  /// The threshold of probabilities at the model's temperature that decides as one of those at 1 does.
  private func atTemperature(_ threshold: Double) -> Double {
    guard let temperature = calibration.temperature else { return threshold }
    return 1 / (1 + exp(-log(threshold / (1 - threshold)) / temperature))
  }
}
