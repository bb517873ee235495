import GraftBase
import GraftKernels

/// Local response normalization across neighboring channels (Krizhevsky et al., 2012):
/// y = x / (k + alpha/size · Σ x²)^beta over `size` channels, any shape [..., C].
///
/// As in torch, alpha is divided by the size, and of an even size the larger part lies below.
package struct LocalResponseNormOp: Op {
  package static let name = "local response norm"
  package static var examples: [OpExample] {
    [
      OpExample(
        LocalResponseNormOp(size: 5, alpha: 2, beta: 0.75, k: 1), inputs: [[2, 3, 2, 7]]),
      OpExample(LocalResponseNormOp(size: 4, alpha: 1, beta: 0.6, k: 2), inputs: [[3, 2, 2, 3]]),
    ]
  }

  package let size: Int
  package let alpha: Float
  package let beta: Float
  package let k: Float

  package init(size: Int, alpha: Float = 1e-4, beta: Float = 0.75, k: Float = 1) {
    precondition(size > 0, "a window without channels")
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.k = k
  }

  package var details: String { "\(size)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int { output.elementCount }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    request.backward == nil ? 0 : request.threads * 2 * request.output.channels
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { output.elementCount * size }

  package func forward(_ c: ForwardContext) {
    lend(kernel(c.outputShape)) { shape in
      c.pool.forEachRange(
        of: c.outputShape.elementCount / c.outputShape.channels, step: 64, lending: c, shape
      ) { pixels, _, c, shape in
        let at = pixels.lowerBound * c.outputShape.channels
        let y = c.output.pointer + at
        graft_local_response_apply(
          shape.pointer, c.inputs[0].pointer + at, pixels.count,
          c.auxiliary.count > 0 ? c.auxiliary.pointer + at : y, y)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    lend(kernel(c.outputShape)) { shape in
      c.pool.forEachRange(
        of: c.outputShape.elementCount / c.outputShape.channels, step: 64, lending: c, slot, shape
      ) { pixels, worker, c, slot, shape in
        let channels = c.outputShape.channels
        let at = pixels.lowerBound * channels
        graft_local_response_gradient(
          shape.pointer, c.inputs[0].pointer + at, c.auxiliary.pointer + at,
          c.outputGradient.pointer + at, pixels.count, slot.flag, slot.slice.pointer + at,
          c.workspace.pointer + worker * 2 * channels)
      }
    }
  }

  private func kernel(_ shape: Shape) -> graft_local_response {
    graft_local_response(
      channels: Int32(shape.channels), size: Int32(size), rate: alpha / Float(size), beta: beta,
      k: k)
  }
}

extension LocalResponseNormOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    guard size % 2 == 1 else {
      throw GraftError(
        .failed, "\(c.path): ONNX centers a window of \(size) channels differently",
        help: "export networks whose local response norms have an odd size")
    }
    return c.add(
      "LRN", nil,
      [
        ("alpha", .number(alpha)), ("beta", .number(beta)), ("bias", .number(k)),
        ("size", .integer(size)),
      ])
  }
}
