import GraftBase

/// Shifts the image by whole pixels.
package struct Translate: Transform, Equatable {
  package static let name = "translate"
  package static let summary = "shift by whole pixels"
  private static let share = Argument(
    "share", .range(-1...1, single: .symmetric), defaultText: "0.1",
    "shift as a share of width and height, right and down; s means -s..s")
  private static let axis = Axis.argument
  private static let border = Border.argument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [share, axis, border, fill]
  package static let examples = [
    "translate(0.1)", "translate(0..0.2, axis=x, fill=mean)", "translate(0.1, border=edge)",
  ]
  package static let synonyms = ["shift", "translatex", "translatey"]

  let share: ClosedRange<Double>
  let axis: Axis
  let border: Border
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    /// In pixels, positive to the right and down.
    package var x: Int
    package var y: Int
    package var fill: FillColor
  }

  package init(_ arguments: ArgumentValues) {
    share = arguments[Self.share]
    axis = arguments[Self.axis]
    border = arguments[Self.border]
    fill = arguments[Self.fill]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    func shift(_ side: Int) -> Int {
      Int((random.uniform(share) * Double(side)).rounded(.toNearestOrEven))
    }
    let (x, y) = (shift(size.width), shift(size.height))
    return Parameters(
      x: axis.hasX ? x : 0, y: axis.hasY ? y : 0, fill: fill.color(in: context))
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [
      .shift(
        x: parameters.x, y: parameters.y, size: size, border: border, fill: parameters.fill)
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    "(\(parameters.x), \(parameters.y))".replacing("-", with: "−")
  }
}
