import GraftKernels

/// Where the steps around one batch norm keep its sums and its rows of [C].
///
/// The steps may be those of several ops: the convolution that makes the norm's input adds up its
/// sums while they are in cache, the one that reads its output normalizes as it loads.
struct NormMemory: Sendable {
  /// Six rows, as `graft_norm` names them.
  private let rows: Slice
  private let records: Borrowed<Double>
  let channels: Int

  static func rowCount(_ channels: Int) -> Int { (6 * channels + 15) / 16 * 16 }
  /// Floats for the records of a value of this shape.
  static func recordCount(_ shape: Shape) -> Int {
    2 * PixelChunks(shape).count * (1 + 3 * shape.channels)
  }

  init(rows: Slice, records: Slice, channels: Int) {
    self.rows = rows
    self.records = records.values(of: Double.self)
    self.channels = channels
  }

  /// Rows and records, one after the other.
  init(_ memory: Slice, shape: Shape) {
    let rowCount = Self.rowCount(shape.channels)
    self.init(
      rows: memory.part(0, count: rowCount),
      records: memory.part(rowCount, count: memory.count - rowCount), channels: shape.channels)
  }

  private func row(_ index: Int) -> UnsafeMutablePointer<Float> { rows.pointer + index * channels }
  var mean: UnsafeMutablePointer<Float> { row(0) }
  var inverse: UnsafeMutablePointer<Float> { row(1) }
  var scale: UnsafeMutablePointer<Float> { row(2) }
  var offset: UnsafeMutablePointer<Float> { row(3) }
  var product: UnsafeMutablePointer<Float> { row(4) }
  var constant: UnsafeMutablePointer<Float> { row(5) }

  func kernel(_ activation: Activation, _ format: NumberFormat = .float32) -> graft_norm {
    graft_norm(
      mean: mean, inverse: inverse, scale: scale, offset: offset, product: product,
      constant: constant, activation: activation.kernel,
      is_bf16: format == .bfloat16 ? 1 : 0)
  }

  /// One chunk's record: for forward a count, shifts, sums and squares, for backward two rows of
  /// sums.
  func record(_ chunk: Int) -> UnsafeMutablePointer<Double> {
    records.pointer + chunk * (1 + 3 * channels)
  }

  /// The same, emptied.
  func emptyRecord(_ chunk: Int) -> UnsafeMutablePointer<Double> {
    let record = record(chunk)
    record.update(repeating: 0, count: 1 + 2 * channels)
    return record
  }

  /// Merges `chunks` records of forward, for `mean` and `variance`; returns the count of pixels.
  func mergeStatistics(chunks: Int) -> Double {
    graft_norm_merge(records.pointer, Int32(chunks), Int32(channels))
    return records[0]
  }

  /// A channel's mean over the batch, once records are merged.
  func batchMean(_ channel: Int) -> Double { records[1 + channel] }

  /// A channel's variance over the batch, once records are merged.
  func batchVariance(_ channel: Int) -> Double {
    max(0, records[1 + 2 * channels + channel] / records[0])
  }

  /// The sums of `chunks` records of backward, two rows.
  func gradientSums(chunks: Int) -> UnsafeMutablePointer<Double> {
    graft_norm_add_sums(records.pointer, Int32(chunks), 1 + 3 * channels, Int32(2 * channels))
    return records.pointer
  }
}
