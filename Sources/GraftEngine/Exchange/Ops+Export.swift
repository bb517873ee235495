import GraftBase

// The ops of the first encoders; a new op says `export` in its own file.

extension ConvolutionOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    precondition(foldedEpsilon == nil && !addsResidual && activation == .linear, "an op of a plan")
    return c.add(
      "Conv", nil,
      [
        ("kernel_shape", .integers([kernel.y, kernel.x])),
        ("strides", .integers([stride.y, stride.x])),
        ("pads", .integers([padding.y, padding.x, padding.y, padding.x])),
        ("dilations", .integers([dilation.y, dilation.x])), ("group", .integer(groups)),
      ])
  }
}

extension BatchNormOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    precondition(!addsResidual && activation == .linear, "an op of a plan")
    return c.add("BatchNormalization", nil, [("epsilon", .number(epsilon))])
  }
}

extension AddOp {
  package func export(_ c: inout ExchangeContext) throws -> String { c.add("Add") }
}

extension ConcatOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add("Concat", nil, [("axis", .integer(1))])
  }
}

extension FlattenOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add("Flatten", nil, [("axis", .integer(1))])
  }
}

extension GlobalAveragePoolOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let pooled = c.add("GlobalAveragePool")
    if keepsPixel { return pooled }
    return c.add("Flatten", [pooled], [("axis", .integer(1))])
  }
}

extension PoolOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    // What rounding up adds is told as padding, which is the same for a maximum and leaves nothing to
    // the rules of a runtime.
    func end(_ axis: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
      let reach = (c.outputShape[axis] - 1) * stride + kernel
      return max(padding, reach - c.inputShapes[0][axis] - padding)
    }
    let bottom = end(1, kernel.y, stride.y, padding.y)
    let right = end(2, kernel.x, stride.x, padding.x)
    // Without padding there is nothing to count but what rounding up adds, which never counts.
    let counts = countsPadding && padding != 0
    guard kind == .max || !counts || (bottom == padding.y && right == padding.x) else {
      throw GraftError(
        .failed, "\(c.path): average pooling that rounds up a size cannot be exported to ONNX",
        help: "choose a size= of the encoder that the windows fit")
    }
    let attributes: [(String, ExchangeGraph.Attribute)] = [
      ("kernel_shape", .integers([kernel.y, kernel.x])),
      ("strides", .integers([stride.y, stride.x])),
      ("pads", .integers([padding.y, padding.x, bottom, right])),
    ]
    return kind == .max
      ? c.add("MaxPool", nil, attributes)
      : c.add(
        "AveragePool", nil, attributes + [("count_include_pad", .integer(counts ? 1 : 0))])
  }
}

extension PaddingShortcutOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let channels = c.inputShapes[0].channels
    let front = (outputChannels - channels) / 2
    let operands = [
      c.add(integers: [0, 0], "starts"), c.add(integers: [Int(Int32.max), Int(Int32.max)], "ends"),
      c.add(integers: [2, 3], "axes"), c.add(integers: [stride, stride], "steps"),
    ]
    let thinned = c.add("Slice", c.inputs + operands)
    let back = outputChannels - channels - front
    return c.add("Pad", [thinned, c.add(integers: [0, front, 0, 0, 0, back, 0, 0], "pads")])
  }
}

extension DropoutOp {
  package func export(_ c: inout ExchangeContext) throws -> String { c.inputs[0] }
}

extension DropBlockOp {
  package func export(_ c: inout ExchangeContext) throws -> String { c.inputs[0] }
}
