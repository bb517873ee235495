import GraftBase

/// Magnifies or shrinks about a random place; the image keeps its size.
///
/// torchvision's `ScaleJitter` followed by a window of the first size: a larger image is cut at a
/// random place, a smaller one lies at a random place on the fill. Both sides are cut to whole
/// pixels after scaling.
package struct Zoom: Transform, Equatable {
  package static let name = "zoom"
  package static let summary = "zoom in or out about a random point, keeping the size"
  private static let scale = Argument(
    "scale", .range(0.05...20), default: 0.1...2,
    "magnification; below 1 shows a border", usual: "0.8..1.25")
  private static let filter = ResizeFilter.argument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [scale, filter, fill]
  package static let examples = ["zoom", "zoom(0.8..1.25, p=0.5)", "zoom(1..1.5, filter=bicubic)"]
  package static let synonyms = ["scalejitter", "randomscale", "randomzoom", "largescalejitter"]

  let scale: ClosedRange<Double>
  let filter: ResizeFilter
  let fill: FillChoice

  package init(_ arguments: ArgumentValues) {
    scale = arguments[Self.scale]
    filter = arguments[Self.filter]
    fill = arguments[Self.fill]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Magnification {
    let scale = random.uniform(scale)
    let scaled = ImageSize(
      width: max(1, Int(Double(size.width) * scale)),
      height: max(1, Int(Double(size.height) * scale)))
    func start(_ length: Int, _ window: Int) -> Int {
      random.integer(in: min(0, length - window)...max(0, length - window))
    }
    let y = start(scaled.height, size.height)
    let x = start(scaled.width, size.width)
    return Magnification(
      size: scaled, window: ImageBox(x: x, y: y, width: size.width, height: size.height),
      fill: fill.color(in: context))
  }

  package func edits(_ parameters: Magnification, size: ImageSize) -> [Edit] {
    parameters.edits(from: size, filter: filter)
  }

  package func describe(_ parameters: Magnification) -> String {
    "to \(parameters.size), \(parameters.window.text)"
  }
}
