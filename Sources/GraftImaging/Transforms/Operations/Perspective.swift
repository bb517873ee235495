import GraftBase

/// Looks at the image from another side: its corners move inward by random amounts.
///
/// The draws are torchvision's: each corner moves by whole pixels inside a band of
/// int(distortion * (side div 2)) + 1 pixels along each axis.
package struct Perspective: Transform, Equatable {
  package static let name = "perspective"
  package static let summary = "move the corners inward, as from another viewpoint"
  private static let distortion = Argument(
    "distortion", .range(0...1), default: 0.5...0.5,
    "how far corners may move, as a share of half the width and height")
  private static let filter = WarpFilter.argument(default: .bilinear)
  private static let border = Border.warpArgument
  private static let fill = FillChoice.argument(default: .black)
  package static let arguments: [any AnyArgument] = [distortion, filter, border, fill]
  package static let examples = [
    "perspective", "perspective(0.3, p=0.8)", "perspective(0.1..0.5, filter=nearest, fill=mean)",
  ]
  package static let defaultProbability = 0.5
  package static let synonyms = ["randomperspective", "homography", "viewpoint"]

  let distortion: ClosedRange<Double>
  let filter: WarpFilter
  let border: Border
  let fill: FillChoice

  package struct Parameters: Codable, Sendable, Equatable {
    package var map: PerspectiveMap
    package var fill: FillColor
  }

  package init(_ arguments: ArgumentValues) {
    distortion = arguments[Self.distortion]
    filter = arguments[Self.filter]
    border = arguments[Self.border]
    fill = arguments[Self.fill]
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    let share = random.uniform(distortion)
    let corners = Self.corners(of: size)
    let targets = Self.targets(size: size, distortion: share, random: &random)
    return Parameters(
      // An image of a single row or column has no sides to look from.
      map: PerspectiveMap(moving: corners, to: targets) ?? .identity,
      fill: fill.color(in: context))
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    [
      .warp(
        .perspective(parameters.map), size: size, filter: filter, border: border,
        fill: parameters.fill)
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    let lean = parameters.map.coefficients.suffix(2).map { ($0 * 1000).signedText(1) }
    return "tilt \(lean.joined(separator: ", ")) ‰"
  }
}

extension Perspective {
  /// Top left, top right, bottom right, bottom left.
  static func corners(of size: ImageSize) -> [SIMD2<Double>] {
    let (right, bottom) = (Double(size.width - 1), Double(size.height - 1))
    return [[0, 0], [right, 0], [right, bottom], [0, bottom]]
  }

  /// Where the corners go, in the same order; x is drawn before y.
  static func targets(
    size: ImageSize, distortion: Double, random: inout RandomStream
  ) -> [SIMD2<Double>] {
    func move(_ side: Int) -> Int {
      random.integer(in: 0...Int(distortion * Double(side / 2)))
    }
    func band(_ side: Int) -> Int { Int(distortion * Double(side / 2)) + 1 }
    let (width, height) = (size.width, size.height)
    func target(isRight: Bool, isBottom: Bool) -> SIMD2<Double> {
      let x = (isRight ? width - band(width) : 0) + move(width)
      let y = (isBottom ? height - band(height) : 0) + move(height)
      return [Double(x), Double(y)]
    }
    return [
      target(isRight: false, isBottom: false), target(isRight: true, isBottom: false),
      target(isRight: true, isBottom: true), target(isRight: false, isBottom: true),
    ]
  }
}
