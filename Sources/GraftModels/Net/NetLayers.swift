import GraftEngine

/// The registry of layers that formulas may name.
package enum NetLayers {
  package static let all: [NetLayer] =
    [
      .conv, .depthwise, .pool, .gap, .flatten, .fc, .bn, .dropout, .local, .deform,
      .lrn, .layerNorm, .groupNorm, .instanceNorm, .dropBlock,
      .channelDropout, .dropPath, .prelu,
    ] + NetLayer.activations

  package static func named(_ name: String) -> NetLayer? { all.first { $0.name == name } }
}
