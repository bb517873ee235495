import GraftBase
import GraftKernels

/// The cosine between features and the direction of each class, [N, I] with weights [I, O] and a
/// scale [1] -> [N, O]: y = scale · x·w / (|x| |w|) (Gidaris and Komodakis, 2018).
///
/// Lengths below 10⁻¹² count as that, as in torch's `F.normalize`.
package struct CosineSimilarityOp: Op {
  package static let name = "cosine similarity"
  package static var examples: [OpExample] {
    [
      OpExample(
        CosineSimilarityOp(outputCount: 5), inputs: [[3, 7]], parameters: [[7, 5], [1]]),
      OpExample(
        CosineSimilarityOp(outputCount: 33), inputs: [[2, 20]], parameters: [[20, 33], [1]]),
    ]
  }

  private static let least: Float = 1e-12

  package let outputCount: Int

  package init(outputCount: Int) { self.outputCount = outputCount }

  package var details: String { "\(outputCount)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 2 else {
      throw GraftError(
        .failed, "cosine similarity takes [N, features], not \(inputs[0])", help: "pool or flatten")
    }
    return [inputs[0].batch, outputCount]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    output.elementCount * inputs[0].channels
  }

  /// The reciprocal length of each class's weights, then the cosines.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    outputCount + output.elementCount
  }

  /// 1 over lengths for forward.
  ///
  /// For backward of each image 1 over its length, the gradients of its cosines, and their sum by the
  /// cosines; of each class that sum.
  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    let batch = request.output.batch
    return request.backward == nil
      ? outputCount : 2 * batch + batch * outputCount + outputCount
  }

  package func forward(_ c: ForwardContext) {
    let (features, classes) = (c.inputShapes[0].channels, outputCount)
    let inverse = c.workspace.pointer
    let w = c.parameters[0].pointer
    for o in 0..<classes { inverse[o] = 0 }
    for i in 0..<features {
      for o in 0..<classes { inverse[o] += w[i * classes + o] * w[i * classes + o] }
    }
    for o in 0..<classes { inverse[o] = 1 / max(inverse[o].squareRoot(), Self.least) }
    // In inference there is no backward pass.
    let keeps = c.auxiliary.count > 0
    if keeps { c.auxiliary.part(0, count: classes).copy(from: c.workspace.part(0, count: classes)) }
    c.pool.forEach(
      c.outputShape.batch, lending: c, features, classes, keeps
    ) { image, _, c, features, classes, keeps in
      let x = c.inputs[0].pointer + image * features
      let y = c.output.pointer + image * classes
      let w = c.parameters[0].pointer
      for o in 0..<classes { y[o] = 0 }
      for i in 0..<features {
        for o in 0..<classes { y[o] += x[i] * w[i * classes + o] }
      }
      let inverse = Self.inverseLength(x, features)
      for o in 0..<classes {
        let cosine = y[o] * inverse * c.workspace.pointer[o]
        if keeps { c.auxiliary.pointer[classes + image * classes + o] = cosine }
        y[o] = c.parameters[1].pointer[0] * cosine
      }
    }
  }

  private static func inverseLength(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var sum: Float = 0
    for i in 0..<count { sum += x[i] * x[i] }
    return 1 / max(sum.squareRoot(), least)
  }

  package func backward(_ c: BackwardContext) {
    let (batch, classes) = (c.outputShape.batch, outputCount)
    let parts = Parts(c.workspace, batch: batch, classes: classes)
    let cosines = c.auxiliary.pointer + classes
    let features = c.inputShapes[0].channels
    var scaleGradient: Float = 0
    for o in 0..<classes { parts.byClass.pointer[o] = 0 }
    for image in 0..<batch {
      parts.inverse.pointer[image] = Self.inverseLength(
        c.inputs[0].pointer + image * features, features)
      parts.byImage.pointer[image] = 0
      for place in image * classes..<(image + 1) * classes {
        let dy = c.outputGradient.pointer[place]
        scaleGradient += dy * cosines[place]
        let gradient = dy * c.parameters[1].pointer[0]
        parts.gradients.pointer[place] = gradient
        parts.byImage.pointer[image] += gradient * cosines[place]
        parts.byClass.pointer[place - image * classes] += gradient * cosines[place]
      }
    }
    if let slot = c.parameterGradients[1] {
      slot.slice.pointer[0] = (slot.accumulates ? slot.slice.pointer[0] : 0) + scaleGradient
    }
    if let slot = c.inputGradients[0] { inputGradient(slot, parts, c) }
    if let slot = c.parameterGradients[0] { weightGradient(slot, parts, c) }
  }

  /// dx = (Σ g · w / |w| - x / |x| · Σ g · cos) / |x|.
  private func inputGradient(_ slot: GradientSlot, _ parts: Parts, _ c: BackwardContext) {
    c.pool.forEach(
      c.outputShape.batch, lending: c, slot, parts, outputCount
    ) { image, _, c, slot, parts, classes in
      let features = c.inputShapes[0].channels
      let gradients = parts.gradients.pointer + image * classes
      let inverse = parts.inverse.pointer[image]
      for i in 0..<features {
        let place = image * features + i
        var sum = -c.inputs[0].pointer[place] * inverse * parts.byImage.pointer[image]
        for o in 0..<classes {
          sum += gradients[o] * c.parameters[0].pointer[i * classes + o] * c.auxiliary.pointer[o]
        }
        slot.slice.pointer[place] =
          (slot.accumulates ? slot.slice.pointer[place] : 0) + sum * inverse
      }
    }
  }

  /// dw = (Σ g · x / |x| - w / |w| · Σ g · cos) / |w|, over the images.
  private func weightGradient(_ slot: GradientSlot, _ parts: Parts, _ c: BackwardContext) {
    c.pool.forEach(
      c.inputShapes[0].channels, lending: c, slot, parts, outputCount
    ) { feature, _, c, slot, parts, classes in
      let features = c.inputShapes[0].channels
      let inverse = c.auxiliary.pointer
      for o in 0..<classes {
        let place = feature * classes + o
        var sum = -c.parameters[0].pointer[place] * inverse[o] * parts.byClass.pointer[o]
        for image in 0..<c.outputShape.batch {
          let x = c.inputs[0].pointer[image * features + feature] * parts.inverse.pointer[image]
          sum += parts.gradients.pointer[image * classes + o] * x
        }
        slot.slice.pointer[place] =
          (slot.accumulates ? slot.slice.pointer[place] : 0) + sum * inverse[o]
      }
    }
  }

  /// What backward computes once.
  private struct Parts {
    let inverse, byImage, gradients, byClass: Slice

    init(_ workspace: Slice, batch: Int, classes: Int) {
      inverse = workspace.part(0, count: batch)
      byImage = workspace.part(batch, count: batch)
      gradients = workspace.part(2 * batch, count: batch * classes)
      byClass = workspace.part(2 * batch + batch * classes, count: classes)
    }
  }
}
