extension Preprocessing {
  /// Writes the picture's normalised values, height x width x channels, into `output`.
  ///
  /// A value is (byte * (1/255) - mean) / std in float32, torchvision's order of operations; a gray
  /// picture fills all channels of a colour encoder. Sizes must agree: see `floatCount(for:)`.
  package func write(_ image: Image, into output: UnsafeMutableBufferPointer<Float>) {
    write(image.converted(toChannels: channels), through: .identity, into: output)
  }

  /// The same for the picture after `points`, in one pass; it has the channels written.
  func write(
    _ source: Image, through points: PointTable, into output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(output.count == floatCount(for: source.size), "a slot of the wrong size")
    precondition(source.channels == channels, "a picture of other channels")
    let table = NormalisationTable(self, after: points)
    source.pixels.withUnsafeBufferPointer { pixels in
      table.values.withUnsafeBufferPointer { values in
        if channels == 1 {
          for index in 0..<pixels.count { output[index] = values[Int(pixels[index])] }
        } else {
          var index = 0
          while index < pixels.count {
            output[index] = values[Int(pixels[index])]
            output[index + 1] = values[256 + Int(pixels[index + 1])]
            output[index + 2] = values[512 + Int(pixels[index + 2])]
            index += 3
          }
        }
      }
    }
  }

  /// How many numbers a picture of this size becomes.
  package func floatCount(for size: ImageSize) -> Int { size.width * size.height * channels }
}

/// The normalised value of each byte: 256 numbers a channel.
private struct NormalisationTable {
  let values: [Float]

  init(_ preprocessing: Preprocessing, after points: PointTable) {
    values = (0..<preprocessing.channels).flatMap { channel in
      let mean = preprocessing.mean[channel]
      let std = preprocessing.std[channel]
      return (0..<256).map { (Float(points[channel, UInt8($0)]) * (1 / 255) - mean) / std }
    }
  }
}
