import CGIF
import Glibc
import GraftBase

/// Images of one size, shown one after the other and again from the start.
package struct Animation: Sendable {
  /// The suffix of its file.
  package enum Format: String, CaseIterable, Sendable { case apng, gif }

  /// At least one; all of one size.
  package let frames: [Image]
  /// How long each is shown, in seconds.
  package let pause: Double

  /// Frames that are smaller than others are extended to the right and down by `background`.
  package init(_ frames: [Image], pause: Double, background: FillColor) {
    precondition(!frames.isEmpty && pause > 0, "an animation without frames or time")
    let size = ImageSize(
      width: frames.map(\.width).max() ?? 0, height: frames.map(\.height).max() ?? 0)
    self.frames = frames.map { $0.extended(to: size, background) }
    self.pause = pause
  }

  package var size: ImageSize { frames[0].size }

  /// The file; throws where a library cannot make it.
  package func encoded(as format: Format) throws -> [UInt8] {
    switch format {
    case .apng: try apng()
    case .gif: try gif()
    }
  }

  /// An animated PNG, whose pixels are exact (PNG specification, third edition, section 11.3.6);
  /// programs that only know PNG show the first frame.
  private func apng() throws -> [UInt8] {
    let files = try frames.map { try PNGEncoder.encode($0.converted(toChannels: 3)) }
    var bytes = Array(files[0][..<PNGChunk.placeAfterHeader]) + PNGChunk.software.bytes
    bytes +=
      PNGChunk(
        "acTL", PNGChunk.bigEndian(UInt32(frames.count)) + PNGChunk.bigEndian(0)
      ).bytes
    var number: UInt32 = 0
    func next() -> [UInt8] {
      defer { number += 1 }
      return PNGChunk.bigEndian(number)
    }
    for (index, file) in files.enumerated() {
      bytes += PNGChunk("fcTL", next() + frameControl).bytes
      for data in PNGChunk.data(of: file) {
        bytes += index == 0 ? PNGChunk("IDAT", data).bytes : PNGChunk("fdAT", next() + data).bytes
      }
    }
    return bytes + PNGChunk("IEND", []).bytes
  }

  /// Size, place and time of a frame that replaces the one before it.
  private var frameControl: [UInt8] {
    let milliseconds = UInt32(min(max((pause * 1000).rounded(), 1), 65_535))
    var bytes = PNGChunk.bigEndian(UInt32(size.width)) + PNGChunk.bigEndian(UInt32(size.height))
    bytes += [UInt8](repeating: 0, count: 8)
    // Milliseconds of 1000 in a second; then: leave the frame there, and replace what was there.
    bytes += PNGChunk.bigEndian(milliseconds << 16 | 1000)
    bytes += [0, 0] as [UInt8]
    return bytes
  }

  /// A GIF, in which each frame has 256 colors of its own and times are hundredths of a second.
  private func gif() throws -> [UInt8] {
    let size = size
    guard size.width <= 65_535, size.height <= 65_535 else {
      throw GraftError(
        .failed, "a GIF has at most 65,535 pixels a side, and this one would be \(size)",
        help: "write .apng")
    }
    var sink = graft_gif_sink(bytes: nil, count: 0, capacity: 0)
    defer { free(sink.bytes) }
    let delay = Int32(min(max((pause * 100).rounded(), 1), 65_535))
    let error = withUnsafeMutablePointer(to: &sink) { sink -> Int32 in
      var error: Int32 = 0
      guard
        let file = graft_gif_begin(
          sink, Int32(size.width), Int32(size.height), "Graft", &error)
      else { return error }
      for frame in frames {
        let (palette, indices) = ColorQuantizer.quantized(frame.converted(toChannels: 3))
        error = graft_gif_add(
          file, Int32(size.width), Int32(size.height), indices, palette, delay)
        if error != 0 { break }
      }
      let end = graft_gif_end(file)
      return error == 0 ? end : error
    }
    guard error == 0 else {
      throw GraftError(
        .failed,
        "the animation could not be packed as GIF: "
          + String(cString: graft_gif_text(error)), help: "write .apng")
    }
    return Array(UnsafeBufferPointer(start: sink.bytes, count: sink.count))
  }
}

extension Image {
  fileprivate func extended(to size: ImageSize, _ background: FillColor) -> Image {
    guard size != self.size else { return self }
    let source = converted(toChannels: 3)
    let row = background.row(width: size.width, channels: 3)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size.width * size.height * 3)
    for y in 0..<size.height {
      if y < height {
        pixels += source.pixels[(y * width * 3)..<((y + 1) * width * 3)]
        pixels += row.prefix((size.width - width) * 3)
      } else {
        pixels += row
      }
    }
    return Image(width: size.width, height: size.height, channels: 3, pixels: pixels)
  }
}
