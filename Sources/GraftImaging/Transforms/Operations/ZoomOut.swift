import GraftBase

/// Lays the image on a larger canvas that is then shrunk to its size (Liu et al., 2016).
///
/// The draws are those of torchvision's `RandomZoomOut`: canvas sides of int(side * r) with r from
/// U(1, 4), the image at int(u * free space). The image keeps its size, so the whole is what
/// torchvision gives after a resize, without the canvas in memory.
package struct ZoomOut: Transform, Equatable {
  package static let name = "zoomout"
  package static let summary = "place on a larger canvas, keeping the size"
  private static let side = Argument(
    "side", .range(1...20), default: 1...4, "size of the canvas relative to the image")
  private static let filter = ResizeFilter.argument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [side, filter, fill]
  package static let examples = ["zoomout", "zoomout(1..2, fill=mean)", "zoomout(side=2, p=1)"]
  package static let defaultProbability = 0.5
  package static let synonyms = ["randomzoomout", "expand", "canvas"]

  let side: ClosedRange<Double>
  let filter: ResizeFilter
  let fill: FillChoice

  package init(_ arguments: ArgumentValues) {
    side = arguments[Self.side]
    filter = arguments[Self.filter]
    fill = arguments[Self.fill]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Magnification {
    let side = random.uniform(side)
    /// The length and place of the image on an axis of the canvas, shrunk to the axis's length.
    func axis(_ length: Int) -> (length: Int, start: Int) {
      let canvas = Int(Double(length) * side)
      let start = Int(Double(canvas - length) * random.uniform())
      let scale = Double(length) / Double(canvas)
      let first = Int((Double(start) * scale).rounded())
      let end = Int((Double(start + length) * scale).rounded())
      return (max(1, end - first), min(first, length - 1))
    }
    let (horizontal, vertical) = (axis(size.width), axis(size.height))
    return Magnification(
      size: ImageSize(width: horizontal.length, height: vertical.length),
      window: ImageBox(
        x: -horizontal.start, y: -vertical.start, width: size.width, height: size.height),
      fill: fill.color(in: context))
  }

  package func edits(_ parameters: Magnification, size: ImageSize) -> [Edit] {
    parameters.edits(from: size, filter: filter)
  }

  package func describe(_ parameters: Magnification) -> String {
    "to \(parameters.size) at (\(-parameters.window.x), \(-parameters.window.y))"
  }
}
