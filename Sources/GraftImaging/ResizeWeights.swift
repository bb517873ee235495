import Glibc

/// For each target index along one axis, which source pixels count and how much.
///
/// Weights are integers with 22 fractional bits, computed in the same order of operations as
/// Pillow's, so that results agree to the last bit.
struct ResizeWeights {
  /// The source pixels that count for any target.
  let sources: Range<Int>
  /// The first source index, counted from the start of `sources`, and the number of source pixels
  /// of each target index.
  private let spans: [(first: Int, count: Int)]
  /// `stride` weights for each target index, of which the first `count` are used.
  private let weights: [Int32]
  private let stride: Int

  /// How many target pixels there are weights for.
  var count: Int { spans.count }

  private static let fractionBits: Int32 = 22
  private static let half = Int32(1) << (fractionBits - 1)

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
    var values = [Double](repeating: 0, count: stride)
    for target in targets {
      let centre = (Double(target) + 0.5) * scale
      let first = max(0, Int(centre - support + 0.5))
      let end = min(count, Int(centre + support + 0.5))
      var sum = 0.0
      for offset in 0..<end - first {
        let value = filter.weight(at: (Double(offset + first) - centre + 0.5) * inverseScale)
        values[offset] = value
        sum += value
      }
      for offset in 0..<end - first {
        let value = sum == 0 ? values[offset] : values[offset] / sum
        let scaled = value * Double(Int32(1) << Self.fractionBits)
        weights[spans.count * stride + offset] = Int32(scaled + (value < 0 ? -0.5 : 0.5))
      }
      spans.append((first, end - first))
    }
    let lowest = spans.first?.first ?? 0
    sources = lowest..<(spans.last.map { $0.first + $0.count } ?? lowest)
    self.spans = spans.map { ($0.first - lowest, $0.count) }
    self.weights = weights
    self.stride = stride
  }

  /// One row of RGB pixels into `output` from byte `target` on.
  func applyToRGBRow(
    _ row: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>, at target: Int
  ) {
    weights.withUnsafeBufferPointer { weights in
      spans.withUnsafeBufferPointer { spans in
        var target = target
        var firstWeight = 0
        for span in spans {
          var red = Self.half
          var green = Self.half
          var blue = Self.half
          var from = span.first * 3
          for offset in firstWeight..<firstWeight + span.count {
            let weight = weights[offset]
            red &+= Int32(row[from]) &* weight
            green &+= Int32(row[from + 1]) &* weight
            blue &+= Int32(row[from + 2]) &* weight
            from += 3
          }
          output[target] = Self.byte(red)
          output[target + 1] = Self.byte(green)
          output[target + 2] = Self.byte(blue)
          target += 3
          firstWeight += stride
        }
      }
    }
  }

  /// One row of gray pixels into `output` from byte `target` on.
  func applyToGrayRow(
    _ row: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>, at target: Int
  ) {
    weights.withUnsafeBufferPointer { weights in
      spans.withUnsafeBufferPointer { spans in
        var target = target
        var firstWeight = 0
        for span in spans {
          var sum = Self.half
          for offset in 0..<span.count {
            sum &+= Int32(row[span.first + offset]) &* weights[firstWeight + offset]
          }
          output[target] = Self.byte(sum)
          target += 1
          firstWeight += stride
        }
      }
    }
  }

  /// All rows, `rowLength` bytes each, along the vertical axis; channels do not matter.
  func applyToColumns(
    _ source: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>,
    rowLength: Int
  ) {
    var sums = [Int32](repeating: 0, count: rowLength)
    sums.withUnsafeMutableBufferPointer { sums in
      for (index, span) in spans.enumerated() {
        sums.update(repeating: Self.half)
        for offset in 0..<span.count {
          let weight = weights[index * stride + offset]
          let row = (span.first + offset) * rowLength
          for x in 0..<rowLength { sums[x] &+= Int32(source[row + x]) &* weight }
        }
        let target = index * rowLength
        for x in 0..<rowLength { output[target + x] = Self.byte(sums[x]) }
      }
    }
  }

  @inline(__always)
  private static func byte(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> fractionBits)))
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
