import GraftKernels

/// A fixed cut of a value's pixels into 32 to 63 runs (fewer where rows are few), each of whole
/// images or of rows of one image: the tasks, and the partial sums, of what passes over a value.
struct PixelChunks {
  /// Enough to keep 16 threads busy.
  private static let fewest = 32

  let count: Int
  private let batch, height, width: Int
  private let imagesPerChunk, rowsPerChunk, blocksPerImage: Int

  init(_ shape: Shape) {
    batch = max(1, shape.batch)
    height = shape.rank == 4 ? max(1, shape[1]) : 1
    width = max(1, shape.elementCount) / (batch * height * max(1, shape.channels))
    imagesPerChunk = max(1, batch / Self.fewest)
    let blocks = min(height, (Self.fewest + batch - 1) / batch)
    rowsPerChunk = (height + blocks - 1) / blocks
    blocksPerImage = (height + rowsPerChunk - 1) / rowsPerChunk
    count = (batch + imagesPerChunk - 1) / imagesPerChunk * blocksPerImage
  }

  /// The rows of one chunk, the same for each of its images.
  func part(_ chunk: Int) -> (images: Range<Int>, rows: Range<Int>) {
    let first = chunk / blocksPerImage * imagesPerChunk
    let row = chunk % blocksPerImage * rowsPerChunk
    return (first..<min(batch, first + imagesPerChunk), row..<min(height, row + rowsPerChunk))
  }

  /// The same chunk as one run of pixels.
  func pixels(_ chunk: Int) -> Range<Int> {
    let (images, rows) = part(chunk)
    return (images.lowerBound * height + rows.lowerBound)
      * width..<((images.upperBound - 1)
      * height + rows.upperBound) * width
  }
}

extension Range<Int> {
  /// Calls `body` for consecutive parts of at most `step`.
  func forEachPart(of step: Int, _ body: (Range<Int>) -> Void) {
    for first in stride(from: lowerBound, to: upperBound, by: step) {
      body(first..<Swift.min(upperBound, first + step))
    }
  }
}
