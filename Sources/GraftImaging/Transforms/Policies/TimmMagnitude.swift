import GraftBase

/// How timm draws the magnitude of one call of an operation, on its scale of 0...10.
package struct TimmMagnitude: Codable, Equatable, Sendable {
  /// The standard deviation around the magnitude; infinite for a uniform draw from 0 to it.
  package enum Spread: Codable, Equatable, Sendable {
    case normal(deviation: Double)
    case uniform

    /// timm's `mstd`, of which more than 100 stands for a uniform draw.
    init(mstd: Double) { self = mstd > 100 ? .uniform : .normal(deviation: mstd) }
  }

  var spread = Spread.normal(deviation: 0)
  /// Where magnitudes are cut off.
  var largest = 10.0

  /// The strength of a call at `magnitude`: a tenth of what is drawn around it.
  func strength(_ magnitude: Double, random: inout RandomStream) -> Double {
    let drawn =
      switch spread {
      case .normal(let deviation):
        deviation > 0 ? magnitude + deviation * random.normal() : magnitude
      case .uniform: random.uniform(0...magnitude)
      }
    return min(max(drawn, 0), largest) / 10
  }
}

extension WarpFilter {
  /// timm's choice for every call of a warp, unless the user made one.
  static func timm(_ chosen: WarpFilter?, random: inout RandomStream) -> WarpFilter {
    chosen ?? (random.gate(0.5) ? .bilinear : .bicubic)
  }
}
