import GraftKernels

/// How often each byte occurs, per channel.
struct Histogram: Equatable {
  /// 256 counts per channel.
  var channels: [[Int]]

  init(_ image: Image) {
    var counts = [UInt32](repeating: 0, count: 256 * image.channels)
    image.pixels.withUnsafeBufferPointer { pixels in
      graft_histogram(
        pixels.baseAddress, image.width * image.height, Int32(image.channels), &counts)
    }
    channels = (0..<image.channels).map { channel in
      counts[256 * channel..<256 * (channel + 1)].map { Int($0) }
    }
  }
}
