import GraftBase
import GraftKernels

/// Normalization over the pixels and the channels of a group of one image: [N, H, W, C] (Wu and He, 2018).
///
/// With as many groups as channels it is instance normalization (Ulyanov, 2016).
/// Parameters: scale and shift, each [C], if it is affine.
package struct GroupNormOp: Op {
  package static let name = "group norm"
  package static var examples: [OpExample] {
    [
      OpExample(GroupNormOp(groups: 2), inputs: [[2, 3, 4, 6]], parameters: [[6], [6]]),
      OpExample(GroupNormOp(groups: 1), inputs: [[3, 3, 3, 5]], parameters: [[5], [5]]),
      OpExample(GroupNormOp(groups: 7), inputs: [[2, 4, 5, 7]], parameters: [[7], [7]]),
      OpExample(GroupNormOp(groups: 3, isAffine: false), inputs: [[2, 4, 3, 9]]),
    ]
  }

  package let groups: Int
  package let epsilon: Float
  package let isAffine: Bool

  package init(groups: Int, epsilon: Float = 1e-5, isAffine: Bool = true) {
    precondition(groups > 0, "a norm of no groups")
    self.groups = groups
    self.epsilon = epsilon
    self.isAffine = isAffine
  }

  package var details: String { "\(groups) groups" }

  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 4 else {
      throw GraftError(.failed, "a group norm takes [N, H, W, C], not \(inputs[0])")
    }
    guard inputs[0].channels % groups == 0 else {
      throw GraftError(.failed, "\(groups) groups do not divide the channels of \(inputs[0])")
    }
    return inputs[0]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  /// Each image's rows of [C].
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    output.batch * NormMemory.rowCount(output.channels)
  }

  /// Each image's record, and its rows where they are not kept.
  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    let channels = request.output.channels
    let record = 2 * (1 + 3 * channels)
    return request.output.batch * (record + NormMemory.rowCount(channels))
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { 2 * output.elementCount }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: self, c) { image, _, op, c in
      let (pixels, channels) = (c.outputShape.pixels, c.outputShape.channels)
      let at = image * pixels * channels
      let memory = op.memory(image, c.auxiliary, c.workspace, c.outputShape)
      let record = memory.emptyRecord(0)
      graft_norm_sums(c.inputs[0].pointer + at, 0, pixels, Int32(channels), record)
      graft_norm_merge(record, 1, Int32(channels))
      op.fillRows(memory, record, pixels: pixels, c.parameters)
      withUnsafePointer(to: memory.kernel(.linear)) { norm in
        graft_norm_apply(
          norm, c.inputs[0].pointer + at, pixels, Int32(channels), c.output.pointer + at)
      }
    }
  }

  /// Each group's mean and variance from those of its channels.
  private func fillRows(
    _ memory: NormMemory, _ record: UnsafeMutablePointer<Double>, pixels: Int,
    _ parameters: [Slice]
  ) {
    let channels = memory.channels
    let width = channels / groups
    let (means, squares) = (record + 1, record + 1 + 2 * channels)
    for first in stride(from: 0, to: channels, by: width) {
      let group = first..<first + width
      let mean = group.reduce(0) { $0 + means[$1] } / Double(width)
      let square = group.reduce(0.0) { sum, channel in
        let distance = means[channel] - mean
        return sum + squares[channel] + Double(pixels) * distance * distance
      }
      let variance = square / Double(pixels * width)
      let inverse = Float(1 / (variance + Double(epsilon)).squareRoot())
      for channel in group {
        memory.mean[channel] = Float(mean)
        memory.inverse[channel] = inverse
        memory.scale[channel] = (isAffine ? parameters[0].pointer[channel] : 1) * inverse
        memory.offset[channel] =
          (isAffine ? parameters[1].pointer[channel] : 0) - Float(mean) * memory.scale[channel]
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: self, c) { image, _, op, c in
      let (pixels, channels) = (c.outputShape.pixels, c.outputShape.channels)
      let at = image * pixels * channels
      let (x, dy) = (c.inputs[0].pointer + at, c.outputGradient.pointer + at)
      let memory = op.memory(image, c.auxiliary, c.workspace, c.outputShape)
      let sums = memory.emptyRecord(0)
      withUnsafePointer(to: memory.kernel(.linear)) { norm in
        graft_norm_gradient_sums(norm, x, dy, pixels, Int32(channels), sums)
        guard let slot = c.inputGradients[0] else { return }
        op.fillGradientRows(memory, sums, pixels: pixels)
        graft_norm_data_gradient(
          norm, x, dy, pixels, Int32(channels), slot.flag, slot.slice.pointer + at)
      }
    }
    for (place, slot) in c.parameterGradients.enumerated() {
      guard let slot else { continue }
      for channel in 0..<c.outputShape.channels {
        var sum = 0.0
        for image in 0..<c.outputShape.batch {
          let sums = memory(image, c.auxiliary, c.workspace, c.outputShape).record(0)
          sum += sums[(1 - place) * c.outputShape.channels + channel]
        }
        slot.set(channel, Float(sum))
      }
    }
  }

  /// dx = scale/deviation · dy - the group's means of g = scale · dy and of xhat · g, as a·dy + b·x + c.
  private func fillGradientRows(
    _ memory: NormMemory, _ sums: UnsafeMutablePointer<Double>, pixels: Int
  ) {
    let channels = memory.channels
    let width = channels / groups
    for first in stride(from: 0, to: channels, by: width) {
      let group = first..<first + width
      let inverse = Double(memory.inverse[first])
      let count = Double(pixels * width)
      // scale holds the parameter times 1 / deviation, which the sums have to pass as well.
      let sum = group.reduce(0.0) { $0 + Double(memory.scale[$1]) * sums[$1] } / count
      let product =
        group.reduce(0.0) { $0 + Double(memory.scale[$1]) * sums[channels + $1] } / count * inverse
      for channel in group {
        memory.product[channel] = Float(-product)
        memory.constant[channel] = Float(product * Double(memory.mean[channel]) - sum)
      }
    }
  }

  private func memory(
    _ image: Int, _ auxiliary: Slice, _ workspace: Slice, _ shape: Shape
  ) -> NormMemory {
    let rowCount = NormMemory.rowCount(shape.channels)
    let recordCount = 2 * (1 + 3 * shape.channels)
    let rows =
      auxiliary.count > 0
      ? auxiliary.part(image * rowCount, count: rowCount)
      : workspace.part(shape.batch * recordCount + image * rowCount, count: rowCount)
    return NormMemory(
      rows: rows, records: workspace.part(image * recordCount, count: recordCount),
      channels: shape.channels)
  }
}

extension GroupNormOp {
  /// As instances: the pixels of a group's channels are one channel each.
  package func export(_ c: inout ExchangeContext) throws -> String {
    let shape = c.outputShape
    let grouped = c.add("Reshape", c.inputs + [c.add(integers: [0, groups, -1], "groups")])
    let unit = [
      c.add(floats: [Float](repeating: 1, count: groups), "ones"),
      c.add(floats: [Float](repeating: 0, count: groups), "zeros"),
    ]
    let normal = c.add(
      "InstanceNormalization", [grouped] + unit, [("epsilon", .number(epsilon))])
    let back = c.add(integers: [0, shape.channels, shape[1], shape[2]], "joined")
    let result = c.add("Reshape", [normal, back])
    guard isAffine else { return result }
    let factors = c.addChannels(c.parameters[0], count: shape.channels)
    let shifts = c.addChannels(c.parameters[1], count: shape.channels)
    return c.add("Add", [c.add("Mul", [result, factors]), shifts])
  }
}
