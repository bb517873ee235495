import GraftBase

/// A rectangle of another image, labels by area (Yun et al., 2019).
package struct CutMix: BatchMix {
  package static let name = "cutmix"
  package static let summary = "paste a rectangle of another image, labels by area"
  private static let alpha = Argument(
    "alpha", .number(0.001...100), default: 1,
    "the area is drawn from Beta(alpha, alpha); 1 is uniform")
  private static let minmax = Argument(
    "minmax", .range(0...1),
    "instead of alpha: width and height as shares of the image", usual: "0.2..0.8")
  private static let sides = Argument(
    "sides", .word, default: Sides.even, "even as in the paper, or any as in timm")
  package static let arguments: [any AnyArgument] = [alpha, minmax, sides] + Mixing.sharedArguments
  package static let examples = [
    "cutmix", "cutmix(alpha=1, p=0.5)", "cutmix(minmax=0.2..0.8, mode=pair)",
  ]

  /// Which lengths the sides of a rectangle have before it is clipped.
  package enum Sides: String, Codable, WordChoice {
    case even, any
  }

  private enum Law {
    /// The area by Beta(alpha, alpha), the middle anywhere, clipped.
    case area(alpha: Double, Sides)
    /// Each side uniformly between two shares of the image's, placed inside.
    case sides(ClosedRange<Double>)
  }

  private let law: Law

  package init(_ arguments: ArgumentValues) throws {
    guard let minmax = arguments[Self.minmax] else {
      law = .area(alpha: arguments[Self.alpha], arguments[Self.sides])
      return
    }
    guard !arguments.isGiven(Self.alpha), !arguments.isGiven(Self.sides) else {
      throw GraftError(
        .usage, "`cutmix` has minmax and alpha or sides, which contradict each other",
        help: "minmax= draws the width and height, alpha= the area: give one of them")
    }
    law = .sides(minmax)
  }

  package func sample(size: ImageSize, random: inout RandomStream) -> MixingRegion {
    switch law {
    case .area(let alpha, let sides):
      let share = (1 - random.beta(alpha, alpha)).squareRoot()
      let x = random.integer(in: 0...(size.width - 1))
      let y = random.integer(in: 0...(size.height - 1))
      let (left, right) = sides.halves(share * Double(size.width))
      let (top, bottom) = sides.halves(share * Double(size.height))
      let box = ImageBox(x: x - left, y: y - top, width: left + right, height: top + bottom)
      return .box(box.clipped(to: size))
    case .sides(let shares):
      let height = Self.length(shares, of: size.height, &random)
      let width = Self.length(shares, of: size.width, &random)
      let y = random.integer(in: 0...(size.height - height))
      let x = random.integer(in: 0...(size.width - width))
      return .box(ImageBox(x: x, y: y, width: width, height: height))
    }
  }

  /// The upper end is left out, as in timm, unless nothing would remain.
  private static func length(
    _ shares: ClosedRange<Double>, of side: Int, _ random: inout RandomStream
  ) -> Int {
    let low = Int(shares.lowerBound * Double(side))
    return random.integer(in: low...max(low, Int(shares.upperBound * Double(side)) - 1))
  }
}

extension CutMix.Sides {
  /// What lies before and after the middle of a side of `length` pixels.
  fileprivate func halves(_ length: Double) -> (before: Int, behind: Int) {
    switch self {
    case .even: (Int(length / 2), Int(length / 2))
    case .any: (Int(length) / 2, (Int(length) + 1) / 2)
    }
  }
}
