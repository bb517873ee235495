import Foundation

/// The pixels that a motion blur averages, as offsets to the right and down.
package struct MotionKernel: Codable, Equatable, Sendable {
  package var offsets: [SIMD2<Int>]

  /// A line through the middle of a square of `side` pixels, an odd number, in Albumentations'
  /// construction: `side` points at equal distances, rounded to pixels, each counted once.
  ///
  /// `degrees` turns the line, clockwise as rows go down. A `direction` towards -1 or 1 shortens
  /// one half until only the other is left; `shift` moves all points, which stay in the square.
  package init(
    side: Int, degrees: Double, direction: Double = 0, shift: SIMD2<Double> = .zero
  ) {
    let reach = side / 2
    let (start, end) = (
      -Double(reach) * (1 - max(direction, 0)), Double(reach) * (1 + min(direction, 0))
    )
    let radians = degrees * (.pi / 180)
    let step = side > 1 ? (end - start) / Double(side - 1) : 0
    var seen: Set<SIMD2<Int>> = []
    for index in 0..<side {
      let distance = start + Double(index) * step
      func place(_ direction: Double, _ shift: Double) -> Int {
        let position = Double(reach) + direction * distance + shift
        return min(max(Int(position.rounded(.toNearestOrEven)), 0), side - 1) - reach
      }
      seen.insert(SIMD2(place(cos(radians), shift.x), place(sin(radians), shift.y)))
    }
    offsets = seen.sorted { ($0.y, $0.x) < ($1.y, $1.x) }
  }
}

extension Image {
  /// The rounded mean of the pixels at the kernel's offsets, mirrored at the border.
  func blurred(by kernel: MotionKernel) -> Image {
    let reach = kernel.offsets.map { max(abs($0.x), abs($0.y)) }.max() ?? 0
    guard reach > 0 else { return self }
    let framed = window(
      ImageBox(x: -reach, y: -reach, width: width + 2 * reach, height: height + 2 * reach),
      border: .reflect, fill: .black)
    let (rowLength, framedLength) = (width * channels, framed.width * channels)
    let starts = kernel.offsets.map { ($0.y + reach) * framedLength + ($0.x + reach) * channels }
    let count = UInt32(starts.count)
    var sums = [UInt32](repeating: 0, count: rowLength)
    return framed.pixels.withUnsafeBufferPointer { source in
      sums.withUnsafeMutableBufferPointer { sums in
        Image.drawn(width: width, height: height, channels: channels) { target in
          for y in 0..<height {
            for index in 0..<rowLength { sums[index] = count / 2 }
            for start in starts {
              let from = start + y * framedLength
              for index in 0..<rowLength { sums[index] &+= UInt32(source[from + index]) }
            }
            for index in 0..<rowLength {
              target[y * rowLength + index] = UInt8(truncatingIfNeeded: sums[index] / count)
            }
          }
        }
      }
    }
  }
}
