import GraftBase
import GraftEngine

extension WeightFile {
  /// The weights of an ONNX file whose names are not torch's, given to the layers of an encoder
  /// with its own head in the order of computation; nil where kinds or shapes do not agree.
  ///
  /// A norm that was folded into its convolution comes back as one of mean 0 and variance 1, which
  /// computes the same in evaluation.
  func matchedByOrder(_ spec: EncoderSpec) -> WeightFile? {
    guard !layers.isEmpty, let nodes = spec.layerNodes() else { return nil }
    var tensors: [SafetensorsTensor] = []
    var next = layers.startIndex
    var foldedBias: SafetensorsTensor?
    var foldedCount = 0
    for (node, isHead) in nodes {
      let parameters = node.parameters
      let norm = node.op.folding.norm
      if let norm, let bias = foldedBias {
        let count = bias.elementCount
        guard bias.shape == parameters[0].torchShape.dimensions else { return nil }
        tensors += [
          .constant(norm.neutralScale, count, parameters[0].name), bias.named(parameters[1].name),
          .constant(0, count, parameters[2].name), .constant(1, count, parameters[3].name),
        ]
        foldedBias = nil
        foldedCount += 1
        continue
      }
      guard foldedBias == nil, let layer = layers[checked: next] else { return nil }
      next += 1
      guard (norm != nil) == (layer.type == "BatchNormalization") else { return nil }
      guard layer.tensors.count >= parameters.count else { return nil }
      for (parameter, tensor) in zip(parameters, layer.tensors) {
        let tensor = layer.isTransposed && tensor.shape.count == 2 ? tensor.transposed() : tensor
        guard let tensor, isHead || tensor.fits(parameter.torchShape.dimensions) else { return nil }
        tensors.append(tensor.named(parameter.name))
      }
      if layer.tensors.count > parameters.count { foldedBias = layer.tensors[parameters.count] }
    }
    guard foldedBias == nil, next == layers.endIndex else { return nil }
    let notes = [
      "names are not torch's: \(next) layers were matched by their order and shapes"
    ]
    let folded = [
      "\(foldedCount) norms were folded into convolutions and are taken as mean 0, variance 1: "
        + "correct while norms stay frozen"
    ]
    return replacing(tensors, adding: notes + (foldedCount > 0 ? folded : []))
  }
}

extension EncoderSpec {
  /// The nodes with parameters, of the encoder and then of its own head; no memory is taken for
  /// values.
  fileprivate func layerNodes() -> [(node: Node, isHead: Bool)]? {
    let scope = Scope(ModelState())
    let graph = Graph()
    let image = graph.input("image", [1, input.side, input.side, input.channels])
    let encoder = makeEncoder(scope, input.channels)
    let head = makeOwnHead(scope, ownClassCount)
    do {
      let map = try encoder(image)
      _ = try head(map)
      return graph.nodes.filter { !$0.parameters.isEmpty }
        .map { (node: $0, isHead: $0.output > map.id) }
    } catch {
      return nil
    }
  }
}

extension SafetensorsTensor {
  fileprivate func named(_ name: String) -> SafetensorsTensor {
    SafetensorsTensor(name: ByteString(name), type: type, shape: shape, bytes: bytes)
  }

  fileprivate static func constant(_ value: Float, _ count: Int, _ name: String)
    -> SafetensorsTensor
  {
    SafetensorsTensor(
      name: ByteString(name), shape: [count], floats: [Float](repeating: value, count: count))
  }

  fileprivate func fits(_ shape: [Int]) -> Bool {
    self.shape == shape || (elementCount == shape.reduce(1, *) && self.shape.first == shape.first)
  }

  /// [I, O] as [O, I]; nil for values that are no floating-point numbers.
  fileprivate func transposed() -> SafetensorsTensor? {
    guard let values = try? floats() else { return nil }
    let (rows, columns) = (shape[0], shape[1])
    var result = [Float](repeating: 0, count: values.count)
    for row in 0..<rows {
      for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
    }
    return SafetensorsTensor(name: name, shape: [columns, rows], floats: result)
  }
}
