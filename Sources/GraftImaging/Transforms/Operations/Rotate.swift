import GraftBase

/// Turns the image about its middle; positive angles turn counter-clockwise.
package struct Rotate: Transform, Equatable {
  package static let name = "rotate"
  package static let summary = "rotate about the center, counter-clockwise for positive angles"
  private static let degrees = Argument(
    "degrees", .range(-360...360, single: .symmetric), defaultText: "15",
    "the angle; d means -d..d")
  private static let expand = Argument(
    "expand", .flag, default: false, "enlarge the image so that nothing is cut off")
  private static let filter = WarpFilter.argument(default: .nearest)
  private static let border = Border.warpArgument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [degrees, expand, filter, border, fill]
  package static let examples = [
    "rotate(15)", "rotate(-10..30, p=0.5)", "rotate(30..30, filter=bilinear, fill=mean)",
    "rotate(20, border=reflect)",
  ]
  package static let synonyms = ["rotation", "randomrotation"]

  let degrees: ClosedRange<Double>
  let expands: Bool
  let filter: WarpFilter
  let border: Border
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    package var degrees: Double
    package var fill: FillColor
  }

  package init(_ arguments: ArgumentValues) {
    degrees = arguments[Self.degrees]
    expands = arguments[Self.expand]
    filter = arguments[Self.filter]
    border = arguments[Self.border]
    fill = arguments[Self.fill]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    Parameters(degrees: random.uniform(degrees), fill: fill.color(in: context))
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [
      .rotation(
        degrees: parameters.degrees, size: size, expands: expands, filter: filter,
        border: border, fill: parameters.fill)
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    parameters.degrees.signedText(1) + "°"
  }
}
