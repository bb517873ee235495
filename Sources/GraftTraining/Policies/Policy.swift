import Foundation
import GraftBase

/// A finetuning variant: which layer groups learn, at what absolute rates, and what batch norm does.
///
/// A trains the head on a constant encoder, B trains everything at one rate, C gives each group its
/// own rate, low at the stem and high at the head; gradual unfreezing begins as A and ends as C. A policy is a
/// value; `resolved(for:)` turns it into parameter groups without touching the model.
package struct Policy: Codable, Hashable, Sendable {
  /// A, B, C, or one after another.
  package enum Variant: String, WordChoice {
    case headOnly = "A"
    case uniform = "B"
    case discriminative = "C"
    case gradual

    /// One line for lists.
    package var summary: String {
      switch self {
      case .headOnly: "train the head; the encoder is frozen"
      case .uniform: "train everything at one rate"
      case .discriminative: "train everything, each layer group at its own rate, low at the bottom"
      case .gradual:
        "train the head, then one more layer group after the other, each at its own rate"
      }
    }

    /// What it usually trains at with AdamW, from the lowest group to the head.
    package var usualRate: ClosedRange<Double> {
      switch self {
      case .headOnly, .gradual: 2e-3...2e-3
      case .uniform: 1e-4...1e-4
      case .discriminative: 1e-5...1e-3
      }
    }
  }

  /// How peak rates are spread over the groups, stem to head.
  package enum Rates: Codable, Hashable, Sendable {
    /// A: the head alone.
    case headOnly(Double)
    /// B: one rate for all.
    case uniform(Double)
    /// C: equal factors from the stem's rate to the head's.
    case geometric(lowest: Double, highest: Double)
    /// C: each group has `factor` times the rate of the group above it.
    case decaying(factor: Double, highest: Double)
    /// Gradual unfreezing, in phases (`TrainingPhase.phases`): the head at `highest`, then at half of it with
    /// one more group every so many epochs, each at `factor` times the rate of the group above it.
    case gradual(factor: Double, highest: Double, every: Int)
  }

  /// An override of the variant, in the order in which it was typed.
  package enum Override: Codable, Hashable, Sendable {
    case freeze(String)
    case unfreeze(String)

    package var selector: String {
      switch self {
      case .freeze(let selector), .unfreeze(let selector): selector
      }
    }
  }

  /// A batch-norm mode for some groups, or for all when the selector is nil.
  package struct BatchNormRequest: Codable, Hashable, Sendable {
    package var selector: String?
    package var mode: BatchNormMode

    package init(_ mode: BatchNormMode, for selector: String? = nil) {
      self.selector = selector
      self.mode = mode
    }
  }

  package var rates: Rates
  /// Modes asked for; of two for one group the later wins.
  ///
  /// They apply only to groups that learn: the batch norms of a frozen group are always frozen,
  /// or its features would drift.
  package var batchNormRequests: [BatchNormRequest]
  package var overrides: [Override]

  private enum CodingKeys: String, CodingKey {
    case rates
    /// The key that checkpoints have had since the first version.
    case batchNormRequests = "batchNormWishes"
    case overrides
  }

  package init(
    _ rates: Rates, batchNormRequests: [BatchNormRequest] = [], overrides: [Override] = []
  ) {
    self.rates = rates
    self.batchNormRequests = batchNormRequests
    self.overrides = overrides
  }

  /// A, at its usual rate for AdamW.
  package static let headOnly = Policy(.headOnly(Variant.headOnly.usualRate.upperBound))
  /// B, at its usual rate for AdamW.
  package static let uniform = Policy(.uniform(Variant.uniform.usualRate.upperBound))

  package var variant: Variant {
    switch rates {
    case .headOnly: .headOnly
    case .uniform: .uniform
    case .geometric, .decaying: .discriminative
    case .gradual: .gradual
    }
  }

  /// The variant's letter or word.
  package var letter: String { variant.rawValue }

  /// The peak rate of each of `count` groups, stem to head, as if none were frozen: of gradual unfreezing, in
  /// its last phase.
  ///
  /// Freezing a group leaves the others' rates where they are.
  package func peakRates(groupCount count: Int) -> [Double] {
    (0..<count).map { index in
      let fromTop = count - 1 - index
      switch rates {
      case .headOnly(let rate), .uniform(let rate): return rate
      case .geometric(let lowest, let highest):
        guard fromTop > 0 else { return highest }
        return highest * pow(lowest / highest, Double(fromTop) / Double(count - 1))
      case .decaying(let factor, let highest): return highest * pow(factor, Double(fromTop))
      case .gradual(let factor, let highest, _):
        return highest / 2 * pow(factor, Double(fromTop))
      }
    }
  }

  /// Refuses rates that cannot train.
  package func validate() throws {
    let numbers: [Double]
    switch rates {
    case .headOnly(let rate), .uniform(let rate): numbers = [rate]
    case .geometric(let lowest, let highest):
      numbers = [lowest, highest]
      guard lowest <= highest else {
        throw GraftError(
          .usage,
          "the rates \(lowest.shortText)..\(highest.shortText) fall from stem to head",
          help: "write the lowest first: lr=\(highest.shortText)..\(lowest.shortText)")
      }
    case .decaying(let factor, let highest), .gradual(let factor, let highest, _):
      numbers = [highest]
      guard factor > 0, factor <= 1 else {
        throw GraftError(
          .usage, "a decay of \(factor.shortText) per group is not in 0...1",
          help: "0.75 is usual")
      }
    }
    guard let wrong = numbers.first(where: { !($0.isFinite && $0 > 0 && $0 <= 100) }) else {
      return
    }
    throw GraftError(
      .usage, "a learning rate of \(wrong.shortText) cannot train",
      help: "rates are above 0; 1e-5 to 1e-2 are usual")
  }
}

extension Policy: CustomStringConvertible {
  /// `C lr=1e-05..0.001 bn=frozen`, as the language writes it.
  package var description: String {
    var words = [letter]
    switch rates {
    case .headOnly(let rate), .uniform(let rate): words.append("lr=\(rate.shortText)")
    case .geometric(let lowest, let highest):
      words.append("lr=\(lowest.shortText)..\(highest.shortText)")
    case .decaying(let factor, let highest):
      words += ["lr=\(highest.shortText)", "decay=\(factor.shortText)"]
    case .gradual(let factor, let highest, let every):
      words += ["lr=\(highest.shortText)", "decay=\(factor.shortText)"]
      if every != 1 { words.append("every=\(every)") }
    }
    words += batchNormRequests.map { wish in
      wish.selector.map { "bn(\($0))=\(wish.mode.rawValue)" } ?? "bn=\(wish.mode.rawValue)"
    }
    return words.joined(separator: " ")
  }
}
