import GraftBase

/// Slants the image about its middle.
package struct Shear: Transform, Equatable {
  package static let name = "shear"
  package static let summary = "shear the image"
  private static let degrees = Argument(
    "degrees", .range(-85...85, single: .symmetric), defaultText: "10", "the angle; d means -d..d")
  private static let axis = Axis.argument
  private static let filter = WarpFilter.argument(default: .nearest)
  private static let border = Border.warpArgument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [degrees, axis, filter, border, fill]
  package static let examples = ["shear(10)", "shear(-5..15, axis=x, p=0.5)"]
  package static let synonyms = ["skew", "shearx", "sheary"]

  let degrees: ClosedRange<Double>
  let axis: Axis
  let filter: WarpFilter
  let border: Border
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    package var x: Double
    package var y: Double
    package var fill: FillColor
  }

  package init(_ arguments: ArgumentValues) {
    degrees = arguments[Self.degrees]
    axis = arguments[Self.axis]
    filter = arguments[Self.filter]
    border = arguments[Self.border]
    fill = arguments[Self.fill]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    let (x, y) = (random.uniform(degrees), random.uniform(degrees))
    return Parameters(
      x: axis.hasX ? x : 0, y: axis.hasY ? y : 0, fill: fill.color(in: context))
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    let map = AffineMap.composed(
      degrees: 0, shiftX: 0, shiftY: 0, scale: 1, shearX: parameters.x, shearY: parameters.y,
      size: size)
    return [
      .warp(.affine(map), size: size, filter: filter, border: border, fill: parameters.fill)
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    let x = parameters.x.signedText(1)
    return "x \(x)° y \(parameters.y.signedText(1))°"
  }
}
