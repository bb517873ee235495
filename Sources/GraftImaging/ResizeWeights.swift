import Glibc
import GraftBase
import GraftKernels

/// For each target index along one axis, which source pixels count and how much.
///
/// Weights are integers with 22 fractional bits, computed in the same order of operations as
/// Pillow's, so that results agree to the last bit.
struct ResizeWeights {
  /// The source pixels that count for any target.
  let sources: Range<Int>
  /// The first source index of each target index, counted from the start of `sources`, and the
  /// number of source pixels.
  private let first: [Int32]
  private let taps: [Int32]
  /// `stride` weights for each target index; those beyond its taps are 0.
  private let weights: [Int32]
  private let stride: Int

  /// How many target pixels there are weights for.
  var count: Int { first.count }

  /// 1 in 22 fractional bits.
  private static let one = Double(1 << 22)

  /// Weights for reducing or enlarging `count` pixels to `newCount`, for the `targets` among them.
  init(from count: Int, to newCount: Int, filter: ResizeFilter, keeping targets: Range<Int>) {
    let scale = Double(count) / Double(newCount)
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    let stride = Int(support.rounded(.up)) * 2 + 1
    let inverseScale = 1 / filterScale
    var spans: [(first: Int, count: Int)] = []
    spans.reserveCapacity(targets.count)
    var weights = [Int32](repeating: 0, count: targets.count * stride)
    weights.withUnsafeMutableBufferPointer { weights in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: stride) { values in
        for target in targets {
          let center = (Double(target) + 0.5) * scale
          let first = max(0, Int(center - support + 0.5))
          let end = min(count, Int(center + support + 0.5))
          var sum = 0.0
          for offset in 0..<end - first {
            let value = filter.weight(at: (Double(offset + first) - center + 0.5) * inverseScale)
            values[offset] = value
            sum += value
          }
          for offset in 0..<end - first {
            let value = sum == 0 ? values[offset] : values[offset] / sum
            weights[spans.count * stride + offset] = Int32(
              value * Self.one + (value < 0 ? -0.5 : 0.5))
          }
          spans.append((first, end - first))
        }
      }
    }
    let lowest = spans.first?.first ?? 0
    sources = lowest..<(spans.last.map { $0.first + $0.count } ?? lowest)
    first = spans.map { Int32($0.first - lowest) }
    taps = spans.map { Int32($0.count) }
    self.weights = weights
    self.stride = stride
  }

  /// Hands the body the weights as the kernels take them.
  func with(_ body: (_ axis: UnsafePointer<graft_resize_axis>) -> Void) {
    first.withUnsafeBufferPointer { first in
      taps.withUnsafeBufferPointer { taps in
        weights.withUnsafeBufferPointer { weights in
          var axis = graft_resize_axis(
            count: count, first: first.baseAddress, taps: taps.baseAddress,
            weights: weights.baseAddress, stride: stride)
          body(&axis)
        }
      }
    }
  }
}

extension ResizeFilter {
  /// The distance, in target pixels, from which on weights are 0; nearest has no weights.
  fileprivate var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  fileprivate func weight(at position: Double) -> Double {
    let distance = abs(position)
    switch self {
    case .nearest, .box: return position > -0.5 && position <= 0.5 ? 1 : 0
    case .bilinear: return distance < 1 ? 1 - distance : 0
    case .bicubic:
      let a = -0.5
      if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
      if distance < 2 { return (((distance - 5) * distance + 8) * distance - 4) * a }
      return 0
    case .lanczos:
      guard position >= -3 && position < 3 else { return 0 }
      return Self.sinc(position) * Self.sinc(position / 3)
    }
  }

  private static func sinc(_ x: Double) -> Double {
    guard x != 0 else { return 1 }
    return sin(x * .pi) / (x * .pi)
  }
}
