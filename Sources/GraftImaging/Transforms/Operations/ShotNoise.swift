import GraftBase

/// The noise of counted light, stronger where the image is bright.
package struct ShotNoise: Transform, Equatable {
  package static let name = "shot"
  package static let summary = "add photon noise"
  private static let photons = Argument(
    "photons", .range(0.5...500), default: 25...60, "photons of white; fewer means noisier")
  package static let arguments: [any AnyArgument] = [photons]
  package static let examples = ["shot(60)", "shot(12..60, p=0.5)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["shotnoise", "poisson", "poissonnoise", "isonoise"]

  let photons: ClosedRange<Double>

  package struct Parameters: Codable, Sendable, Equatable {
    package var photons: Double
    /// Key of the noise field.
    package var seed: UInt64
  }

  package init(_ arguments: ArgumentValues) { photons = arguments[Self.photons] }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters { Parameters(photons: random.uniform(photons), seed: random.seed()) }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [
      .repaint("shot noise") {
        $0.withShotNoise(photons: parameters.photons, seed: parameters.seed)
      }
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    parameters.photons.signedText(0) + " photons"
  }
}
