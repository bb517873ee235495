import GraftBase
import GraftTraining

/// A learning rate as it is asked for: from the lowest group to the head, or what a search suggests.
package enum RateChoice: ArgumentReadable, Equatable {
  case rates(ClosedRange<Double>)
  case auto

  private static let autoWord = "auto"

  package static func read(_ values: [ArgumentValue]) -> RateChoice? {
    if case .text(autoWord)? = values.first { return .auto }
    return ClosedRange<Double>.read(values).map(RateChoice.rates)
  }

  package var argumentText: String {
    switch self {
    case .rates(let rates): rates.argumentText
    case .auto: Self.autoWord
    }
  }

  /// Nil where a search decides.
  var rates: ClosedRange<Double>? { if case .rates(let rates) = self { rates } else { nil } }
}

extension ArgumentType where Value == RateChoice {
  static var rateChoice: Self {
    Self(
      .either([
        ArgumentType<ClosedRange<Double>>.range(1e-12...10).kind,
        .choice([RateChoice.auto.argumentText]),
      ]))
  }
}
