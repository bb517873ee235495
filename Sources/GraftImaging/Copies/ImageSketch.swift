import Foundation

/// What is left of an image when its size, file format and small differences are disregarded: a gray
/// thumbnail, and a perceptual hash that finds thumbnails like it.
///
/// The hash has a bit for each of the 8×8 lowest cosine coefficients of the image at 32×32: whether
/// it is positive (after Zauner, 2010, "Implementation and Benchmarking of Perceptual Image Hash
/// Functions"). All arithmetic is in integers, so that sketches are equal on every machine.
package struct ImageSketch: Sendable, Equatable {
  /// Pixels along a side of the thumbnail.
  static let side = 16
  private static let fineSide = 2 * side
  private static let frequencies = 8

  /// The thumbnail, gray.
  let image: Image
  /// The hash of the image in each of `Orientation.allCases`, as it lies first.
  let hashes: [UInt64]
  /// The sums of the thumbnail's values and of their squares.
  let sum: Int
  let squares: Int
  /// Whether two fifths of the thumbnail have about one value, as in drawings and digits, which are
  /// alike without being copies.
  let isPlain: Bool

  package init(_ image: Image) {
    let fine = image.converted(toChannels: 1).resized(
      to: ImageSize(width: Self.fineSide, height: Self.fineSide), filter: .box
    ).pixels
    let thumbnail = Self.halved(fine)
    self.image = Image(width: Self.side, height: Self.side, channels: 1, pixels: thumbnail)
    let coefficients = Self.coefficients(fine)
    hashes = Orientation.allCases.map { Self.hash(coefficients, $0) }
    sum = thumbnail.reduce(0) { $0 + Int($1) }
    squares = thumbnail.reduce(0) { $0 + Int($1) * Int($1) }
    isPlain = Self.isPlain(thumbnail)
  }

  /// True for images of nearly one color, which are all alike.
  package var isFlat: Bool { variance < 9 }

  private var variance: Double {
    let count = Double(image.pixels.count)
    let mean = Double(sum) / count
    return Double(squares) / count - mean * mean
  }

  private static func halved(_ fine: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: side * side) { output, count in
      for y in 0..<side {
        for x in 0..<side {
          let place = 2 * y * fineSide + 2 * x
          let sum =
            Int(fine[place]) + Int(fine[place + 1]) + Int(fine[place + fineSide])
            + Int(fine[place + fineSide + 1])
          output[y * side + x] = UInt8((sum + 2) / 4)
        }
      }
      count = side * side
    }
  }

  /// Cosines in 1/16384: `[frequency * fineSide + position]`.
  private static let cosines: [Int] = (0..<frequencies).flatMap { frequency in
    (0..<fineSide).map { position in
      let angle = Double((2 * position + 1) * frequency) * .pi / Double(2 * fineSide)
      return Int((16_384 * cos(angle)).rounded())
    }
  }

  /// The lowest coefficients: `[vertical frequency * 8 + horizontal frequency]`.
  private static func coefficients(_ fine: [UInt8]) -> [Int] {
    var rows = [Int](repeating: 0, count: frequencies * fineSide)
    for y in 0..<fineSide {
      for horizontal in 0..<frequencies {
        var sum = 0
        for x in 0..<fineSide {
          sum += Int(fine[y * fineSide + x]) * cosines[horizontal * fineSide + x]
        }
        rows[horizontal * fineSide + y] = sum
      }
    }
    var result = [Int](repeating: 0, count: frequencies * frequencies)
    for vertical in 0..<frequencies {
      for horizontal in 0..<frequencies {
        var sum = 0
        for y in 0..<fineSide {
          sum += rows[horizontal * fineSide + y] * cosines[vertical * fineSide + y]
        }
        result[vertical * frequencies + horizontal] = sum
      }
    }
    return result
  }

  /// A wave of a quarter of a gray level counts as none: it is what rounding leaves.
  private static let leastCoefficient = 16_384 * 16_384 * 256 / 4

  /// Mirroring an image changes the sign of its odd waves, transposing it exchanges the two directions.
  private static func hash(_ coefficients: [Int], _ orientation: Orientation) -> UInt64 {
    var hash: UInt64 = 0
    for vertical in 0..<frequencies {
      for horizontal in 0..<frequencies {
        var value =
          orientation.swapsSides
          ? coefficients[horizontal * frequencies + vertical]
          : coefficients[vertical * frequencies + horizontal]
        value *= orientation.sign(vertical: vertical, horizontal: horizontal)
        // The mean is never negative; its bit says whether the image is bright.
        if vertical + horizontal == 0 { value -= 16_384 * 16_384 * 1024 * 255 / 2 }
        hash = hash << 1 | (value > leastCoefficient ? 1 : 0)
      }
    }
    return hash
  }

  private static func isPlain(_ thumbnail: [UInt8]) -> Bool {
    var counts = [Int](repeating: 0, count: 256)
    for value in thumbnail { counts[Int(value)] += 1 }
    return (4..<252).contains { center in
      5 * counts[center - 4...center + 4].reduce(0, +) >= 2 * thumbnail.count
    }
  }
}

extension Orientation {
  /// Whether the laid image is the stored one transposed, then with its columns or rows reversed.
  private var reversesColumns: Bool {
    [.flippedHorizontally, .rotatedBy180, .rotatedBy270, .transversed].contains(self)
  }

  private var reversesRows: Bool {
    [.flippedVertically, .rotatedBy180, .rotatedBy90, .transversed].contains(self)
  }

  /// The sign that a wave gets: reversing columns or rows changes that of odd ones.
  fileprivate func sign(vertical: Int, horizontal: Int) -> Int {
    let isChanged =
      (reversesColumns && !horizontal.isMultiple(of: 2))
      != (reversesRows && !vertical.isMultiple(of: 2))
    return isChanged ? -1 : 1
  }
}

extension Orientation {
  /// How a copy lies that matches when this is done to it, in words; empty for one that lies alike.
  package var nameOfCopy: String {
    switch self {
    case .upright: ""
    case .flippedHorizontally: "mirrored"
    case .flippedVertically: "upside down"
    case .rotatedBy180: "turned by 180°"
    case .rotatedBy90, .rotatedBy270: "turned by 90°"
    case .transposed, .transversed: "turned by 90° and mirrored"
    }
  }
}
