import GraftBase

/// Turns, shifts, scales and shears at once, about the middle.
///
/// The composition and the draws are torchvision's; the sign of the angle is that of `rotate`.
package struct Affine: Transform, Equatable {
  package static let name = "affine"
  package static let summary = "rotate, shift, scale and shear at once"
  private static let degrees = Argument(
    required: "degrees", .range(-360...360, single: .symmetric),
    "the angle, counter-clockwise; d means -d..d", usual: "10")
  private static let translate = Argument(
    "translate", .number(0...1), default: 0, "largest shift as a share of width and height",
    usual: "0.1")
  private static let scale = Argument(
    "scale", .range(0.05...20), default: 1...1, "magnification", usual: "0.9..1.1")
  private static let shear = Argument(
    "shear", .range(-85...85, single: .symmetric), defaultText: "0",
    "horizontal shear in degrees; s means -s..s", usual: "5")
  private static let sheary = Argument(
    "sheary", .range(-85...85, single: .symmetric), defaultText: "0",
    "vertical shear in degrees; s means -s..s", usual: "5")
  private static let filter = WarpFilter.argument(default: .nearest)
  private static let border = Border.warpArgument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [
    degrees, translate, scale, shear, sheary, filter, border, fill,
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

  package init(_ arguments: ArgumentValues) {
    degrees = arguments[Self.degrees]
    translate = arguments[Self.translate]
    scale = arguments[Self.scale]
    shear = arguments[Self.shear]
    shearY = arguments[Self.sheary]
    filter = arguments[Self.filter]
    border = arguments[Self.border]
    fill = arguments[Self.fill]
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
