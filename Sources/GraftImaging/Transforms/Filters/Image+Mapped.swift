extension Image {
  /// An image of this shape computed from this one's bytes, each output byte written once.
  func mapped(
    _ body: (_ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>) -> Void
  ) -> Image {
    Image.drawn(width: width, height: height, channels: channels) { target in
      pixels.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        body(from, to)
      }
    }
  }
}
