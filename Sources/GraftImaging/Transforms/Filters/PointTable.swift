import Foundation
import GraftKernels

/// A function of one byte per channel: what brightness, posterize, equalize and their like are.
///
/// Each table equals Pillow's operation byte for byte, so a chain of them may be applied as one.
struct PointTable: Equatable, Sendable {
  /// 256 bytes per channel, one channel after the other; one channel serves an image of three.
  var bytes: [UInt8]

  var channels: Int { bytes.count / 256 }

  /// The same function for every channel.
  init(_ function: (UInt8) -> UInt8) {
    bytes = (0...255).map { function(UInt8($0)) }
  }

  /// One function per channel.
  init(joining tables: [PointTable]) {
    bytes = tables.flatMap(\.bytes)
  }

  static let identity = PointTable { $0 }
}

// MARK: - Functions independent of the image

extension PointTable {
  /// `value` towards or away from `origin`: Pillow's blend, truncated float32 arithmetic.
  static func blend(from origin: UInt8, factor: Double) -> PointTable {
    let factor = Float(factor)
    return PointTable { value in
      let mixed = Float(Int32(origin)) + factor * Float(Int32(value) - Int32(origin))
      return UInt8(min(max(mixed, 0), 255))
    }
  }

  static func brightness(_ factor: Double) -> PointTable { blend(from: 0, factor: factor) }

  /// Keeps the `bits` highest bits, 0...8.
  static func posterize(bits: Int) -> PointTable {
    let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
    return PointTable { $0 & mask }
  }

  /// Inverts the values at or above `threshold`, which may be fractional.
  static func solarize(threshold: Double) -> PointTable {
    PointTable { Double($0) < threshold ? $0 : 255 - $0 }
  }

  /// Adds `amount` to the values below 128.
  static func solarizeAdd(_ amount: Int) -> PointTable {
    PointTable { $0 < 128 ? UInt8(clamping: Int($0) + amount) : $0 }
  }

  static let invert = PointTable { 255 - $0 }

  /// Raises the values, as shares of 255, to `power`.
  static func gamma(_ power: Double) -> PointTable {
    PointTable { UInt8(255.999 * pow(Double($0) / 255, power)) }
  }
}

// MARK: - Functions of the image's histogram

extension PointTable {
  /// Stretches each channel's occupied values over 0...255.
  static func autoContrast(_ histogram: Histogram) -> PointTable {
    PointTable(
      joining: histogram.channels.map { counts in
        guard let low = counts.firstIndex(where: { $0 > 0 }),
          let high = counts.lastIndex(where: { $0 > 0 }), low < high
        else { return .identity }
        let scale = 255 / Double(high - low)
        let offset = -Double(low) * scale
        return PointTable { UInt8(clamping: Int(Double($0) * scale + offset)) }
      })
  }

  /// Flattens each channel's histogram by Pillow's rule.
  static func equalize(_ histogram: Histogram) -> PointTable {
    PointTable(
      joining: histogram.channels.map { counts in
        guard let last = counts.last(where: { $0 > 0 }),
          counts.count(where: { $0 > 0 }) > 1
        else { return .identity }
        let step = (counts.reduce(0, +) - last) / 255
        guard step > 0 else { return .identity }
        var seen = step / 2
        var table = PointTable.identity
        for value in 0..<256 {
          table.bytes[value] = UInt8(min(255, seen / step))
          seen += counts[value]
        }
        return table
      })
  }
}

// MARK: - Applying

extension Image {
  /// The image with every byte replaced by what the table says.
  func applying(_ table: PointTable) -> Image {
    precondition(table.channels == 1 || table.channels == channels, "a table of other channels")
    return table.bytes.withUnsafeBufferPointer { bytes in
      mapped { source, target in
        graft_look_up(bytes.baseAddress, Int32(table.channels), source, pixels.count, target)
      }
    }
  }
}
