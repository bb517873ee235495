import GraftBase

/// Shifts the image by whole pixels.
package struct Translate: Transform, Equatable {
  package static let name = "translate"
  package static let summary = "shift by whole pixels"
  package static let options = [
    TransformOption(
      "share", .range(legal: -1...1, meaning: .symmetric), default: "0.1",
      "shift as a share of the side, right and down; s means -s..s"),
    Axis.option,
    Border.option,
    FillChoice.option(default: .black),
  ]
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

  package init(_ arguments: TransformArguments) {
    share = arguments.range("share")
    axis = arguments.choice("axis")
    border = arguments.choice("border")
    fill = arguments.choice("fill")
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
