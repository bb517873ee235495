import GraftBase
import GraftImaging

/// Small images of one size kept as the bytes of the file they came from.
///
/// Binary CIFAR keeps planes (all red, all green, all blue) after a label, MNIST one gray plane.
package final class PixelTable: Sendable {
  package let size: ImageSize
  package let channels: Int
  package let count: Int
  private let bytes: [UInt8]
  private let start: Int
  private let stride: Int

  /// Records of `stride` bytes in `bytes`, the pixels of the first beginning at `start`.
  package init(
    bytes: [UInt8], size: ImageSize, channels: Int, count: Int, start: Int, stride: Int
  ) {
    let length = size.width * size.height * channels
    precondition(count == 0 || start + (count - 1) * stride + length <= bytes.count)
    self.bytes = bytes
    self.size = size
    self.channels = channels
    self.count = count
    self.start = start
    self.stride = stride
  }

  /// The image of one record, gray or RGB as stored.
  package func image(at record: Int) -> Image {
    let area = size.width * size.height
    let range = range(of: record)
    guard channels == 3 else {
      return Image(
        width: size.width, height: size.height, channels: 1, pixels: Array(bytes[range]))
    }
    let pixels = [UInt8](unsafeUninitializedCapacity: area * 3) { output, count in
      bytes.withUnsafeBufferPointer { bytes in
        let red = range.lowerBound
        for place in 0..<area {
          output[3 * place] = bytes[red + place]
          output[3 * place + 1] = bytes[red + area + place]
          output[3 * place + 2] = bytes[red + 2 * area + place]
        }
      }
      count = area * 3
    }
    return Image(width: size.width, height: size.height, channels: 3, pixels: pixels)
  }

  /// SHA-256 of the stored pixels of one record.
  package func content(of record: Int) -> ContentHash.Digest {
    var hash = ContentHash()
    bytes.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[range(of: record)])) }
    return hash.finish()
  }

  private func range(of record: Int) -> Range<Int> {
    let first = start + record * stride
    return first..<(first + size.width * size.height * channels)
  }
}
