extension Image {
  /// A picture whose bytes `write` fills; every one of them has to be written.
  init(
    width: Int, height: Int, channels: Int,
    writtenBy write: (UnsafeMutableBufferPointer<UInt8>) -> Void
  ) {
    let count = width * height * channels
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      write(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
    self.init(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// A picture of this shape computed from this one's bytes, each output byte written once.
  func mapped(
    _ body: (_ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>) -> Void
  ) -> Image {
    Image(width: width, height: height, channels: channels) { target in
      pixels.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        body(from, to)
      }
    }
  }
}
