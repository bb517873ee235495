import GraftAlgebra
import GraftBase
import GraftKernels

/// What a frozen encoder computes of images: a row for each, in the order of the data set.
struct FeatureTable {
  let width: Int
  /// By row.
  let labels: [Int]
  /// The rows of each batch as they came, and the row of the table that each is.
  private let batches: [(features: [Float], rows: [Int])]

  var count: Int { labels.count }

  /// Reads an epoch that has begun; nil when `goesOn`, told of batches, answered false.
  ///
  /// Throws where a feature is not finite.
  init?(
    of source: any BatchSource, _ phase: PreparedPhase, _ plans: PlanCache,
    goesOn: (_ done: Int, _ of: Int) -> Bool
  ) throws {
    guard let prefix = phase.prefix else { preconditionFailure("a head without constant features") }
    width = prefix.rowLength
    var collected: [(features: [Float], samples: [Int], labels: [Int])] = []
    while let batch = try source.nextBatch() {
      let features = batch.part == .rest ? batch.images : try plans.features(of: batch)
      let values = Array(features.buffer)
      if let fault = values.firstIndex(where: { !$0.isFinite }) {
        let name = source.name(ofSample: batch.samples[fault / width])
        throw GraftError(
          .failed, "the features of \(name.escapingControlCharacters) are not finite",
          help: "the encoder's weights are damaged; `forward` shows what its layers compute")
      }
      collected.append((values, batch.samples, batch.labels))
      guard goesOn(collected.count, source.batchCount) else { return nil }
    }
    let order = collected.flatMap(\.samples).sorted()
    let rows = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    var labels = [Int](repeating: 0, count: order.count)
    var batches: [(features: [Float], rows: [Int])] = []
    for batch in collected {
      let own = batch.samples.map { rows[$0, default: 0] }
      for (row, label) in zip(own, batch.labels) { labels[row] = label }
      batches.append((batch.features, own))
    }
    self.labels = labels
    self.batches = batches
  }

  /// All features, [N, F].
  func matrix() -> Matrix {
    let result = Matrix(count, width)
    for batch in batches {
      for (place, row) in batch.rows.enumerated() {
        for column in 0..<width {
          result[row, column] = Double(batch.features[place * width + column])
        }
      }
    }
    return result
  }
}
