import GraftBase

/// Whether a run ends with moving averages of its weights, and how slowly they move.
package enum WeightAveraging: Codable, Hashable, Sendable {
  case off
  /// Over a tenth of the planned updates.
  case fitted
  case decay(Double)
}

extension WeightAveraging: CustomStringConvertible {
  /// As it is typed.
  package var description: String {
    switch self {
    case .off: false.argumentText
    case .fitted: true.argumentText
    case .decay(let decay): decay.shortText
    }
  }
}
