import GraftBase

extension ImageInput {
  /// The image whose normalized values are `values`, each rounded to a byte: what `write` was given,
  /// byte for byte, and what mixing made of it as well as eight bits can show.
  package func image(of values: UnsafeBufferPointer<Float>) -> Image {
    precondition(values.count == floatCount(for: outputSize), "values of another size")
    return Image.drawn(width: side, height: side, channels: channels) { output in
      for index in values.indices {
        let channel = index % channels
        let value = (values[index] * std[channel] + mean[channel]) * 255
        output[index] = UInt8(min(max(value.rounded(), 0), 255))
      }
    }
  }
}
