import GraftBase

/// Adds normal noise to every byte.
package struct GaussianNoise: Transform, Equatable {
  package static let name = "noise"
  package static let summary = "add normal noise to every value"
  private static let sigma = Argument(
    "sigma", .range(0...1), default: 0.1...0.1, "standard deviation as a share of full scale")
  package static let arguments: [any AnyArgument] = [sigma]
  package static let examples = ["noise(0.1)", "noise(0..0.1, p=0.5)"]
  package static let synonyms = ["gaussiannoise", "gaussnoise", "grain"]

  let sigma: ClosedRange<Double>

  package struct Parameters: Codable, Sendable, Equatable {
    package var sigma: Double
    /// Key of the noise field.
    package var seed: UInt64
  }

  package init(_ arguments: ArgumentValues) { sigma = arguments[Self.sigma] }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    Parameters(sigma: random.uniform(sigma), seed: random.seed())
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [
      .repaint("noise") {
        $0.withGaussianNoise(sigma: parameters.sigma, seed: parameters.seed)
      }
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    "σ " + parameters.sigma.signedText(3)
  }
}

extension RandomStream {
  /// A key for a field of draws too large to be parameters.
  mutating func seed() -> UInt64 { UInt64(bits()) << 32 | UInt64(bits()) }
}
