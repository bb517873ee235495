import GraftBase
import GraftEngine

/// What an encoder computes at each resolution, for heads that predict pixels.
package struct Pyramid {
  /// The encoder's images [N, H, W, C].
  package let image: Value
  /// The encoder's last feature map.
  package let map: Value
  /// The last map of each resolution, the finest first; the last is `map`.
  package let levels: [Value]

  /// The levels of an encoder that has just been recorded.
  package init(image: Value, map: Value) {
    self.image = image
    self.map = map
    guard map.shape.rank == 4 else {
      levels = []
      return
    }
    var finer: [Int: Value] = [:]
    for value in map.graph.computedValues {
      // Squeezed maps of attention are smaller than the last one.
      guard value.shape.rank == 4, value.shape[1] > map.shape[1], value.shape[2] > map.shape[2]
      else { continue }
      finer[value.shape[1]] = value
    }
    levels = finer.keys.sorted(by: >).compactMap { finer[$0] } + [map]
  }

  /// Whether the last map has the image's own size.
  package var isFull: Bool { map.shape.rank == 4 && Self.haveOneSize(map, image) }

  /// Refuses an encoder that keeps no map.
  func requireMap(for head: String, of encoder: String) throws {
    guard map.shape.rank != 4 || map.shape[2] > 1 || map.shape[1] == 1 || image.shape[2] == 1 else {
      throw GraftError(
        .usage, "\(head) needs a map of features, but \(encoder) ends in a list of tokens",
        help: "choose an encoder that keeps maps, such as swin_t or resnet18")
    }
    guard !levels.isEmpty else {
      throw GraftError(
        .usage, "\(head) needs a map of features, but \(encoder) ends in a vector",
        help: "choose an encoder without fully connected layers, such as resnet18")
    }
  }

  static func haveOneSize(_ a: Value, _ b: Value) -> Bool {
    a.shape[1] == b.shape[1] && a.shape[2] == b.shape[2]
  }

  /// A map enlarged to the size of another, by a whole factor where that gives it.
  static func enlarge(
    _ x: Value, to other: Value, _ interpolation: Interpolation, _ scope: Scope
  ) throws -> Value {
    if haveOneSize(x, other) { return x }
    guard let factor = factor(from: x, to: other) else {
      return try PlainLayer.upsample(scope, interpolation, .ofSecondInput)(x, other)
    }
    return try PlainLayer.upsample(scope, interpolation, .times(Pair(factor)))(x)
  }

  /// The whole number of times that a map fits into another along both sides.
  static func factor(from x: Value, to other: Value) -> Int? {
    let factor = other.shape[1] / x.shape[1]
    return other.shape[1] == x.shape[1] * factor && other.shape[2] == x.shape[2] * factor
      ? factor : nil
  }
}
