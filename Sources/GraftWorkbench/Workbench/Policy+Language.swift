import GraftTraining

extension Policy {
  /// The policy of a variant with its numbers; what is nil takes the usual value.
  static func variant(
    _ variant: Variant, rate: ClosedRange<Double>?, factor: Double? = nil, every: Int? = nil,
    mode: BatchNormMode? = nil
  ) -> Policy {
    let wishes = mode.map { [BatchNormRequest($0)] } ?? []
    let highest = rate?.upperBound ?? variant.usualRate.upperBound
    let rates: Rates
    switch variant {
    case .headOnly: rates = .headOnly(highest)
    case .uniform: rates = .uniform(highest)
    case .discriminative:
      if let factor {
        rates = .decaying(factor: factor, highest: highest)
      } else if let rate, rate.lowerBound < rate.upperBound {
        rates = .geometric(lowest: rate.lowerBound, highest: rate.upperBound)
      } else {
        rates = .geometric(lowest: highest / 100, highest: highest)
      }
    case .gradual:
      rates = .gradual(
        factor: factor ?? Policy.gradualFactor, highest: highest, every: every ?? 1)
    }
    return Policy(rates, batchNormRequests: wishes)
  }

  /// The same policy with other rates, as `lr=` of one run asks.
  func with(rate: ClosedRange<Double>?) -> Policy {
    guard let rate else { return self }
    var (factor, every): (Double?, Int?)
    switch rates {
    case .decaying(let own, _) where rate.lowerBound == rate.upperBound: factor = own
    case .gradual(let own, _, let epochs): (factor, every) = (own, epochs)
    default: break
    }
    var result = Policy.variant(variant, rate: rate, factor: factor, every: every)
    result.batchNormRequests = batchNormRequests
    result.overrides = overrides
    return result
  }
}
