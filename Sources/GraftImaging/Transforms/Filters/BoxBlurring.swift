import Foundation
import GraftBase

/// How a Gaussian blur is computed; the words of a `kernel=` argument.
package enum BlurKernel: String, Codable, WordChoice {
  /// The true Gaussian, mirrored at the border: torchvision's and OpenCV's.
  case gaussian
  /// Three box blurs, the edge repeated: Pillow's `GaussianBlur`, which timm's policies use.
  case box
}

extension Image {
  func blurred(sigma: Double, kernel: BlurKernel) -> Image {
    switch kernel {
    case .gaussian: blurred(sigma: sigma)
    case .box: boxBlurred(radius: Self.boxRadius(sigma: Float(sigma), passes: 3), passes: 3)
    }
  }

  /// The mean of a square of 2 `radius` + 1 pixels around each, along one axis after the other.
  ///
  /// A fractional radius counts the outermost pixels in part; beyond the border the edge repeats.
  /// Equal to Pillow's `BoxBlur` byte for byte.
  func boxBlurred(radius: Float, passes: Int = 1) -> Image {
    guard radius > 0 else { return self }
    let box = BoxKernel(radius: radius)
    return blurredAlongRows(box, passes).transposed().blurredAlongRows(box, passes).transposed()
  }

  /// The radius at which `passes` box blurs have the variance of a Gaussian (Gwosdek et al., 2011).
  static func boxRadius(sigma: Float, passes: Int) -> Float {
    let variance = sigma * sigma / Float(passes)
    let length = Float(sqrt(12.0 * Double(variance) + 1.0))
    let whole = Float(((Double(length) - 1.0) / 2.0).rounded(.down))
    let part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
    return whole + part / (6 * (variance - (whole + 1) * (whole + 1)))
  }

  private func blurredAlongRows(_ box: BoxKernel, _ passes: Int) -> Image {
    let (rowLength, step) = (width * channels, channels)
    // A line with the edge pixels repeated on both sides, as far as the kernel reaches.
    var line = [UInt8](repeating: 0, count: rowLength + 2 * (box.radius + 1) * step)
    return mapped { source, target in
      line.withUnsafeMutableBufferPointer { line in
        guard let line = line.baseAddress else { return }
        for y in 0..<height {
          let out = target + y * rowLength
          out.update(from: source + y * rowLength, count: rowLength)
          for _ in 0..<passes {
            box.extend(out, to: line, width: width, channels: step)
            box.blur(line, into: out, width: width, channels: step)
          }
        }
      }
    }
  }
}

/// The weights of a box blur with 24 fractional bits, as in Pillow.
private struct BoxKernel {
  /// The pixels on each side that count in full.
  let radius: Int
  private let weight: UInt32
  /// That of the one pixel beyond on each side.
  private let farWeight: UInt32

  init(radius: Float) {
    self.radius = Int(radius)
    weight = UInt32(Float(1 << 24) / (radius * 2 + 1))
    farWeight = ((1 << 24) &- UInt32(2 * self.radius + 1) &* weight) / 2
  }

  func extend(
    _ row: UnsafePointer<UInt8>, to line: UnsafeMutablePointer<UInt8>, width: Int, channels: Int
  ) {
    let margin = (radius + 1) * channels
    let last = row + (width - 1) * channels
    for index in 0..<margin {
      line[index] = row[index % channels]
      line[margin + width * channels + index] = last[index % channels]
    }
    (line + margin).update(from: row, count: width * channels)
  }

  func blur(
    _ line: UnsafePointer<UInt8>, into row: UnsafeMutablePointer<UInt8>, width: Int, channels: Int
  ) {
    let span = 2 * radius + 1
    for channel in 0..<channels {
      var sum: UInt32 = 0
      for x in 0..<span { sum += UInt32(line[x * channels + channel]) }
      for x in 0..<width {
        let left = UInt32(line[x * channels + channel])
        sum = sum &- left &+ UInt32(line[(x + span) * channels + channel])
        let right = UInt32(line[(x + span + 1) * channels + channel])
        let bulk = sum &* weight &+ (left &+ right) &* farWeight
        row[x * channels + channel] = UInt8(truncatingIfNeeded: (bulk &+ (1 << 23)) >> 24)
      }
    }
  }
}
