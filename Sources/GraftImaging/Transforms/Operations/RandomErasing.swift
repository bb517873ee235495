import Foundation
import GraftBase

/// Paints over a random rectangle (Zhong et al., 2020), drawn as in torchvision.
///
/// The paper fills with the mean after normalisation; here bytes are painted, and the default fill
/// is round(255 * mean), which normalises to zero within half a byte.
package struct RandomErasing: Transform, Equatable {
  package static let name = "erase"
  package static let summary = "paint over a random rectangle"
  package static let options = [
    TransformOption(
      "area", .range(legal: 0.0001...1, meaning: .exactly), default: "0.02..0.33",
      "share of the image painted over"),
    TransformOption(
      "ratio", .range(legal: 0.05...20, meaning: .exactly), default: "0.3..3.3",
      "height over width of the rectangle"),
    FillChoice.option(default: .mean),
  ]
  package static let examples = ["erase", "erase(0.02..0.2, p=0.25)", "erase(fill=black)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["randomerasing", "erasing", "randomerase"]

  let area: ClosedRange<Double>
  let ratio: ClosedRange<Double>
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    /// Nil when no rectangle fitted in ten tries.
    package var box: ImageBox?
    package var fill: FillColour
  }

  package init(_ arguments: TransformArguments) {
    area = arguments.range("area")
    ratio = arguments.range("ratio")
    fill = arguments.choice("fill")
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    Parameters(box: sampleBox(size, random: &random), fill: fill.colour(in: context))
  }

  private func sampleBox(_ size: ImageSize, random: inout RandomStream) -> ImageBox? {
    let logRatio = log(ratio.lowerBound)...log(ratio.upperBound)
    for _ in 0..<10 {
      let area = Double(size.width * size.height) * random.uniform(area)
      let aspect = exp(random.uniform(logRatio))
      let height = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
      let width = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
      guard height < size.height, width < size.width else { continue }
      let y = random.integer(in: 0...(size.height - height))
      let x = random.integer(in: 0...(size.width - width))
      return ImageBox(x: x, y: y, width: width, height: height)
    }
    return nil
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    guard let box = parameters.box else { return [] }
    return [.erase([box], parameters.fill)]
  }

  package func describe(_ parameters: Parameters) -> String {
    parameters.box?.text ?? "no rectangle fits"
  }
}
