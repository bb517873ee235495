import GraftBase
import GraftKernels

/// A loss of an image's pixels that follows from a few sums over them, of which `SegmentationLossOp`
/// makes an operation.
package protocol PixelLoss: Loss {
  /// Adds the loss of an image to `loss`, and its derivatives by the sums to `sums`.
  func add(to loss: inout Double, of sums: PixelSums)
}

extension PixelLoss {
  package var task: PredictionTask { .segmentation }

  package func makeOp(classWeights: [Float]?) -> any Op {
    SegmentationLossOp(self, classWeights: classWeights)
  }
}

/// Sums over the pixels of an image whose label is known, and the derivatives of its loss by them.
package struct PixelSums {
  private let sums: UnsafePointer<Double>
  /// See `SegmentationLossOp.factorCount`; nil in inference, without a backward pass.
  private let factors: UnsafeMutablePointer<Float>?
  package let classCount: Int

  fileprivate init(
    _ sums: UnsafePointer<Double>, _ factors: UnsafeMutablePointer<Float>?, classCount: Int
  ) {
    self.sums = sums
    self.factors = factors
    self.classCount = classCount
  }

  /// Cross-entropy, each pixel by the weight of its class.
  package var crossEntropy: Double { sums[0] }
  /// The weights.
  package var weight: Double { sums[1] }
  /// Probabilities of the class where it is right.
  package func shared(_ place: Int) -> Double { sums[2 + 3 * place] }
  /// Probabilities of the class, everywhere.
  package func predicted(_ place: Int) -> Double { sums[3 + 3 * place] }
  /// Pixels of the class.
  package func truth(_ place: Int) -> Double { sums[4 + 3 * place] }

  package func setSlope(ofCrossEntropy slope: Double) { factors?[0] = Float(slope) }

  package func setSlopes(ofShared shared: Double, ofPredicted predicted: Double, _ place: Int) {
    factors?[1 + 2 * place] = Float(shared)
    factors?[2 + 2 * place] = Float(predicted)
  }
}

/// The loss of each image of pixels against a map of labels:
/// logits [N, H, W, C], labels [N, H, W] -> losses [N].
///
/// A label is a class's number as a float; 255, or any other number that is not a class, is
/// ignored. An image without labels has the loss 0. Labels have no gradient.
package struct SegmentationLossOp: Op {
  /// A byte numbers the classes.
  package static let mostClasses = 255

  package static let name = "segmentation loss"
  package static var examples: [OpExample] {
    func example(_ loss: any PixelLoss, _ logits: Shape, _ weights: [Float]?) -> OpExample {
      OpExample(
        SegmentationLossOp(loss, classWeights: weights),
        inputs: [logits, Shape(logits.dimensions.dropLast())], differentiable: [true, false],
        targets: .labels)
    }
    return Losses.all.compactMap { $0 as? any PixelLoss }.flatMap { loss in
      [
        example(loss, [2, 3, 4, 2], nil), example(loss, [1, 4, 3, 3], [0.5, 2, 1]),
        example(loss, [2, 17, 2, 2], [1, 3]),
      ]
    }
  }

  package let loss: any PixelLoss
  /// A weight of each class in the cross-entropy; nil counts all alike.
  package let classWeights: [Float]?

  package init(_ loss: any PixelLoss, classWeights: [Float]? = nil) {
    self.loss = loss
    self.classWeights = classWeights
  }

  package var details: String { loss.name }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 4, inputs[1].dimensions == Array(inputs[0].dimensions.dropLast()),
      (2...Self.mostClasses).contains(inputs[0].channels),
      classWeights.map({ $0.count == inputs[0].channels }) ?? true
    else {
      throw GraftError(
        .failed,
        "a segmentation loss takes logits [N, H, W, C] of 2 to 255 classes and labels [N, H, W], "
          + "not \(inputs[0]) and \(inputs[1])")
    }
    return [inputs[0].batch]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0, 1]) }

  /// An image's factor of the cross-entropy, then two of each class: see `PixelSums`.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    output.batch * Self.factorCount(inputs[0])
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    // Sums are doubles; backward takes less, its factors.
    let blocks = Blocks(request.inputs[0])
    return 2 * blocks.count * blocks.sumCount
  }

  package func forward(_ c: ForwardContext) {
    let blocks = Blocks(c.inputShapes[0])
    let sums = c.workspace.values(of: Double.self)
    c.pool.forEach(
      blocks.count, lending: c, blocks, sums, classWeights
    ) { block, _, c, blocks, sums, weights in
      let pixels = blocks.pixels(block)
      graft_dense_loss_sums(
        c.inputs[0].pointer + pixels.lowerBound * blocks.classes,
        c.inputs[1].pointer + pixels.lowerBound, weights, pixels.count, Int32(blocks.classes),
        sums.pointer + block * blocks.sumCount)
    }
    for image in 0..<c.outputShape.batch { close(image, blocks, sums.pointer, c) }
  }

  /// Adds up the blocks of an image in their order: its loss, and what backward needs of it.
  private func close(
    _ image: Int, _ blocks: Blocks, _ sums: UnsafeMutablePointer<Double>, _ c: ForwardContext
  ) {
    let total = sums + image * blocks.perImage * blocks.sumCount
    for block in 1..<max(1, blocks.perImage) {
      for entry in 0..<blocks.sumCount { total[entry] += total[block * blocks.sumCount + entry] }
    }
    let count = Self.factorCount(c.inputShapes[0])
    // In inference there is no backward pass, and no memory for the factors.
    let factors = c.auxiliary.count > 0 ? c.auxiliary.pointer + image * count : nil
    factors?.update(repeating: 0, count: count)
    var result = 0.0
    loss.add(
      to: &result, of: PixelSums(UnsafePointer(total), factors, classCount: blocks.classes))
    c.output.pointer[image] = Float(result)
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let blocks = Blocks(c.inputShapes[0])
    let count = Self.factorCount(c.inputShapes[0])
    for image in 0..<c.outputShape.batch {
      graft_scale(
        c.auxiliary.pointer + image * count, c.outputGradient.pointer[image], count, 0,
        c.workspace.pointer + image * count)
    }
    c.pool.forEach(
      blocks.count, lending: c, slot, blocks, count, classWeights
    ) { block, _, c, slot, blocks, count, weights in
      let pixels = blocks.pixels(block)
      let factors = c.workspace.pointer + block / blocks.perImage * count
      graft_dense_loss_gradient(
        c.inputs[0].pointer + pixels.lowerBound * blocks.classes,
        c.inputs[1].pointer + pixels.lowerBound, weights, pixels.count, Int32(blocks.classes),
        factors[0], factors + 1, slot.flag,
        slot.slice.pointer + pixels.lowerBound * blocks.classes)
    }
  }

  private static func factorCount(_ logits: Shape) -> Int { 1 + 2 * logits.channels }

  /// A fixed cut of each image into runs of rows: the tasks and the partial sums.
  private struct Blocks {
    let classes, perImage, count: Int
    private let height, width, rowsPerBlock: Int

    init(_ logits: Shape) {
      classes = logits.channels
      height = logits[1]
      width = logits[2]
      rowsPerBlock = (height + 15) / 16
      perImage = (height + rowsPerBlock - 1) / rowsPerBlock
      count = logits.batch * perImage
    }

    var sumCount: Int { 2 + 3 * classes }

    func pixels(_ block: Int) -> Range<Int> {
      let (image, part) = (block / perImage, block % perImage)
      let first = image * height + part * rowsPerBlock
      let last = image * height + min(height, (part + 1) * rowsPerBlock)
      return first * width..<last * width
    }
  }
}
