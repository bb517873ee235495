import GraftKernels

/// Each pixel's channels, or a vector, divided by their Euclidean length, any shape [..., C]:
/// y = x / max(|x|, 10⁻¹²), torch's `F.normalize` (Liu et al., 2015, for maps; Wang et al., 2017, for features).
package struct L2NormOp: Op {
  package static let name = "L2 norm"
  package static var examples: [OpExample] {
    [OpExample(L2NormOp(), inputs: [[2, 3, 4, 5]]), OpExample(L2NormOp(), inputs: [[3, 70]])]
  }

  /// Shorter vectors are divided by this.
  private static let least = 1e-12

  package init() {}

  package var worksInPlace: Bool { true }
  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { 2 * output.elementCount }

  package func forward(_ c: ForwardContext) {
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, chunks) { chunk, _, c, chunks in
      let channels = c.outputShape.channels
      for pixel in chunks.pixels(chunk) {
        let x = c.inputs[0].pointer + pixel * channels
        let y = c.output.pointer + pixel * channels
        let factor = 1 / max(Self.dot(x, x, channels).squareRoot(), Self.least)
        for place in 0..<channels { y[place] = Float(Double(x[place]) * factor) }
      }
    }
  }

  /// dx = (dy - y · (y · dy)) / |x|: what would change the length is taken out.
  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, slot, chunks) { chunk, _, c, slot, chunks in
      let channels = c.outputShape.channels
      for pixel in chunks.pixels(chunk) {
        let x = c.inputs[0].pointer + pixel * channels
        let dy = c.outputGradient.pointer + pixel * channels
        let square = Self.dot(x, x, channels)
        let factor = 1 / max(square.squareRoot(), Self.least)
        // Below the least length the divisor is a constant.
        let share = factor < 1 / Self.least ? Self.dot(x, dy, channels) / square : 0
        for place in 0..<channels {
          let gradient = (Double(dy[place]) - Double(x[place]) * share) * factor
          slot.set(pixel * channels + place, Float(gradient))
        }
      }
    }
  }

  private static func dot(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int
  ) -> Double {
    (0..<count).reduce(0) { $0 + Double(a[$1]) * Double(b[$1]) }
  }
}

extension L2NormOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let length = c.add("ReduceL2", nil, [("axes", .integers([1])), ("keepdims", .integer(1))])
    let divisor = c.add("Max", [length, c.add(number: Float(Self.least), "least")])
    return c.add("Div", [c.inputs[0], divisor])
  }
}
