import GraftBase
import GraftKernels

extension ImageInput {
  /// Writes the image's normalized values, height x width x channels, into `output`.
  ///
  /// A value is (byte * (1/255) - mean) / std in float32, torchvision's order of operations; a gray
  /// image fills all channels of a color encoder. Sizes must agree: see `floatCount(for:)`.
  package func write(_ image: Image, into output: UnsafeMutableBufferPointer<Float>) {
    write(image.converted(toChannels: channels), through: .identity, into: output)
  }

  /// The same for the image after `points`, in one pass; it has the channels written.
  func write(
    _ source: Image, through points: PointTable, into output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(output.count == floatCount(for: source.size), "a slot of the wrong size")
    precondition(source.channels == channels, "an image of other channels")
    withNormalization(after: points) { normalization in
      source.pixels.withUnsafeBufferPointer { pixels in
        graft_normalize(
          normalization, Int32(channels), pixels.baseAddress, pixels.count, output.baseAddress)
      }
    }
  }

  /// Writes what `write(image.resized(...), through: points, into: output)` does, without the resized
  /// image: values are normalized while a row of them is in cache.
  func write(
    resizing image: Image, to size: ImageSize, filter: ResizeFilter? = nil,
    crop box: ImageBox? = nil, keeping window: ImageBox? = nil, mirrored: Bool = false,
    through points: PointTable = .identity, into output: UnsafeMutableBufferPointer<Float>
  ) {
    let filter = filter ?? self.filter
    let source = image.converted(toChannels: channels)
    let box = box ?? ImageBox(source.size)
    let window = window ?? ImageBox(size)
    guard filter != .nearest else {
      let resized = source.resized(
        to: size, filter: filter, crop: box, keeping: window, mirrored: mirrored)
      return write(resized, through: points, into: output)
    }
    precondition(box.isInside(source.size), "a crop outside the image")
    precondition(window.isInside(size), "a window outside the resized image")
    let windowSize = ImageSize(width: window.width, height: window.height)
    precondition(output.count == floatCount(for: windowSize), "a slot of the wrong size")
    withNormalization(after: points) { normalization in
      source.withResize(to: size, filter, box, window, mirrored: mirrored) { job in
        graft_resize(job, normalization, nil, output.baseAddress)
      }
    }
  }

  /// How many numbers an image of this size becomes.
  package func floatCount(for size: ImageSize) -> Int { size.width * size.height * channels }

  private func withNormalization(
    after points: PointTable, _ body: (UnsafePointer<graft_normalization>) -> Void
  ) {
    precondition(points.channels == 1 || points.channels == channels, "a table of other channels")
    var normalization = graft_normalization()
    graft_normalization_set(&normalization, Int32(channels), mean, std)
    if points != .identity {
      normalization.table_count = Int32(points.channels)
      withUnsafeMutableBytes(of: &normalization.tables) { $0.copyBytes(from: points.bytes) }
    }
    body(&normalization)
  }
}
