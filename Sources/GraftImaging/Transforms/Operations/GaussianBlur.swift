import GraftBase

/// Blurs with a Gaussian: the true one, mirrored at the border, or Pillow's three box blurs.
package struct GaussianBlur: Transform, Equatable {
  package static let name = "blur"
  package static let summary = "blur with a Gaussian"
  package static let options = [
    TransformOption(
      "sigma", .range(legal: 0.01...50, meaning: .exactly), default: "0.1..2",
      "standard deviation in pixels"),
    TransformOption(
      "kernel", .choice(BlurKernel.allCases.map(\.rawValue)),
      default: BlurKernel.gaussian.rawValue, "the true Gaussian, or Pillow's three box blurs"),
  ]
  package static let examples = ["blur", "blur(1)", "blur(0.1..2, p=0.5)", "blur(2, kernel=box)"]
  package static let synonyms = ["gaussianblur", "gaussblur", "smooth"]

  let sigma: ClosedRange<Double>
  let kernel: BlurKernel

  package init(_ arguments: TransformArguments) {
    sigma = arguments.range("sigma")
    kernel = arguments.choice("kernel")
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
