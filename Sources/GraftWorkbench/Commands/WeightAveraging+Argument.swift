import GraftBase
import GraftTraining

/// `yes`, `no` or a decay.
extension WeightAveraging: ArgumentReadable {
  package static func read(_ values: [ArgumentValue]) -> WeightAveraging? {
    switch values.first {
    case .flag(let isOn): isOn ? .fitted : .off
    case .number(let decay): .decay(decay)
    default: nil
    }
  }

  package var argumentText: String { description }
}

extension ArgumentType where Value == WeightAveraging {
  package static var averaging: Self { Self(.either([.number(0...0.999999), .flag])) }
}
