import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// The network that an explanation is about: a model, or a classifier that scores every position of a
/// larger image.
package struct ExplainedNetwork {
  package let graph: Graph
  /// [1, side, side, C], normalized.
  package let image: Value
  /// [N, classes], or [N, h, w, classes] of segmentation and dense scoring.
  package let logits: Value
  /// The encoder's last feature map, [N, h, w, C], before it is pooled or flattened.
  package let featureMap: Value
  /// Of the square images that it is asked about, in pixels.
  package let side: Int
  /// The last layer of each layer group, of the encoder's the last one with a map.
  private let groups: [(name: String, path: String)]

  /// `side` asks for images of another size, of a model that takes them; nil for its own.
  package init(_ model: Model, side: Int? = nil) {
    graph = model.graph
    image = model.image
    logits = model.logits
    featureMap = Self.lastMap(of: model.graph, reaching: model.featureMap)
    self.side = side ?? model.input.side
    groups = Self.groups(of: model)
  }

  /// The classifier at every position of images of `side` pixels, its weights those that the model has now.
  package init(_ dense: DenseModel, of model: Model, side: Int) {
    dense.takeWeights()
    graph = dense.graph
    image = dense.image
    logits = dense.logits
    let map = Self.lastMap(of: model.graph, reaching: model.featureMap)
    let last = model.graph.nodes.first { $0.output == map.id }?.path
    // The same layers come before the head, under the same paths.
    let node = dense.graph.nodes.last { $0.path == last }
    featureMap = node.map(dense.graph.output) ?? dense.image
    self.side = side
    groups = Self.groups(of: model)
  }

  private static func groups(of model: Model) -> [(name: String, path: String)] {
    let reached = model.graph.nodes(reaching: [model.logits.id])
    return model.groups.compactMap { group in
      let indices = Set(group.nodes)
      let nodes = reached.filter { indices.contains($0.index) }
      let last = nodes.last {
        model.graph.values[$0.output].shape.rank == 4 && !$0.op.window.seesEverything
      }
      let node = group.name == "head" ? nodes.last : last ?? nodes.last
      return node.map { (group.name, $0.path) }
    }
  }

  /// The last value with more than one place on the way to `value`; that itself where there is none.
  private static func lastMap(of graph: Graph, reaching value: Value) -> Value {
    let node = graph.nodes(reaching: [value.id]).last { node in
      let shape = graph.values[node.output].shape
      return shape.rank == 4 && shape[1] * shape[2] > 1
    }
    return node.map(graph.output) ?? value
  }

  /// Values of one image.
  package var imageCount: Int { side * side * image.shape.channels }

  /// The last value that the layer or layer group `name` computes on the way to the logits; `head` is the logits.
  package func value(ofLayer name: String) throws -> Value {
    if name == "head" { return logits }
    let reached = graph.nodes(reaching: [logits.id])
    let path = groups.first { $0.name == name }?.path ?? name
    guard let node = reached.last(where: { ByteString($0.path).isCovered(by: path) }) else {
      let near = NearestName.of(name, among: layerNames)
      throw GraftError(
        .usage, "the model has no layer '\(name.escapingControlCharacters)'",
        help: near.map { "did you mean '\($0)'?" } ?? "`summary` lists its layers")
    }
    return graph.output(of: node)
  }

  /// The layer groups of the encoder.
  package var groupNames: [String] { groups.map(\.name).filter { $0 != "head" } }

  /// What `value(ofLayer:)` takes: layer groups, the paths of layers, and what these are in.
  package var layerNames: [String] {
    var names = groups.map(\.name)
    var known = Set(names)
    for node in graph.nodes(reaching: [logits.id]) {
      let parts = node.path.split(separator: ".")
      for count in 1...max(1, parts.count) {
        let name = parts.prefix(count).joined(separator: ".")
        if known.insert(name).inserted { names.append(name) }
      }
    }
    return names
  }

  /// The shape of a value for so many images.
  package func shape(of value: Value, images: Int) throws -> Shape {
    try graph.shapes(
      forInputs: ["image": [images, side, side, image.shape.channels]], reaching: [value.id]
    )[value.id]
  }
}

/// The score that an explanation explains: a logit of one class, or its mean over positions.
package struct ScoreFocus: Sendable {
  package let classIndex: Int
  /// The share of each position [h·w] of the logits in the score; [1] for one label per image.
  package let shares: [Float]

  /// The logit of a class where there is one per image; elsewhere its mean over the positions where it is
  /// predicted, or over all where it is nowhere.
  package init(on classIndex: Int, logits: [Float], classCount: Int) {
    self.classIndex = classIndex
    let positions = logits.count / classCount
    let predicted = (0..<positions).filter { position in
      let row = logits[(position * classCount)..<((position + 1) * classCount)]
      return row.firstIndex(of: row.max() ?? 0) == row.startIndex + classIndex
    }
    let counted = positions == 1 || predicted.isEmpty ? Array(0..<positions) : predicted
    var shares = [Float](repeating: 0, count: positions)
    for position in counted { shares[position] = 1 / Float(counted.count) }
    self.shares = shares
  }
}

/// Asks a network for scores of images, and for what they depend on.
///
/// Images are [side, side, C], normalized, row-major. Not thread-safe.
package final class ScoreProbe {
  package let network: ExplainedNetwork
  package let classCount: Int
  private let pool: ThreadPool
  private var plan: (images: Int, plan: Plan)?
  /// The last one, since the same is asked of one image after the other.
  private var kept: (key: InterpreterKey, interpreter: Interpreter)?
  /// Images that are computed at once without an arena that is shared; their values take 256 MB.
  private let gradientBatch: Int

  package init(_ network: ExplainedNetwork, pool: ThreadPool) throws {
    self.network = network
    self.pool = pool
    classCount = network.logits.shape.channels
    let input: Shape = [1, network.side, network.side, network.image.shape.channels]
    let shapes = try network.graph.shapes(
      forInputs: ["image": input], reaching: [network.logits.id])
    let values = network.graph.nodes(reaching: [network.logits.id]).reduce(0) {
      $0 + shapes[$1.output].elementCount
    }
    gradientBatch = max(1, min(16, (64 << 20) / max(1, values)))
  }

  /// Logits of images one after the other, [classes] or [h, w, classes] each.
  package func logits(of images: [Float]) throws -> [Float] {
    var result: [Float] = []
    try forEachBatch(of: images, atMost: max(1, min(32, 8 * gradientBatch))) { batch, count in
      let plan = try plan(for: count)
      plan.input("image").buffer.take(batch)
      plan.forward()
      result += plan.value(network.logits).buffer
    }
    try Self.requireFinite(result)
    return result
  }

  /// The score of each image.
  package func scores(of images: [Float], _ focus: ScoreFocus) throws -> [Double] {
    let logits = try logits(of: images)
    let perImage = focus.shares.count * classCount
    return stride(from: 0, to: logits.count, by: perImage).map { start in
      var score = 0.0
      for (position, share) in focus.shares.enumerated() where share > 0 {
        let logit = logits[start + position * classCount + focus.classIndex]
        score += Double(share) * Double(logit)
      }
      return score
    }
  }

  /// What the score's gradients are at a value, for images one after the other.
  package struct Gradients {
    /// Of the value, laid out like it for one image.
    package let shape: Shape
    package fileprivate(set) var values: [Float] = []
    package fileprivate(set) var gradients: [Float] = []
  }

  /// The gradients of each image's score at `value`: the image's own pixels, or a layer.
  package func gradients(
    of images: [Float], at value: Value, _ focus: ScoreFocus, rule: RectifierRule = .gradient
  ) throws -> Gradients {
    var result = Gradients(shape: try network.shape(of: value, images: 1))
    try forEachBatch(of: images, atMost: gradientBatch) { batch, count in
      let interpreter = try interpreter(
        for: count, reaching: network.logits, differentiating: value, rule: rule)
      interpreter.input("image").buffer.take(batch)
      interpreter.forward()
      interpreter.backward(from: seed(focus, images: count))
      guard let gradient = interpreter.gradient(of: value) else {
        throw GraftError(
          .usage, "the score does not depend on that layer",
          help: "choose a layer between the image and the head")
      }
      result.values += interpreter.value(value).buffer
      result.gradients += gradient.buffer
    }
    try Self.requireFinite(result.values, result.gradients)
    return result
  }

  /// The gradient at one image's pixels of the sum of a layer's values times `seed`.
  package func gradient(
    of image: [Float], at layer: Value, seed: [Float], rule: RectifierRule = .gradient
  ) throws -> (values: [Float], gradient: [Float]) {
    let interpreter = try interpreter(
      for: 1, reaching: layer, differentiating: network.image, rule: rule)
    interpreter.input("image").buffer.take(image[...])
    interpreter.forward()
    interpreter.backward(from: seed)
    let found = interpreter.gradient(of: network.image).map { Array($0.buffer) }
    let gradient = found ?? [Float](repeating: 0, count: network.imageCount)
    let values = Array(interpreter.value(layer).buffer)
    try Self.requireFinite(values, gradient)
    return (values, gradient)
  }

  /// The values of a layer for one image.
  package func values(of image: [Float], at layer: Value) throws -> [Float] {
    let interpreter = try interpreter(
      for: 1, reaching: layer, differentiating: nil, rule: .gradient)
    interpreter.input("image").buffer.take(image[...])
    interpreter.forward()
    let values = Array(interpreter.value(layer).buffer)
    try Self.requireFinite(values)
    return values
  }

  /// Numbers that are not cannot be drawn, and say nothing.
  private static func requireFinite(_ values: [Float]...) throws {
    guard !values.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return }
    throw GraftError(
      .failed, "the network's values or gradients are not finite, and explain nothing",
      help: "load other weights, or train again with a lower learning rate")
  }

  private struct InterpreterKey: Hashable {
    let images: Int
    let output: Int
    let differentiated: Int?
    let rule: RectifierRule
  }

  private func interpreter(
    for images: Int, reaching output: Value, differentiating value: Value?, rule: RectifierRule
  ) throws -> Interpreter {
    let key = InterpreterKey(
      images: images, output: output.id, differentiated: value?.id, rule: rule)
    if let kept, kept.key == key { return kept.interpreter }
    kept = nil
    let made = try Interpreter(
      graph: network.graph, outputs: [output], loss: output,
      inputShapes: ["image": [images, network.side, network.side, network.image.shape.channels]],
      differentiating: value.map { [$0] } ?? [], rule: rule, pool: pool)
    kept = (key, made)
    return made
  }

  /// The share of each logit of so many images in the sum of their scores.
  private func seed(_ focus: ScoreFocus, images: Int) -> [Float] {
    var one = [Float](repeating: 0, count: focus.shares.count * classCount)
    for (position, share) in focus.shares.enumerated() {
      one[position * classCount + focus.classIndex] = share
    }
    return (0..<images).flatMap { _ in one }
  }

  private func forEachBatch(
    of images: [Float], atMost most: Int, _ body: (ArraySlice<Float>, _ count: Int) throws -> Void
  ) throws {
    let one = network.imageCount
    precondition(images.count % one == 0, "whole images")
    for start in stride(from: 0, to: images.count, by: most * one) {
      let end = min(start + most * one, images.count)
      try body(images[start..<end], (end - start) / one)
    }
  }

  private func plan(for images: Int) throws -> Plan {
    if let plan, plan.images == images { return plan.plan }
    plan = nil
    let made = try Plan(
      graph: network.graph, outputs: [network.logits],
      inputShapes: ["image": [images, network.side, network.side, network.image.shape.channels]],
      pool: pool)
    plan = (images, made)
    return made
  }
}

extension UnsafeMutableBufferPointer where Element == Float {
  /// Copies values, of which there are as many.
  fileprivate func take(_ values: ArraySlice<Float>) {
    precondition(count == values.count, "a buffer for these values")
    _ = update(fromContentsOf: values)
  }
}
