import GraftBase
import GraftEngine

/// How a feature map becomes one vector.
package enum PoolKind: String, Codable, WordChoice {
  case average
  case maximum = "max"
  /// Means and maxima side by side: twice the width.
  case both = "avgmax"

  /// Features from so many channels.
  package func width(of channels: Int) -> Int { self == .both ? 2 * channels : channels }
}

/// Pooling over all pixels: [N, h, w, C] to [N, C], or [N, 2C] for means and maxima.
///
/// A vector [N, C] is one pixel, which is its own mean and maximum. The maximum is recorded for the map's size, so such a model takes only images of its own size.
struct Pooling {
  let scope: Scope
  let kind: PoolKind

  init(_ scope: Scope, _ kind: PoolKind) {
    self.scope = scope
    self.kind = kind
  }

  func callAsFunction(_ map: Value) throws -> Value {
    let isVector = map.shape.rank == 2
    return switch kind {
    case .average: isVector ? map : try average(map)
    case .maximum: isVector ? map : try maximum(map)
    case .both:
      try PlainLayer.concatenation(scope["avgmaxpool"])(
        isVector ? map : average(map), isVector ? map : maximum(map))
    }
  }

  private func average(_ map: Value) throws -> Value {
    try PlainLayer.globalAveragePool(scope["avgpool"])(map)
  }

  private func maximum(_ map: Value) throws -> Value {
    let op = PoolOp(.max, kernel: Pair(map.shape[1], map.shape[2]), stride: 1)
    return try PlainLayer(scope["flatten"], FlattenOp())(PlainLayer(scope["maximum"], op)(map))
  }
}
