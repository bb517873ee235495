import GraftBase

/// Blurs with a Gaussian: the true one, mirrored at the border, or Pillow's three box blurs.
package struct GaussianBlur: Transform, Equatable {
  package static let name = "blur"
  package static let summary = "blur with a Gaussian"
  private static let sigma = Argument(
    "sigma", .range(0.01...50), default: 0.1...2, "standard deviation in pixels")
  private static let kernel = Argument(
    "kernel", .word, default: BlurKernel.gaussian, "the true Gaussian, or Pillow's three box blurs")
  package static let arguments: [any AnyArgument] = [sigma, kernel]
  package static let examples = ["blur", "blur(1)", "blur(0.1..2, p=0.5)", "blur(2, kernel=box)"]
  package static let synonyms = ["gaussianblur", "gaussblur", "smooth"]

  let sigma: ClosedRange<Double>
  let kernel: BlurKernel

  package init(_ arguments: ArgumentValues) {
    sigma = arguments[Self.sigma]
    kernel = arguments[Self.kernel]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Double { random.uniform(sigma) }

  package func edits(_ parameters: Double, size: ImageSize) -> [Edit] {
    [.repaint("blur") { $0.blurred(sigma: parameters, kernel: kernel) }]
  }

  package func describe(_ parameters: Double) -> String {
    "σ " + parameters.signedText()
  }
}
