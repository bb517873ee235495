import GraftBase

/// Paints over squares (DeVries and Taylor, 2017); they may lie partly outside.
///
/// The paper fills with the mean after normalization; here bytes are painted, and the default fill
/// is round(255 * mean), which normalizes to zero within half a byte.
package struct Cutout: Transform, Equatable {
  package static let name = "cutout"
  package static let summary = "fill squares"
  private static let size = Argument(
    "size", .number(0.01...4096), default: 0.5,
    "size of the square: pixels, or below 1 a share of the image's shorter side")
  private static let holes = Argument("holes", .integer(1...64), default: 1, "number of squares")
  private static let fill = FillChoice.argument(default: .mean)
  package static let arguments: [any AnyArgument] = [size, holes, fill]
  package static let examples = ["cutout(16)", "cutout(0.25, holes=2, p=0.5)"]
  package static let synonyms = ["holes"]

  let side: Double
  let holes: Int
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    /// Not yet clipped to the image.
    package var boxes: [ImageBox]
    package var fill: FillColor
  }

  package init(_ arguments: ArgumentValues) {
    side = arguments[Self.size]
    holes = arguments[Self.holes]
    fill = arguments[Self.fill]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    let length = side < 1 ? side * Double(min(size.width, size.height)) : side
    let half = Int(length) / 2
    let boxes = (0..<holes).map { _ in
      let y = random.integer(in: 0...(size.height - 1))
      let x = random.integer(in: 0...(size.width - 1))
      return ImageBox(x: x - half, y: y - half, width: 2 * half, height: 2 * half)
    }
    return Parameters(boxes: boxes, fill: fill.color(in: context))
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [.erase(parameters.boxes.map { Erasure(box: $0, content: .color(parameters.fill)) })]
  }

  package func describe(_ parameters: Parameters) -> String {
    parameters.boxes.map(\.text).joined(separator: ", ")
  }
}
