import GraftBase

extension ExchangeContext {
  /// A value of so many channels that goes with the channels of the first input.
  mutating func addChannels(_ name: String, count: Int) -> String {
    let shape = inputShapes[0].rank == 4 ? [1, count, 1, 1] : [1, count]
    return add("Reshape", [name, add(integers: shape, "shape")])
  }

  /// What `body` makes of the first input with channels last, brought back to channels first.
  mutating func withChannelsLast(_ body: (inout Self, String) -> String) -> String {
    guard inputShapes[0].rank == 4 else { return body(&self, inputs[0]) }
    let last = add("Transpose", [inputs[0]], [("perm", .integers([0, 2, 3, 1]))])
    return add("Transpose", [body(&self, last)], [("perm", .integers([0, 3, 1, 2]))])
  }
}

extension LinearOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    guard c.inputShapes[0].rank == 4 else {
      return c.add("Gemm", nil, [("transB", .integer(1))])
    }
    let axes = c.add(integers: [2, 3], "axes")
    let weight = c.add("Unsqueeze", [c.parameters[0], axes])
    return c.add("Conv", [c.inputs[0], weight] + c.parameters.dropFirst())
  }
}

extension MultiplyOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    guard c.inputShapes[1].rank < c.inputShapes[0].rank else { return c.add("Mul") }
    let gate = c.add("Unsqueeze", [c.inputs[1], c.add(integers: [2, 3], "axes")])
    return c.add("Mul", [c.inputs[0], gate])
  }
}

extension ChannelScaleOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let factors = c.addChannels(c.parameters[0], count: c.outputShape.channels)
    return c.add("Mul", [c.inputs[0], factors])
  }
}

extension ChannelAffineOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let factors = c.addChannels(c.parameters[0], count: c.outputShape.channels)
    let shifts = c.addChannels(c.parameters[1], count: c.outputShape.channels)
    return c.add("Add", [c.add("Mul", [c.inputs[0], factors]), shifts])
  }
}

extension SelectChannelsOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let chosen = c.add(integers: places.map(Int.init), "places")
    return c.add("Gather", [c.inputs[0], chosen], [("axis", .integer(1))])
  }
}

extension ChannelSliceOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let operands = [
      c.add(integers: [channels.lowerBound], "starts"),
      c.add(integers: [channels.upperBound], "ends"), c.add(integers: [1], "axes"),
    ]
    return c.add("Slice", c.inputs + operands)
  }
}

extension ChannelShuffleOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let sides = Array(c.outputShape.dimensions.dropFirst().dropLast())
    let width = c.outputShape.channels / groups
    // 0 keeps the number of images.
    let dealt = c.add(
      "Reshape", c.inputs + [c.add(integers: [0, groups, width] + sides, "groups")])
    let axes = [0, 2, 1] + sides.indices.map { 3 + $0 }
    let turned = c.add("Transpose", [dealt], [("perm", .integers(axes))])
    let shape = c.add(integers: [0, groups * width] + sides, "joined")
    return c.add("Reshape", [turned, shape])
  }
}

extension LayerNormOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.withChannelsLast { c, x in
      c.add(
        "LayerNormalization", [x] + c.parameters,
        [("axis", .integer(-1)), ("epsilon", .number(epsilon))])
    }
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

extension PadOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let names: [Mode: String] = [.zero: "constant", .reflect: "reflect", .replicate: "edge"]
    guard let name = names[mode] else {
      throw GraftError(
        .failed, "\(c.path): padding from the other side cannot be exported to ONNX's opset 17",
        help: "pad with zeros, or save as safetensors for torch")
    }
    let sides = sides(for: c.inputShapes[0])
    let pads = c.add(
      integers: [0, 0, sides.top, sides.left, 0, 0, sides.bottom, sides.right], "pads")
    return c.add("Pad", [c.inputs[0], pads], [("mode", .text(name))])
  }
}

extension L2PoolOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add(
      "LpPool", nil,
      [
        ("p", .integer(2)), ("kernel_shape", .integers([kernel.y, kernel.x])),
        ("strides", .integers([stride.y, stride.x])),
      ])
  }
}
