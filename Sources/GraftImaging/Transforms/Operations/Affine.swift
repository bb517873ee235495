import GraftBase

/// Turns, shifts, scales and shears at once, about the middle.
///
/// The composition and the draws are torchvision's; the sign of the angle is that of `rotate`.
package struct Affine: Transform, Equatable {
  package static let name = "affine"
  package static let summary = "turn, shift, scale and shear at once"
  package static let options = [
    TransformOption(
      "degrees", .range(legal: -360...360, meaning: .symmetric), default: nil,
      "the angle, counter-clockwise; d means -d..d", usual: "10"),
    TransformOption(
      "translate", .number(0...1), default: "0", "largest shift as a share of each side",
      usual: "0.1"),
    TransformOption(
      "scale", .range(legal: 0.05...20, meaning: .exactly), default: "1", "magnification",
      usual: "0.9..1.1"),
    TransformOption(
      "shear", .range(legal: -85...85, meaning: .symmetric), default: "0",
      "horizontal shear in degrees; s means -s..s", usual: "5"),
    TransformOption(
      "sheary", .range(legal: -85...85, meaning: .symmetric), default: "0",
      "vertical shear in degrees; s means -s..s", usual: "5"),
    WarpFilter.option,
    Border.warpOption,
    FillChoice.option(default: .black),
  ]
  package static let examples = [
    "affine(10)", "affine(degrees=10, translate=0.1, scale=0.9..1.1, shear=5, p=0.5)",
    "affine(0, shear=-5..5, sheary=-5..5, filter=bicubic)",
  ]
  package static let synonyms = ["shiftscalerotate", "randomaffine"]

  let degrees: ClosedRange<Double>
  let translate: Double
  let scale: ClosedRange<Double>
  let shear: ClosedRange<Double>
  let shearY: ClosedRange<Double>
  let filter: WarpFilter
  let border: Border
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    package var degrees: Double
    package var shiftX: Double
    package var shiftY: Double
    package var scale: Double
    package var shear: Double
    package var shearY: Double
    package var fill: FillColor
  }

  package init(_ arguments: TransformArguments) {
    degrees = arguments.range("degrees")
    translate = arguments.number("translate")
    scale = arguments.range("scale")
    shear = arguments.range("shear")
    shearY = arguments.range("sheary")
    filter = arguments.choice("filter")
    border = arguments.choice("border")
    fill = arguments.choice("fill")
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    func shift(_ side: Int) -> Double {
      let limit = translate * Double(side)
      return random.uniform(-limit...limit).rounded(.toNearestOrEven)
    }
    let angle = random.uniform(degrees)
    let (shiftX, shiftY) = (shift(size.width), shift(size.height))
    return Parameters(
      degrees: angle, shiftX: shiftX, shiftY: shiftY, scale: random.uniform(scale),
      shear: random.uniform(shear), shearY: random.uniform(shearY), fill: fill.color(in: context))
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    let map = AffineMap.composed(
      degrees: parameters.degrees, shiftX: parameters.shiftX, shiftY: parameters.shiftY,
      scale: parameters.scale, shearX: parameters.shear, shearY: parameters.shearY, size: size)
    return [
      .warp(.affine(map), size: size, filter: filter, border: border, fill: parameters.fill)
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    let angle = parameters.degrees.signedText(1)
    let shift =
      "(\(parameters.shiftX.signedText(0)), "
      + "\(parameters.shiftY.signedText(0)))"
    let (shearX, shearY) = (parameters.shear.signedText(1), parameters.shearY.signedText(1))
    return "\(angle)° shift \(shift) ×\(parameters.scale.signedText()) shear \(shearX)°, \(shearY)°"
  }
}
