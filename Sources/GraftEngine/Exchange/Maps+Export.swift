extension TransposedConvolutionOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add(
      "ConvTranspose", nil,
      [
        ("kernel_shape", .integers([kernel.y, kernel.x])),
        ("strides", .integers([stride.y, stride.x])),
        ("pads", .integers([padding.y, padding.x, padding.y, padding.x])),
        ("output_padding", .integers([outputPadding.y, outputPadding.x])),
        ("dilations", .integers([dilation.y, dilation.x])), ("group", .integer(groups)),
      ])
  }
}

extension UpsampleOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let rules: [Interpolation: (mode: String, places: String)] = [
      .nearest: ("nearest", "asymmetric"), .bilinear: ("linear", "pytorch_half_pixel"),
      .bilinearCorners: ("linear", "align_corners"),
    ]
    let rule = rules[interpolation] ?? ("nearest", "asymmetric")
    // The sizes are told, since factors that are rounded could miss them by a pixel.
    let bounds = [
      c.add(integers: [0], "start"), c.add(integers: [2], "end"), c.add(integers: [0], "axis"),
    ]
    let front = c.add("Slice", [c.add("Shape", [c.inputs[0]])] + bounds)
    let sides = c.add(integers: [c.outputShape[1], c.outputShape[2]], "sides")
    let sizes = c.add("Concat", [front, sides], [("axis", .integer(0))])
    return c.add(
      "Resize", [c.inputs[0], "", "", sizes],
      [
        ("mode", .text(rule.mode)), ("coordinate_transformation_mode", .text(rule.places)),
        ("nearest_mode", .text("floor")),
      ])
  }
}

extension CenterCropOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let (size, room) = (c.outputShape, c.inputShapes[0])
    let (top, left) = ((room[1] - size[1]) / 2, (room[2] - size[2]) / 2)
    let operands = [
      c.add(integers: [top, left], "starts"),
      c.add(integers: [top + size[1], left + size[2]], "ends"), c.add(integers: [2, 3], "axes"),
    ]
    return c.add("Slice", [c.inputs[0]] + operands)
  }
}

extension SubsampleOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let x = c.inputShapes[0]
    let operands = [
      c.add(integers: [offset, offset], "starts"), c.add(integers: [x[1], x[2]], "ends"),
      c.add(integers: [2, 3], "axes"), c.add(integers: [stride, stride], "steps"),
    ]
    let thinned = c.add("Slice", c.inputs + operands)
    func missing(_ axis: Int) -> Int {
      c.outputShape[axis] - max(0, x[axis] - offset + stride - 1) / stride
    }
    guard missing(1) + missing(2) > 0 else { return thinned }
    let pads = c.add(integers: [0, 0, 0, 0, 0, 0, missing(1), missing(2)], "pads")
    return c.add("Pad", [thinned, pads])
  }
}
