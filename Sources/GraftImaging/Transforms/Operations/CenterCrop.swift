import GraftBase

/// Takes the window in the middle: torchvision's `CenterCrop`.
///
/// Offsets are rounded half to even. Where the image is smaller than the window, it lies in the
/// middle of it and an odd pixel of border goes to the right and to the bottom.
package struct CenterCrop: Transform, Equatable {
  package static let name = "centercrop"
  package static let summary = "crop the center"
  private static let size = Argument(
    "size", .integer(1...4096),
    "width and height of the window in pixels; the input's by default", usual: "224")
  private static let border = Border.argument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [size, border, fill]
  package static let examples = ["centercrop", "centercrop(24)", "centercrop(40, border=reflect)"]
  package static let synonyms = ["middlecrop"]
  package static let formerNames = ["centrecrop"]

  let side: Int?
  let border: Border
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    /// In the image's pixels; reaches outside one that is too small.
    package var box: ImageBox
    package var fill: FillColor
  }

  package init(_ arguments: ArgumentValues) {
    side = arguments[Self.size]
    border = arguments[Self.border]
    fill = arguments[Self.fill]
  }

  package var input: TransformInput { .resized }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    let target = side.map { ImageSize(width: $0, height: $0) } ?? context.outputSize
    return Parameters(box: Self.box(of: target, in: size), fill: fill.color(in: context))
  }

  static func box(of target: ImageSize, in size: ImageSize) -> ImageBox {
    func start(_ length: Int, _ window: Int) -> Int {
      length >= window
        ? Int((Double(length - window) / 2).rounded(.toNearestOrEven))
        : -((window - length) / 2)
    }
    return ImageBox(
      x: start(size.width, target.width), y: start(size.height, target.height),
      width: target.width, height: target.height)
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [.move(.window(parameters.box, border: border, fill: parameters.fill))]
  }

  package func describe(_ parameters: Parameters) -> String { parameters.box.text }
}
