import GraftBase
import GraftKernels

/// The numbers that products of activations and weights are computed with.
///
/// Parameters, activations, sums and everything else are float32 in both. In `bf16`, convolutions and
/// linear layers whose shape benefits round their two factors to bfloat16 (8 bits of mantissa) and
/// sum their exact products in float32. What is rounded where is a function of shapes: results have the
/// same bits on every processor, with AMX or without.
package enum Precision: String, Codable, WordChoice {
  case fp32, bf16

  /// Whether this processor multiplies such numbers faster than float32.
  package var pays: Bool { self == .bf16 && graft_has_amx() != 0 }
}

/// An op that is a matrix product in essence, and can be computed in more than one precision.
package protocol ProductOp: Op {
  /// The same op in another precision.
  func computed(in precision: Precision) -> Self
  /// What forward rounds its factors to, for inputs of these shapes.
  func forwardPrecision(inputs: [Shape]) -> Precision
}

extension Graph {
  /// The part of the multiply-adds on the way to `outputs` whose factors are bfloat16, 0 to 1.
  package func bf16Share(reaching outputs: [Value]) -> Double {
    var sums: [Precision: Int] = [:]
    for node in nodes(reaching: outputs.map(\.id)) {
      let inputs = node.inputs.map { values[$0].shape }
      let precision = (node.op as? any ProductOp)?.forwardPrecision(inputs: inputs) ?? .fp32
      sums[precision, default: 0] += node.op.multiplyAdds(
        inputs: inputs, output: values[node.output].shape)
    }
    return Double(sums[.bf16] ?? 0) / Double(max(1, sums.values.reduce(0, +)))
  }
}
