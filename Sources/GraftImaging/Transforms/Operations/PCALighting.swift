import GraftBase

/// Adds color along the principal components of ImageNet's pixels (Krizhevsky et al., 2012).
package struct PCALighting: Transform, Equatable {
  package static let name = "lighting"
  package static let summary = "change the lighting along ImageNet's principal color components"
  private static let sigma = Argument(
    "sigma", .range(0...10), default: 0.1...0.1,
    "standard deviation of the weight of each component")
  package static let arguments: [any AnyArgument] = [sigma]
  package static let examples = ["lighting(0.1)", "lighting(0..0.5, p=0.5)"]
  package static let synonyms = ["pca", "fancypca", "pcalighting", "alexnet"]

  let sigma: ClosedRange<Double>

  package init(_ arguments: ArgumentValues) { sigma = arguments[Self.sigma] }

  /// The weights of the three components.
  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> [Double] {
    let sigma = random.uniform(sigma)
    return (0..<3).map { _ in sigma * random.normal() }
  }

  package func edits(_ parameters: [Double], size: ImageSize) -> [Edit] {
    [.repaint("lighting") { $0.relit(parameters) }]
  }

  package func describe(_ parameters: [Double]) -> String {
    parameters.map { $0.signedText() }.joined(separator: ", ")
  }
}
