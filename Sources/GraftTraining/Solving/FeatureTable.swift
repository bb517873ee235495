import GraftAlgebra
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// What a frozen encoder computes of images: a row for each, in the order of the data set.
package struct FeatureTable: Sendable {
  package let width: Int
  /// By row.
  package let labels: [Int]
  /// Row by row, [N, width].
  package let features: [Float]

  package var count: Int { labels.count }

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
    var features = [Float](repeating: 0, count: order.count * width)
    for batch in collected {
      for (place, sample) in batch.samples.enumerated() {
        let row = rows[sample, default: 0]
        labels[row] = batch.labels[place]
        features.replaceSubrange(
          row * width..<(row + 1) * width,
          with: batch.features[place * width..<(place + 1) * width])
      }
    }
    self.labels = labels
    self.features = features
  }

  /// A row of features for each label.
  init(_ features: [Float], labels: [Int]) {
    precondition(!labels.isEmpty && features.count % labels.count == 0, "a row for each image")
    self.features = features
    self.labels = labels
    width = features.count / labels.count
  }

  /// All features, [N, F].
  func matrix() -> Matrix {
    let result = Matrix(count, width)
    for place in features.indices { result.values[place] = Double(features[place]) }
    return result
  }

  /// Gives a `SolvedHead` what it keeps of the features.
  func fill(_ model: Model) throws {
    guard let kind = model.headKind.kind as? any SolvedHead.Type else {
      preconditionFailure("a head that keeps no features")
    }
    let known = LabeledFeatures(features, labels: labels, classCount: model.classes.count)
    let values = kind.solution(known, model.headKind.values)
    for (name, values) in values.sorted(by: { $0.key < $1.key }) {
      guard let parameter = model.parameter(name), parameter.count == values.count else {
        throw GraftError(
          .failed, "head \(model.headKind) has no room for \(count) images in '\(name)'",
          help: "this is a bug in graft; please report it with the recipe")
      }
      parameter.setTorchValues(values)
    }
  }

  /// Hands the rows to `body` in batches, as features of this shape for one image, with their targets.
  func forEachBatch(
    of size: Int, _ shape: Shape, _ classCount: Int, _ body: (LabeledImages) throws -> Void
  ) throws {
    let memory = try Storage.reserve(size * width, for: "the features of \(size) images")
    let targets = try Storage.reserve(size * classCount, for: "the targets of \(size) images")
    for start in stride(from: 0, to: count, by: size) {
      let rows = start..<min(count, start + size)
      for (place, value) in features[rows.lowerBound * width..<rows.upperBound * width].enumerated()
      {
        memory.slice.pointer[place] = value
      }
      targets.slice.fill(0)
      for (place, row) in rows.enumerated() {
        targets.slice.pointer[place * classCount + labels[row]] = 1
      }
      try body(
        LabeledImages(
          images: memory.slice.part(0, count: rows.count * width),
          imageShape: shape.withBatch(rows.count), part: .rest,
          targets: targets.slice.part(0, count: rows.count * classCount), samples: Array(rows)))
    }
    withExtendedLifetime((memory, targets)) {}
  }
}
