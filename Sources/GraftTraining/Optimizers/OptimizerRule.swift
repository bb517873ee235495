import GraftBase
import GraftKernels

/// The arithmetic of one optimizer: how a gradient changes a weight and the memory kept for it.
///
/// Rules are element-wise, so a parameter can be cut into chunks anywhere.
package protocol OptimizerRule: Sendable {
  static var name: String { get }
  static var summary: String { get }
  static var arguments: [any AnyArgument] { get }

  init(_ values: ArgumentValues)

  /// Names of the slots kept for each parameter, in the order `update` gets them.
  var slotNames: [String] { get }
  func update(_ operands: UpdateOperands)
}

/// The operands of one update: equally long parts of a parameter and of all that belongs to it.
package struct UpdateOperands {
  package let weight: Slice
  package let gradient: Slice
  package let slots: [Slice]
  /// The absolute rate of this update.
  package let rate: Double
  package let decay: Double
  /// The schedule's momentum; nil leaves the rule's own.
  package let momentum: Double?
  /// The factor of gradient clipping.
  package let gradientScale: Double
  /// How many updates this parameter has had, this one included.
  package let updateCount: Int
}

/// The optimizers by name.
package enum Optimizers {
  package static let all: [any OptimizerRule.Type] = [
    AdamWRule.self,
    StochasticGradientRule.self,
    AdadeltaRule.self,
  ]

  /// The optimizer that `choice` names, with its options checked.
  package static func make(_ choice: Choice) throws -> any OptimizerRule {
    let type = all[try choice.place(among: all.map { $0.name }, kind: "optimizer")]
    return type.init(try choice.values(of: type.arguments))
  }
}
