import Foundation
import GraftBase

/// One number a pixel: rows from the top, pixels from the left.
struct FloatPlane: Equatable {
  let width: Int
  let height: Int
  var values: [Float]

  /// Independent numbers from U(-1, 1); `stream` tells planes of one seed apart.
  static func uniformNoise(size: ImageSize, seed: UInt64, stream: UInt32) -> FloatPlane {
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let count = size.width * size.height
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer { values in
      for start in stride(from: 0, to: count, by: 4) {
        let counter = SIMD4<UInt32>(UInt32(truncatingIfNeeded: start / 4), stream, 0, 0)
        let words = Philox.block(key: key, counter: counter)
        // The highest 24 bits, in the middle of their interval.
        for index in 0..<min(4, count - start) {
          values[start + index] = (Float(words[index] >> 8) + 0.5) * 0x1p-23 - 1
        }
      }
    }
    return FloatPlane(width: size.width, height: size.height, values: values)
  }

  /// Convolved with a Gaussian of standard deviation `sigma` pixels, mirrored at the border.
  ///
  /// Separable; the kernel has int(8 sigma + 1) weights, or one more where that is even.
  func blurred(sigma: Double) -> FloatPlane {
    let radius = Int(8 * sigma + 1) / 2
    guard radius > 0, sigma > 0 else { return self }
    let raw = (-radius...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = raw.reduce(0, +)
    let weights = raw.map { Float($0 / sum) }
    return blurredAlongRows(weights).blurredAlongColumns(weights)
  }

  private func blurredAlongRows(_ weights: [Float]) -> FloatPlane {
    let radius = weights.count / 2
    let columns = (-radius..<(width + radius)).map { Border.reflect.index($0, of: width) }
    var line = [Float](repeating: 0, count: columns.count)
    return mapped { source, target in
      line.withUnsafeMutableBufferPointer { buffer in
        guard let line = buffer.baseAddress else { return }
        for y in 0..<height {
          let row = source + y * width
          for (index, column) in columns.enumerated() { line[index] = row[column] }
          for (tap, weight) in weights.enumerated() {
            Self.add(line + tap, times: weight, to: target + y * width, count: width)
          }
        }
      }
    }
  }

  private func blurredAlongColumns(_ weights: [Float]) -> FloatPlane {
    let radius = weights.count / 2
    return mapped { source, target in
      for y in 0..<height {
        for (tap, weight) in weights.enumerated() {
          let row = source + Border.reflect.index(y + tap - radius, of: height) * width
          Self.add(row, times: weight, to: target + y * width, count: width)
        }
      }
    }
  }

  /// A plane of zeros for `body` to add to.
  private func mapped(
    _ body: (_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>) -> Void
  ) -> FloatPlane {
    var sums = [Float](repeating: 0, count: values.count)
    values.withUnsafeBufferPointer { source in
      sums.withUnsafeMutableBufferPointer { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        body(from, to)
      }
    }
    return FloatPlane(width: width, height: height, values: sums)
  }

  private static func add(
    _ source: UnsafePointer<Float>, times weight: Float, to target: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    for index in 0..<count { target[index] += weight * source[index] }
  }
}
