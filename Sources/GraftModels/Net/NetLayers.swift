import GraftEngine

/// The registry of layers that formulas may name.
package enum NetLayers {
  package static let all: [NetLayer] =
    [
      .conv, .depthwise, .pool, .gap, .flatten, .fc, .bn, .dropout, .local, .deform,
      .lrn, .layerNorm, .groupNorm, .instanceNorm, .dropBlock, .dropPath, .prelu,
      .plain("l2norm", "each pixel's channels, or a vector, divided by their length", L2NormOp()),
    ] + NetLayer.activations

  package static func named(_ name: String) -> NetLayer? { all.first { $0.name == name } }
}
