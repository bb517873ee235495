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
    var values: [Float] = []
    values.reserveCapacity(count + 3)
    for block in 0..<(count + 3) / 4 {
      let counter = SIMD4<UInt32>(UInt32(truncatingIfNeeded: block), stream, 0, 0)
      let words = Philox.block(key: key, counter: counter)
      // The highest 24 bits, in the middle of their interval.
      let shares = (SIMD4<Float>(words &>> 8) + 0.5) * 0x1p-23 - 1
      for index in 0..<4 { values.append(shares[index]) }
    }
    values.removeLast(values.count - count)
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
    var result = FloatPlane(
      width: width, height: height, values: [Float](repeating: 0, count: values.count))
    var line = [Float](repeating: 0, count: columns.count)
    for y in 0..<height {
      for (index, column) in columns.enumerated() { line[index] = values[y * width + column] }
      result.values.withUnsafeMutableBufferPointer { out in
        line.withUnsafeBufferPointer { line in
          for (tap, weight) in weights.enumerated() {
            for x in 0..<width { out[y * width + x] += weight * line[x + tap] }
          }
        }
      }
    }
    return result
  }

  private func blurredAlongColumns(_ weights: [Float]) -> FloatPlane {
    let radius = weights.count / 2
    var result = FloatPlane(
      width: width, height: height, values: [Float](repeating: 0, count: values.count))
    result.values.withUnsafeMutableBufferPointer { out in
      values.withUnsafeBufferPointer { values in
        for y in 0..<height {
          for (tap, weight) in weights.enumerated() {
            let row = Border.reflect.index(y + tap - radius, of: height) * width
            for x in 0..<width { out[y * width + x] += weight * values[row + x] }
          }
        }
      }
    }
    return result
  }
}
