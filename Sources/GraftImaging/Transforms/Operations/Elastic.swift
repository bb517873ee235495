import GraftBase

/// Bends the image by smooth random shifts (Simard et al., 2003).
///
/// Noise from U(-1, 1) for every pixel and axis, blurred by `sigma`, times `alpha` in pixels.
/// torchvision counts alpha in half pixels: its default of 50 is 25 here, about 0.8 pixels of shift
/// in the root mean square.
package struct Elastic: Transform, Equatable {
  package static let name = "elastic"
  package static let summary = "bend by smooth random shifts"
  package static let options = [
    TransformOption(
      "alpha", .range(legal: 0...10000, meaning: .exactly), default: "25",
      "pixels by which the blurred noise is multiplied"),
    TransformOption(
      "sigma", .range(legal: 0...50, meaning: .exactly), default: "5",
      "blur of the noise in pixels: how wide the bends are"),
    WarpFilter.option(default: .bilinear),
    Border.warpOption,
    FillChoice.option(default: .black),
  ]
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

  package init(_ arguments: TransformArguments) {
    alpha = arguments.range("alpha")
    sigma = arguments.range("sigma")
    filter = arguments.choice("filter")
    border = arguments.choice("border")
    fill = arguments.choice("fill")
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
