import GraftBase
import GraftEngine
import GraftImaging
import GraftKernels
import GraftModels

/// Labels single images by what a run's model predicts at every position.
struct DensePredictor {
  private let model: Model
  private let dense: DenseScoring

  init(_ choice: DenseChoice, _ run: TrainingRun, pool: ThreadPool) throws {
    model = run.model
    dense = try DenseScoring(choice, run.model, pool: pool)
  }

  /// Images are prepared as it says.
  var preprocessing: ImageInput { dense.preprocessing }

  /// The `top` classes of a prepared image by the mean of the softmax over all positions, and the image with the best
  /// one's probability at each position drawn over it.
  func predict(
    _ image: Image, top: Int, drawing: Bool
  ) throws -> (labels: [Predictor.Label], image: Image?) {
    let shape: Shape = [1, dense.side, dense.side, preprocessing.channels]
    let storage = try Storage.reserve(
      shape.elementCount, for: "an image of \(dense.side)×\(dense.side) pixels")
    preprocessing.write(image, into: storage.slice.buffer)
    let scores = try dense.scorer.score(storage.slice, shape)
    let means = scores.meanProbabilities(ofImage: 0)
    try model.requireFinite(means.allSatisfy(\.isFinite))
    let labels = Predictor.labels(means.map(Double.init), model.classes, top: top)
    guard drawing, let best = means.indices.max(by: { means[$0] < means[$1] }) else {
      return (labels, nil)
    }
    let all = scores.probabilities(ofImage: 0)
    let map = HeatMap(
      stride(from: best, to: all.count, by: model.classes.count).map { all[$0] },
      columns: scores.shape[2], first: Double(dense.scorer.model.window) / 2,
      step: Double(dense.scorer.stride))
    return (labels, map.drawn(over: image))
  }
}
