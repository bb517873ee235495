import GraftBase
import GraftEngine
import GraftKernels

/// Runs raw tensors through a model, for checking it against other frameworks.
package struct TensorRun {
  package let model: Model
  /// Batch statistics and dropout as in training; the model's running statistics stay as they are.
  package let isTraining: Bool
  /// Whether gradients of the mean loss by all parameters are computed.
  package let hasGradients: Bool
  /// Of what is dropped in training.
  package let seed: UInt64

  /// Whether training draws what is dropped; else dropout and drop paths let everything pass.
  package let drops: Bool

  package init(
    _ model: Model, isTraining: Bool, hasGradients: Bool, seed: UInt64, drops: Bool = true
  ) {
    self.model = model
    self.isTraining = isTraining
    self.hasGradients = hasGradients
    self.seed = seed
    self.drops = drops
  }

  /// `input` [N, C, H, W] and `target`, class numbers [N] or soft labels [N, classes], in;
  /// `logits`, `features`, and with a target `loss` and `grad.NAME` out, all in torch's layouts.
  package func outputs(for file: SafetensorsFile, pool: ThreadPool) throws -> SafetensorsFile {
    let input = try input(file)
    let batch = input.shape[0]
    let shapes = try model.graph.shapes(
      forInputs: ["image": input.shape], reaching: [model.logits.id, model.features.id])
    let targetShape = labelShape(forLogits: shapes[model.logits.id])
    let target = try file["target"].map { try labels($0, targetShape) }
    guard target != nil || !hasGradients else {
      throw GraftError(
        .input, "gradients need a tensor `target`, and the file has none",
        help: "add the classes' numbers, I64 [\(batch)], or leave out gradients=yes")
    }
    let parameters = hasGradients ? model.parameters.filter(\.canTrain) : []
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits, model.features],
      loss: target == nil ? nil : model.losses,
      inputShapes: ["image": input.shape, "target": targetShape],
      configuration: PlanConfiguration(
        trainable: Set(parameters.map(\.name)),
        trainingNodes: isTraining
          ? Set(model.graph.nodes.filter { drops || !$0.op.isRandom }.map(\.index)) : []),
      pool: pool)
    plan.input("image").copy(input.values)
    if let target { plan.input("target").copy(target) }
    let statistics = model.parameters.filter { !$0.canTrain }.map { ($0, $0.torchValues()) }
    plan.forward(random: RandomAddress(seed: seed))
    var tensors = [("logits" as ByteString, model.logits), ("features", model.features)].map {
      name, value in
      tensor(name, shapes[value.id], Array(plan.value(value).buffer))
    }
    if target != nil {
      let losses = plan.value(model.losses).buffer
      let mean = losses.reduce(0.0) { $0 + Double($1) } / Double(max(1, losses.count))
      tensors.append(SafetensorsTensor(name: "loss", shape: [], floats: [Float(mean)]))
    }
    if hasGradients { plan.backward() }
    for parameter in parameters {
      guard let gradient = plan.gradient(of: parameter) else { continue }
      tensors.append(
        SafetensorsTensor(
          name: ByteString("grad.\(parameter.name)"), shape: parameter.torchShape.dimensions,
          floats: parameter.torchValues(of: gradient)))
    }
    for (parameter, values) in statistics where isTraining { parameter.setTorchValues(values) }
    return SafetensorsFile(metadata: ["format": "pt"], tensors: tensors)
  }

  /// `logits` [N, classes, h, w] of the model at every position of `input` [N, C, H, W].
  ///
  /// - Parameter stride: pixels from one position to the next; nil is the network's step.
  package func denseOutputs(
    for file: SafetensorsFile, stride: Int?, pool: ThreadPool
  ) throws -> SafetensorsFile {
    let input = try input(file)
    let images = try Storage.reserve(
      input.values.count, for: "a batch of \(input.shape[0]) images")
    images.slice.copy(input.values)
    let scores = try DenseScorer(model, stride: stride, pool: pool)
      .score(images.slice, input.shape)
    return SafetensorsFile(
      metadata: ["format": "pt"], tensors: [tensor("logits", scores.shape, scores.values)])
  }

  /// The images in the engine's layout.
  private func input(_ file: SafetensorsFile) throws -> (shape: Shape, values: [Float]) {
    guard let tensor = file["input"] else {
      let names = file.tensors.prefix(8).map(\.name.description).joined(separator: ", ")
      throw GraftError(
        .input, "the file has no tensor `input`", help: "it has: \(names.isEmpty ? "none" : names)")
    }
    let s = tensor.shape
    let channels = model.input.channels
    guard s.count == 4, s[0] >= 1, s[1] == channels, s[2] >= 1, s[3] >= 1 else {
      throw GraftError(
        .input, "`input` is \(Shape(s)); \(model.spec.shortName) takes [N, \(channels), H, W]",
        help: "images as torch has them, channels before rows")
    }
    let shape: Shape = [s[0], s[2], s[3], s[1]]
    return (shape, Layouts.pixels(try tensor.floats(), torch: Shape(s)))
  }

  /// Soft labels have the shape of the logits; a map has one number per pixel.
  private func labelShape(forLogits logits: Shape) -> Shape {
    model.target.shape.rank == logits.rank ? logits : Shape(Array(logits.dimensions.dropLast()))
  }

  /// Soft labels in the engine's layout, or the numbers of a map.
  private func labels(_ tensor: SafetensorsTensor, _ shape: Shape) throws -> [Float] {
    if shape.rank == 3, tensor.shape == shape.dimensions, let numbers = try? tensor.integers() {
      return numbers.map { Float($0) }
    }
    let classes = shape.channels
    let torch = shape.rank == 4 ? [shape[0], shape[3], shape[1], shape[2]] : shape.dimensions
    if tensor.shape == torch, let floats = try? tensor.floats() {
      return shape.rank == 4 ? Layouts.pixels(floats, torch: Shape(torch)) : floats
    }
    guard tensor.shape == Array(shape.dimensions.dropLast()), let numbers = try? tensor.integers()
    else {
      throw GraftError(
        .input,
        "`target` is \(tensor.type.rawValue) \(Shape(tensor.shape)), which encodes no labels",
        help: "class numbers are I64 \(Shape(Array(shape.dimensions.dropLast()))), soft labels F32 "
          + "\(Shape(torch))")
    }
    guard let wrong = numbers.first(where: { !(0..<Int64(classes)).contains($0) }) else {
      var labels = [Float](repeating: 0, count: shape.elementCount)
      for (place, number) in numbers.enumerated() { labels[place * classes + Int(number)] = 1 }
      return labels
    }
    throw GraftError(.input, "`target` holds \(wrong); the model has \(classes) classes from 0")
  }

  private func tensor(_ name: ByteString, _ s: Shape, _ values: [Float]) -> SafetensorsTensor {
    guard s.rank == 4 else {
      return SafetensorsTensor(name: name, shape: s.dimensions, floats: values)
    }
    let torch: Shape = [s[0], s[3], s[1], s[2]]
    return SafetensorsTensor(
      name: name, shape: torch.dimensions, floats: Layouts.torch(values, torch: torch))
  }
}

/// Images between torch's [N, C, H, W] and the engine's [N, H, W, C].
package enum Layouts {
  /// Values in the engine's order.
  package static func pixels(_ values: [Float], torch s: Shape) -> [Float] {
    reordered(values, s) { result, torch, own in result[own] = values[torch] }
  }

  /// Values in torch's order.
  package static func torch(_ values: [Float], torch s: Shape) -> [Float] {
    reordered(values, s) { result, torch, own in result[torch] = values[own] }
  }

  private static func reordered(
    _ values: [Float], _ s: Shape, _ body: (inout [Float], _ torch: Int, _ own: Int) -> Void
  ) -> [Float] {
    var result = values
    let area = s[2] * s[3]
    for image in 0..<s[0] {
      for channel in 0..<s[1] {
        for pixel in 0..<area {
          body(
            &result, (image * s[1] + channel) * area + pixel,
            (image * area + pixel) * s[1] + channel)
        }
      }
    }
    return result
  }
}

extension Slice {
  fileprivate func copy(_ values: [Float]) {
    precondition(values.count == count, "values that do not fill an input")
    values.withUnsafeBufferPointer { from in
      if let base = from.baseAddress { pointer.update(from: base, count: count) }
    }
  }
}
