import GraftBase

/// Mixes chains of operations with the image they start from (Hendrycks et al., 2020).
///
/// Draws, operations and magnitudes are the authors'; with `levels=torchvision` magnitudes are the
/// first `severity` of torchvision's ten; a timm string means timm's magnitudes, mean color and
/// random filters. The authors mix normalized floats; here the same sum of bytes in float32 is
/// rounded to the nearest byte; with `levels=torchvision` it is cut off as there, which is half a gray
/// level darker on average.
package struct AugMix: PolicyTransform, Equatable {
  package static let name = "augmix"
  package static let summary = "mix the image with copies that passed through chains of ops"
  private static let severity = Argument(
    "severity", .integer(1...10), default: 3, "strength of the operations")
  private static let width = Argument("width", .integer(1...16), default: 3, "number of chains")
  private static let depth = Argument(
    "depth", .integer(-1...16), default: -1, "operations in a chain; -1 draws one to three")
  private static let alpha = Argument(
    "alpha", .number(0.001...100), default: 1,
    "weights are drawn from Dirichlet(alpha) and Beta(alpha, alpha)")
  private static let all = Argument(
    "all", .flag, default: true, "color ops too; ImageNet-C is tested without them")
  private static let levels = Argument(
    "levels", .word, default: Levels.paper, "library whose magnitudes are used")
  private static let timm = Argument(
    "timm", .text(prefix: TimmAugMix.prefix),
    "timm's string instead of these parameters", usual: "augmix-m5-w4-d2")
  private static let filter = Published<WarpFilter>.filter
  private static let fill = Published<FillChoice>.fill
  package static let arguments: [any AnyArgument] = [
    severity, width, depth, alpha, all, levels, timm, filter, fill,
  ]
  package static let examples = [
    "augmix", "augmix(severity=1, all=no)", "augmix(5, width=4, depth=2)",
    "augmix(augmix-m5-w4-d2)",
  ]

  package static let differsBetweenCopies = true

  package enum Levels: String, Codable, WordChoice {
    case paper, torchvision
  }

  let severity: Int
  let width: Int
  let depth: Int
  let alpha: Double
  let hasColors: Bool
  let levels: Levels
  /// How timm draws magnitudes, where its rules hold.
  let timm: TimmMagnitude?
  let filter: WarpFilter?
  let fill: FillChoice?

  package struct Chain: Codable, Equatable, Sendable {
    /// The chain's share of the mixture of chains.
    package var weight: Double
    package var steps: [PolicyStep]
  }

  package struct Parameters: Codable, Equatable, Sendable {
    package var chains: [Chain]
    /// What is left of the image itself.
    package var ownShare: Double
    package var fill: FillColor
  }

  package init(_ arguments: ArgumentValues) throws {
    hasColors = arguments[Self.all]
    levels = arguments[Self.levels]
    filter = arguments[Self.filter].choice
    fill = arguments[Self.fill].choice
    if let text = arguments[Self.timm] {
      let numbers: [any AnyArgument] = [
        Self.severity, Self.width, Self.depth, Self.alpha, Self.all, Self.levels,
      ]
      guard !numbers.contains(where: { arguments.isGiven($0) }) else {
        throw GraftError(
          .usage, "`augmix` has both a timm string and other parameters",
          help: "the string sets all of them: augmix-m5-w4-d2")
      }
      let string = try TimmAugMix(text)
      (severity, width, depth) = (string.magnitude, string.width, string.depth)
      (alpha, timm) = (string.alpha, string.spread)
      return
    }
    severity = arguments[Self.severity]
    width = arguments[Self.width]
    depth = arguments[Self.depth]
    alpha = arguments[Self.alpha]
    timm = nil
    guard depth != 0 else {
      throw GraftError(
        .usage, "`depth` of `augmix` is 0, which changes nothing",
        help: "legal is 1..16, or -1 for one to three at random")
    }
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    let weights = random.dirichlet([Double](repeating: alpha, count: width))
    let mixed = random.beta(alpha, alpha)
    let chains = weights.map { weight in
      let length = depth > 0 ? depth : random.integer(in: 1...3)
      return Chain(weight: weight, steps: (0..<length).map { _ in step(size, &random) })
    }
    let fill = fill ?? (timm == nil ? .black : .mean)
    return Parameters(chains: chains, ownShare: 1 - mixed, fill: fill.color(in: context))
  }

  private func step(_ size: ImageSize, _ random: inout RandomStream) -> PolicyStep {
    let operation = (hasColors ? PolicySet.augmixAll : .augmix).draw(&random)
    if let timm {
      let strength = timm.strength(Double(severity), random: &random)
      let filter = operation.isWarp ? WarpFilter.timm(filter, random: &random) : .nearest
      return PolicyMagnitudes.timmIncreasing.step(
        operation, at: strength, size: size, filter: filter, random: &random)
    }
    let filter = filter ?? .bilinear
    switch levels {
    case .paper:
      let strength = random.uniform(0.1...Double(severity)) / 10
      return PolicyMagnitudes.augmix.step(
        operation, at: strength, size: size, filter: filter, random: &random)
    case .torchvision:
      let strength = Double(random.integer(in: 0...(severity - 1))) / 9
      return PolicyMagnitudes.torchvisionAugmix.step(
        operation, at: strength, size: size, filter: filter, random: &random)
    }
  }

  /// Chains move pixels each in its own way and are laid over each other: masks and boxes stay.
  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    let mixed = 1 - parameters.ownShare
    let chains = parameters.chains.map { chain in
      (
        weight: mixed * chain.weight,
        program: EditProgram(chain.steps.edits(size: size, fill: parameters.fill), size: size)
      )
    }
    let cutsOff = timm == nil && levels == .torchvision
    return [
      .repaint("augmix") { image in
        image.mixed(
          share: parameters.ownShare, with: chains.map { ($0.weight, $0.program.run(on: image)) },
          cutsOff: cutsOff)
      }
    ]
  }

  package func describe(_ parameters: Parameters) -> String {
    func percent(_ share: Double) -> String { "\((100 * share).signedText(0)) %" }
    let chains = parameters.chains.map { chain in
      percent((1 - parameters.ownShare) * chain.weight) + " " + chain.steps.text
    }
    return ([percent(parameters.ownShare) + " own"] + chains).joined(separator: "; ")
  }
}

extension AugMix {
  package var ranges: [PolicyRange] {
    let set: PolicySet = hasColors ? .augmixAll : .augmix
    if let timm {
      return set.ranges(0...timm.strengths(Double(severity)).upperBound, .timmIncreasing)
    }
    return switch levels {
    case .paper: set.ranges(0.01...Double(severity) / 10, .augmix)
    case .torchvision: set.ranges(0...Double(severity - 1) / 9, .torchvisionAugmix)
    }
  }

  package var shownFilter: WarpFilter { filter ?? (timm == nil ? .bilinear : .bicubic) }
  package var shownFill: FillChoice { fill ?? (timm == nil ? .black : .mean) }
}
