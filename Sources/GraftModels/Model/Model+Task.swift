import GraftBase
import GraftEngine

extension PredictionTask {
  /// The shape of the targets of a batch with these logits: soft labels, or one label per pixel.
  package func targetShape(forLogits logits: Shape) -> Shape {
    switch self {
    case .classification, .multiLabel: logits
    case .segmentation: Shape(logits.dimensions.dropLast())
    }
  }
}

extension Model {
  /// Widths and heights must be multiples of this for all maps to fit into each other; 1 where the
  /// encoder takes any size.
  package var stride: Int {
    let maps = graph.nodes(reaching: [logits.id]).map { graph.values[$0.output].shape }
      .filter { $0.rank == 4 }
    let height = image.shape[1]
    let factors = maps.filter { $0[1] < height }.map { height / $0[1] }
    let isExact = maps.allSatisfy { $0[1] <= height && height % $0[1] == 0 }
    return isExact ? factors.max() ?? 1 : 1
  }

  /// The factor by which the deepest map is smaller than the image, as a power of two.
  var halvings: Int {
    let heights = graph.nodes(reaching: [logits.id]).map { graph.values[$0.output].shape }
      .filter { $0.rank == 4 }.map { $0[1] }
    var factor = 1
    while 2 * factor * (heights.min() ?? 1) <= image.shape[1] { factor *= 2 }
    return factor
  }

  /// The shape of the logits for images of this shape.
  package func logitsShape(forImages shape: Shape) throws -> Shape {
    try graph.shapes(forInputs: ["image": shape], reaching: [logits.id])[logits.id]
  }
}
