import GraftBase

/// Blurs along a line, as a moving camera does; Albumentations' `MotionBlur`.
package struct MotionBlur: Transform, Equatable {
  package static let name = "motionblur"
  package static let summary = "blur along a line"
  private static let size = Argument(
    "size", .integerRange(3...99), default: 3...7,
    "length of the line in pixels; odd ones are drawn")
  private static let angle = Argument(
    "angle", .range(-360...360), default: 0...360, "direction of the line in degrees")
  private static let direction = Argument(
    "direction", .range(-1...1), default: -1...1, "0 blurs both ways equally, -1 and 1 one way only"
  )
  private static let shift = Argument(
    "shift", .flag, default: false, "also move the line off the center")
  package static let arguments: [any AnyArgument] = [size, angle, direction, shift]
  package static let examples = [
    "motionblur", "motionblur(9, angle=-45..45, p=0.5)",
    "motionblur(3..15, direction=0, shift=yes)",
  ]
  package static let synonyms = ["motion", "camerashake"]

  let size: ClosedRange<Int>
  let angle: ClosedRange<Double>
  let direction: ClosedRange<Double>
  let shifts: Bool

  package init(_ arguments: ArgumentValues) throws {
    size = arguments[Self.size]
    angle = arguments[Self.angle]
    direction = arguments[Self.direction]
    shifts = arguments[Self.shift]
    if size.count == 1, size.lowerBound % 2 == 0 {
      throw GraftError(
        .usage, "`size` of `motionblur` is \(size.lowerBound), but a line has a middle pixel",
        help: "give an odd number, for example size=\(size.lowerBound + 1)")
    }
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> MotionKernel {
    let side =
      2 * random.integer(in: (self.size.lowerBound / 2)...((self.size.upperBound - 1) / 2)) + 1
    let degrees = random.uniform(angle)
    let direction = random.uniform(direction)
    func shift() -> Double { random.uniform(-1...1) * Double(side / 2) / 2 }
    return MotionKernel(
      side: side, degrees: degrees, direction: direction,
      shift: shifts ? SIMD2(shift(), shift()) : .zero)
  }

  package func edits(_ parameters: MotionKernel, size: ImageSize) -> [Edit] {
    [.repaint("motion blur") { $0.blurred(by: parameters) }]
  }

  package func describe(_ parameters: MotionKernel) -> String {
    "over \(parameters.offsets.count) pixels"
  }
}
