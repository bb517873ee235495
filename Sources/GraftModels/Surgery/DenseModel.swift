import GraftBase
import GraftEngine

/// A classifier as a convolution: it scores every position of an image larger than its own input
/// in one pass (Sermanet et al., 2014), logits [N, h, w, classes] in the place of [N, classes].
///
/// The map of the encoder has h×w pixels at the model's own size. The first fully connected layer
/// becomes a convolution with that window and the same weights, later ones 1×1 convolutions, and
/// global or adaptive average pooling an average over that window at stride 1. All layers before
/// stay as they are and see the whole image. So the score at (i, j) is the model's output for the
/// square whose first pixel is (i, j) times `step`:
/// - exactly, up to rounding, if the layers before are not padded and do not look at the whole
///   image;
/// - otherwise except for what these layers see around the square: the image continues there, where
///   a crop ends in zeros; squeeze-and-excitation weighs the channels by the whole image.
///
/// Parameters are those of the model, except for the weights of the first fully connected layer,
/// which `takeWeights` copies. Dropout is left out: it is for evaluation.
package struct DenseModel {
  package let graph: Graph
  /// [1, side, side, C] as the model takes it; plans infer larger ones.
  package let image: Value
  /// [1, 1, 1, classes] at the model's own size.
  package let logits: Value
  /// Pixels of the image from one score to the next.
  package let step: Int
  /// The smallest width and height of an image that has a score, at most the model's own.
  package let window: Int

  private let conversions: [Conversion]

  /// Records the layers; until `takeWeights` the convolutions that were fully connected are zero.
  package init(_ model: Model) throws {
    guard model.task != .multiLabel else {
      throw GraftError(
        .usage, "dense scores are of one class per position, and the model predicts \(model.task)",
        help: "leave out dense=")
    }
    guard model.task == .classification else {
      throw GraftError(
        .usage, "\(model.spec.shortName) predicts one class per pixel for images of any size",
        help: "leave out dense=")
    }
    guard model.calibration.temperature == nil else {
      throw GraftError(
        .usage,
        "the temperature of the model was found for whole images, not for positions in them",
        help: "leave out dense=, or take it back: calibrate temperature=1")
    }
    guard model.calibration.decision == nil else {
      throw GraftError(
        .usage,
        "the threshold of the model was found for whole images, not for positions in them",
        help: "leave out dense=, or take it back: calibrate threshold=0.5")
    }
    let graph = Graph(precision: model.precision)
    image = graph.input("image", model.image.shape)
    var recorder = DenseRecorder(model, image: image)
    for node in model.graph.nodes(reaching: [model.logits.id]) { try recorder.record(node) }
    logits = try recorder.result(of: model.logits)
    self.graph = graph
    conversions = recorder.conversions
    (step, window) = try Self.grid(graph, image, logits, of: model)
  }

  /// Gives the convolutions that were fully connected the weights that these have now.
  package func takeWeights() {
    for conversion in conversions { conversion.run() }
  }

  /// The scores for images of so many pixels.
  package func shape(height: Int, width: Int, batch: Int = 1) throws -> Shape {
    let input: Shape = [batch, height, width, image.shape.channels]
    return try graph.shapes(forInputs: ["image": input], reaching: [logits.id])[logits.id]
  }

  /// Finds step and window from the sizes at which a second and a third score appear: sizes round
  /// down layer by layer, which equals one rounding of the whole.
  private static func grid(
    _ graph: Graph, _ image: Value, _ logits: Value, of model: Model
  ) throws -> (step: Int, window: Int) {
    let side = image.shape[1]
    func count(_ side: Int) -> Int {
      let input: Shape = [1, side, side, image.shape.channels]
      let shapes = try? graph.shapes(forInputs: ["image": input], reaching: [logits.id])
      return shapes?[logits.id][1] ?? 0
    }
    let larger = side + 1...side + mostStep
    guard count(side) == 1, let second = larger.first(where: { count($0) == 2 }),
      let third = (second...second + mostStep).first(where: { count($0) == 3 })
    else { throw refusal(model, "its maps do not grow with the image") }
    return (third - second, second - (third - second))
  }

  /// No network halves its images ten times.
  private static let mostStep = 1024

  fileprivate static func refusal(_ model: Model, _ why: String) -> GraftError {
    GraftError(
      .usage, "\(model.spec.shortName) cannot be applied at every position of an image: \(why)",
      help: "dense=yes takes networks that end in pooling or flattening and fully connected layers")
  }
}

/// A fully connected layer's weights on their way into a convolution's: torch has both in one
/// order, [O, C, h, w].
private struct Conversion {
  let source: Parameter
  let target: Parameter
  let window: FlattenedWindow

  func run() {
    let values = source.torchValues()
    target.setTorchValues(window.averaged == window.size ? values : spread(values))
  }

  /// Weights on averages, as weights on the averaged pixels: each pixel gets its share of
  /// every weight whose window it is in.
  private func spread(_ values: [Float]) -> [Float] {
    func ranges(_ size: Int, _ count: Int) -> [Range<Int>] {
      (0..<count).map { $0 * size / count..<(($0 + 1) * size + count - 1) / count }
    }
    let (size, averaged) = (window.size, window.averaged)
    let maps = values.count / (averaged.y * averaged.x)
    var result = [Float](repeating: 0, count: maps * size.y * size.x)
    for (i, rows) in ranges(size.y, averaged.y).enumerated() {
      for (j, columns) in ranges(size.x, averaged.x).enumerated() {
        let share = 1 / Float(rows.count * columns.count)
        for map in 0..<maps {
          let value = values[(map * averaged.y + i) * averaged.x + j] * share
          for row in rows {
            for column in columns { result[(map * size.y + row) * size.x + column] += value }
          }
        }
      }
    }
    return result
  }
}

/// The part of a map that is one vector, before a fully connected layer.
private struct FlattenedWindow {
  let size: Pair
  /// What it is averaged to before, by adaptive pooling.
  let averaged: Pair
}

/// Records a model's layers again, the classifier as convolutions.
private struct DenseRecorder {
  /// What became of a value.
  private struct Place {
    var value: Value
    var flattened: FlattenedWindow?
  }

  private(set) var conversions: [Conversion] = []
  private let model: Model
  private var places: [Int: Place]
  /// Values that are combined with maps later, such as gates of squeeze-and-excitation.
  private let beforeMaps: Set<Int>

  init(_ model: Model, image: Value) {
    self.model = model
    places = [model.image.id: Place(value: image)]
    var before: Set<Int> = []
    for node in model.graph.nodes(reaching: [model.logits.id]).reversed() {
      let isMap = model.graph.values[node.output].shape.pixels > 1
      // Adaptive pooling to some pixels is the classifier's, if what follows flattens them.
      let isAveraged = if case .averaging = node.op.denseForm { true } else { false }
      if before.contains(node.output) || isMap && !isAveraged {
        before.formUnion(node.inputs)
      }
    }
    beforeMaps = before
  }

  func result(of value: Value) throws -> Value {
    guard let place = places[value.id], place.flattened == nil, place.value.shape.rank == 4 else {
      throw refusal("it ends without a layer that could be a convolution")
    }
    return place.value
  }

  mutating func record(_ node: Node) throws {
    let inputs = node.inputs.compactMap { places[$0] }
    guard let first = inputs.first, inputs.count == node.inputs.count else {
      throw refusal("\(node.path) depends on more than the image")
    }
    if case .refused(let why) = node.op.denseForm { throw refusal(why) }
    places[node.output] =
      beforeMaps.contains(node.output)
      ? Place(value: try again(node, inputs)) : try classifier(node, first, inputs)
  }

  /// The operation as it is.
  private func again(_ node: Node, _ inputs: [Place]) throws -> Value {
    guard inputs.allSatisfy({ $0.flattened == nil }) else {
      throw refusal("\(node.path), \(node.op.name), stands between flattening and a layer")
    }
    return try inputs[0].value.graph.record(
      node.op, inputs.map(\.value), parameters: node.parameters, path: node.path)
  }

  /// What comes after the last map.
  private mutating func classifier(_ node: Node, _ input: Place, _ inputs: [Place]) throws -> Place
  {
    let shape = model.graph.values[node.inputs[0]].shape
    let window = shape.rank == 4 ? Pair(shape[1], shape[2]) : 1
    switch node.op.denseForm {
    case .nothing: return input
    case .pooling(let pool):
      return Place(
        value: try input.value.graph.record(pool(window), [input.value], path: node.path))
    case .averaging(let size):
      return Place(value: input.value, flattened: FlattenedWindow(size: window, averaged: size))
    case .flattening:
      if input.flattened != nil || window == 1 { return input }
      return Place(
        value: input.value, flattened: FlattenedWindow(size: window, averaged: window))
    case .elementwise:
      guard let flattened = input.flattened, flattened.averaged == flattened.size else { break }
      let value = try input.value.graph.record(node.op, [input.value], path: node.path)
      return Place(value: value, flattened: flattened)
    case .connecting(let outputs, let convolution):
      guard let flattened = input.flattened else { break }
      let value = try connected(
        convolution, outputs: outputs, flattened, node, input.value)
      return Place(value: value)
    case .same, .refused: break
    }
    return Place(value: try again(node, inputs))
  }

  /// The fully connected layer as a convolution with the window that it sees.
  private mutating func connected(
    _ makeConvolution: (Pair) -> any Op, outputs: Int, _ window: FlattenedWindow, _ node: Node,
    _ map: Value
  ) throws -> Value {
    let size = window.size
    guard size.y * size.x <= 256 else {
      throw refusal("a window of \(size) pixels is more than the 256 a convolution takes")
    }
    let channels = map.shape.channels
    guard let weight = node.parameters.first,
      weight.count == outputs * channels * window.averaged.y * window.averaged.x
    else { throw refusal("\(node.path) has no weight for each pixel of \(size)") }
    let own = Parameter(
      name: weight.name, role: weight.role, layout: .convolution,
      torchShape: [outputs, channels, size.y, size.x])
    conversions.append(Conversion(source: weight, target: own, window: window))
    return try map.graph.record(
      makeConvolution(size), [map], parameters: [own] + node.parameters.dropFirst(),
      path: node.path)
  }

  private func refusal(_ why: String) -> GraftError { DenseModel.refusal(model, why) }
}
