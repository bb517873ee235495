import Foundation
import GraftBase

/// Takes a random window of the image.
///
/// With `scale` it is torchvision's random resized crop: a window of a random share of the area and
/// a random aspect, resized to the encoder's input. With `pad` the image gets a frame and a window
/// of the input size is taken; without either the window is taken from the resized image.
package struct Crop: Transform, Equatable {
  package static let name = "crop"
  package static let summary = "crop a random window"
  private static let pad = Argument(
    "pad", .integer(0...1024),
    "padding in pixels before a window of the input size is cropped", usual: "4")
  private static let scale = Argument(
    "scale", .range(0.001...1, single: .downTo),
    "share of the area that the window covers; s means s..1", usual: "0.6..1")
  private static let ratio = Argument(
    "ratio", .range(0.05...20),
    "width over height of the window, with scale=", usual: "0.75..1.333")
  private static let filter = Argument(
    "filter", .drawnFilter, default: DrawnFilter(filter: .bilinear),
    "resize filter; random is either of bilinear and bicubic at random, as in timm")
  private static let border = Border.argument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [pad, scale, ratio, filter, border, fill]
  package static let examples = [
    "crop", "crop(4)", "crop(0.6..1)", "crop(scale=0.08..1, ratio=0.75..1.333)",
    "crop(pad=4, border=reflect)", "crop(0.08..1, filter=random)",
  ]
  package static let synonyms = [
    "randomcrop", "rrc", "randomresizedcrop", "resizedcrop",
  ]

  let pad: Int
  let scale: ClosedRange<Double>?
  let ratio: ClosedRange<Double>
  /// Nil draws one for each image.
  let filter: ResizeFilter?
  let border: Border
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    /// In the image's pixels; reaches outside it when there is a frame.
    package var box: ImageBox
    package var outputSize: ImageSize
    package var filter = ResizeFilter.bilinear
    /// The color of a constant border.
    package var fill = FillColor.black
  }

  package init(_ arguments: ArgumentValues) throws {
    scale = arguments[Self.scale]
    pad = arguments[Self.pad] ?? 0
    ratio = arguments[Self.ratio] ?? (3.0 / 4)...(4.0 / 3)
    filter = arguments[Self.filter].filter
    border = arguments[Self.border]
    fill = arguments[Self.fill]
    if scale != nil, arguments[Self.pad] != nil {
      throw GraftError(
        .usage, "`crop` has both `scale` and `pad`",
        help: "scale= cuts and resizes, pad= shifts without resizing: give one of them")
    }
    if scale == nil, arguments[Self.ratio] != nil {
      throw GraftError(
        .usage, "`crop` has `ratio` without `scale`", help: "add scale=0.6..1, or leave ratio out")
    }
  }

  package var input: TransformInput {
    if scale != nil { return .source }
    return pad > 0 ? .encoderInput : .resized
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    let box =
      if let scale {
        Self.resizedCropBox(size, areaShare: scale, ratio: ratio, random: &random)
      } else {
        windowBox(size, of: context.outputSize, random: &random)
      }
    return Parameters(
      box: box, outputSize: context.outputSize,
      filter: filter ?? (random.gate(0.5) ? .bilinear : .bicubic), fill: fill.color(in: context))
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    guard scale != nil else {
      return [.move(.window(parameters.box, border: border, fill: parameters.fill))]
    }
    return [
      .resize(
        from: size, to: parameters.outputSize, filter: parameters.filter, crop: parameters.box)
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    parameters.box.text + (filter == nil ? " \(parameters.filter.rawValue)" : "")
  }
}

// MARK: - Drawing the window

extension Crop {
  /// A window of `target`'s size anywhere in the framed image; an image that is too small lies
  /// anywhere in the window.
  private func windowBox(
    _ size: ImageSize, of target: ImageSize, random: inout RandomStream
  ) -> ImageBox {
    func start(_ length: Int, _ window: Int) -> Int {
      let last = length + pad - window
      return random.integer(in: min(-pad, last)...max(-pad, last))
    }
    let y = start(size.height, target.height)
    let x = start(size.width, target.width)
    return ImageBox(x: x, y: y, width: target.width, height: target.height)
  }

  /// torchvision's random resized crop: ten tries of area and log-uniform aspect, then the largest
  /// central window with a legal aspect.
  static func resizedCropBox(
    _ size: ImageSize, areaShare: ClosedRange<Double>, ratio: ClosedRange<Double>,
    random: inout RandomStream
  ) -> ImageBox {
    let logRatio = log(ratio.lowerBound)...log(ratio.upperBound)
    let wholeArea = Double(size.width * size.height)
    for _ in 0..<10 {
      let area = wholeArea * random.uniform(areaShare)
      let aspect = exp(random.uniform(logRatio))
      let width = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
      let height = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
      guard (1...size.width).contains(width), (1...size.height).contains(height) else { continue }
      let y = random.integer(in: 0...(size.height - height))
      let x = random.integer(in: 0...(size.width - width))
      return ImageBox(x: x, y: y, width: width, height: height)
    }
    return centralBox(size, ratio: ratio)
  }

  private static func centralBox(_ size: ImageSize, ratio: ClosedRange<Double>) -> ImageBox {
    let aspect = Double(size.width) / Double(size.height)
    var (width, height) = (size.width, size.height)
    if aspect < ratio.lowerBound {
      height = Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven))
    } else if aspect > ratio.upperBound {
      width = Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven))
    }
    (width, height) = (min(max(width, 1), size.width), min(max(height, 1), size.height))
    return ImageBox(
      x: (size.width - width) / 2, y: (size.height - height) / 2, width: width, height: height)
  }
}

/// A filter, or `random`, which draws one for each image.
private struct DrawnFilter: ArgumentReadable {
  /// nil draws.
  let filter: ResizeFilter?

  static let word = "random"

  static func read(_ values: [ArgumentValue]) -> DrawnFilter? {
    String.read(values).map { DrawnFilter(filter: ResizeFilter(rawValue: $0)) }
  }

  var argumentText: String { filter?.rawValue ?? Self.word }
}

extension ArgumentType where Value == DrawnFilter {
  fileprivate static var drawnFilter: Self {
    Self(.choice(ResizeFilter.allCases.map(\.rawValue) + [Value.word]))
  }
}
