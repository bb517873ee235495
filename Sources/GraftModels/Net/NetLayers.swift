import GraftEngine

/// The registry of layers that formulas may name.
package enum NetLayers {
  package static let all: [NetLayer] = [
    .conv, .depthwise, .pool, .gap, .flatten, .fc,
    .plain("relu", "max(x, 0)", ActivationOp(.relu)),
    .plain("relu6", "max(x, 0), at most 6", ActivationOp(.relu6)),
    .bn, .dropout,
  ]

  package static func named(_ name: String) -> NetLayer? { all.first { $0.name == name } }
}
