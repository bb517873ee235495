import GraftBase
import GraftKernels

/// The arithmetic of one optimizer: how a gradient changes a weight and the memory kept for it.
///
/// Rules are element-wise, so a parameter can be cut into chunks anywhere; a `LayerwiseRule` has one number for
/// all of it besides. A new rule is one file, with
/// its loop by `UpdateOperands.forEachVector`, and one line in `Optimizers.all`.
package protocol OptimizerRule: Sendable {
  static var name: String { get }
  static var summary: String { get }
  static var arguments: [any AnyArgument] { get }
  /// The argument that `train momentum=` sets; nil where the optimizer has no momentum.
  static var momentumArgument: Argument<Double>? { get }

  init(_ values: ArgumentValues)

  /// Names of the slots kept for each parameter, in the order `update` gets them.
  var slotNames: [String] { get }
  func update(_ operands: UpdateOperands)
}

extension OptimizerRule {
  package static var momentumArgument: Argument<Double>? { nil }
}

/// A rule whose step of a parameter depends on the whole of it.
///
/// An update is two passes over the chunks: `remember` changes the memories and adds up what `scale` makes the
/// parameter's scale of, and `update` then changes the weights.
package protocol LayerwiseRule: OptimizerRule {
  func remember(_ operands: UpdateOperands) -> LayerNorms
  /// What the step of a parameter is multiplied by.
  func scale(_ norms: LayerNorms, decay: Double) -> Double
}

/// Sums of squares over a part of a parameter, or all of it.
package struct LayerNorms: Sendable {
  package var weightSquares = 0.0
  package var stepSquares = 0.0
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
  /// What a layerwise rule multiplies the parameter's step by.
  package var layerScale = 1.0
}

/// The optimizers by name.
package enum Optimizers {
  package static let all: [any OptimizerRule.Type] = [
    AdamWRule.self,
    StochasticGradientRule.self,
    NesterovRule.self,
    AdadeltaRule.self,
    AdamRule.self,
    RMSpropRule.self,
    AdagradRule.self,
    LionRule.self,
    LambRule.self,
  ]

  /// The type of the optimizer that `choice` names.
  package static func type(of choice: Choice) throws -> any OptimizerRule.Type {
    all[try choice.place(among: all.map { $0.name }, kind: "optimizer")]
  }

  /// The optimizer that `choice` names, with its arguments checked.
  package static func make(_ choice: Choice) throws -> any OptimizerRule {
    let type = try type(of: choice)
    return type.init(try choice.values(of: type.arguments))
  }
}
