import GraftBase

/// Bends the image by smooth random shifts (Simard et al., 2003).
///
/// Noise from U(-1, 1) for every pixel and axis, blurred by `sigma`, times `alpha` in pixels.
/// torchvision counts alpha in half pixels: its default of 50 is 25 here, about 0.8 pixels of shift
/// in the root mean square.
package struct Elastic: Transform, Equatable {
  package static let name = "elastic"
  package static let summary = "distort by smooth random shifts"
  private static let alpha = Argument(
    "alpha", .range(0...10000), default: 25...25, "pixels by which the blurred noise is multiplied")
  private static let sigma = Argument(
    "sigma", .range(0...50), default: 5...5,
    "blur of the noise in pixels: the width of the distortions")
  private static let filter = WarpFilter.argument(default: .bilinear)
  private static let border = Border.warpArgument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [alpha, sigma, filter, border, fill]
  package static let examples = [
    "elastic", "elastic(25..100, sigma=5, p=0.5)", "elastic(alpha=40, sigma=4..8, border=reflect)",
  ]
  package static let synonyms = ["elastictransform", "warp", "displacement"]

  let alpha: ClosedRange<Double>
  let sigma: ClosedRange<Double>
  let filter: WarpFilter
  let border: Border
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    package var alpha: Double
    package var sigma: Double
    /// Key of the noise.
    package var seed: UInt64
    package var fill: FillColor

    /// The map for images of `size`; masks and boxes go through the same.
    func map(size: ImageSize) -> WarpMap {
      .elastic(ElasticBend(size: size, alpha: alpha, sigma: sigma, seed: seed))
    }
  }

  package init(_ arguments: ArgumentValues) {
    alpha = arguments[Self.alpha]
    sigma = arguments[Self.sigma]
    filter = arguments[Self.filter]
    border = arguments[Self.border]
    fill = arguments[Self.fill]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    Parameters(
      alpha: random.uniform(alpha), sigma: random.uniform(sigma), seed: random.seed(),
      fill: fill.color(in: context))
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [
      .warp(
        parameters.map(size: size), size: size, filter: filter, border: border,
        fill: parameters.fill)
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    "α \(parameters.alpha.signedText(1)) σ \(parameters.sigma.signedText(1))"
  }
}
