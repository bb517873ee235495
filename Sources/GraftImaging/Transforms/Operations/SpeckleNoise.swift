import GraftBase

/// Normal noise in proportion to the value: x + x * N(0, sigma).
package struct SpeckleNoise: Transform, Equatable {
  package static let name = "speckle"
  package static let summary = "add normal noise in proportion to each value"
  private static let sigma = Argument(
    "sigma", .range(0...5), default: 0.15...0.15, "standard deviation as a share of the value")
  package static let arguments: [any AnyArgument] = [sigma]
  package static let examples = ["speckle(0.15)", "speckle(0..0.35, p=0.5)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["specklenoise", "multiplicativenoise"]

  let sigma: ClosedRange<Double>

  package struct Parameters: Codable, Sendable, Equatable {
    package var sigma: Double
    /// Key of the noise field.
    package var seed: UInt64
  }

  package init(_ arguments: ArgumentValues) { sigma = arguments[Self.sigma] }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters { Parameters(sigma: random.uniform(sigma), seed: random.seed()) }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [
      .repaint("speckle") { $0.withSpeckle(sigma: parameters.sigma, seed: parameters.seed) }
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    "σ " + parameters.sigma.signedText(3)
  }
}
