/// How often each byte occurs, per channel.
struct Histogram: Equatable {
  /// 256 counts per channel.
  var channels: [[Int]]

  init(_ image: Image) {
    channels = (0..<image.channels).map { channel in
      var counts = [Int](repeating: 0, count: 256)
      image.pixels.withUnsafeBufferPointer { pixels in
        counts.withUnsafeMutableBufferPointer { counts in
          for index in stride(from: channel, to: pixels.count, by: image.channels) {
            counts[Int(pixels[index])] += 1
          }
        }
      }
      return counts
    }
  }
}
