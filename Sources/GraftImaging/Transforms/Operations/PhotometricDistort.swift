import GraftBase

/// Changes brightness, contrast, saturation, hue and the order of channels, each with probability
/// 1/2 (Liu et al., 2016); torchvision's `RandomPhotometricDistort`.
package struct PhotometricDistort: Transform, Equatable {
  package static let name = "photometric"
  package static let summary =
    "change colors as in detector training, each part with probability 1/2"
  private static let brightness = factor("brightness", "0.875..1.125")
  private static let contrast = factor("contrast", "0.5..1.5")
  private static let saturation = factor("saturation", "0.5..1.5")
  private static let hue = Argument(
    "hue", .range(-0.5...0.5, single: .symmetric), defaultText: "-0.05..0.05",
    "share of the color wheel; h means -h..h")
  private static let each = Argument(
    "each", .number(0...1), default: 0.5, "the probability of each part")
  package static let arguments: [any AnyArgument] = [brightness, contrast, saturation, hue, each]
  package static let examples = [
    "photometric", "photometric(0.2, contrast=0.8..1.2, hue=0.1, each=0.3, p=0.5)",
  ]
  package static let synonyms = [
    "photometricdistort", "randomphotometricdistort", "distort", "ssd",
  ]

  let brightness: ClosedRange<Double>
  let contrast: ClosedRange<Double>
  let saturation: ClosedRange<Double>
  let hue: ClosedRange<Double>
  let each: Double

  package struct Parameters: Codable, Sendable, Equatable {
    /// In the order in which they are made.
    package var changes: [ColorJitter.Change]
    /// Of the channels.
    package var order: [Int]
  }

  package init(_ arguments: ArgumentValues) {
    brightness = arguments[Self.brightness]
    contrast = arguments[Self.contrast]
    saturation = arguments[Self.saturation]
    hue = arguments[Self.hue]
    each = arguments[Self.each]
  }

  private static func factor(_ name: String, _ defaultText: String) -> Argument<ClosedRange<Double>>
  {
    Argument(
      name, .range(0...10, single: .factor), defaultText: defaultText,
      "factor; b means max(0, 1-b)..1+b")
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> Parameters {
    let parts: [(ColorJitter.Change.Kind, ClosedRange<Double>)] = [
      (.brightness, brightness), (.contrast, contrast), (.saturation, saturation), (.hue, hue),
    ]
    var changes: [ColorJitter.Change] = []
    for (kind, range) in parts where random.gate(each) {
      changes.append(.init(kind: kind, amount: random.uniform(range)))
    }
    let isContrastEarly = random.gate(0.5)
    if !isContrastEarly, let place = changes.firstIndex(where: { $0.kind == .contrast }) {
      changes.append(changes.remove(at: place))
    }
    return Parameters(
      changes: changes, order: random.gate(each) ? random.permutation(3) : [0, 1, 2])
  }

  package func edits(_ parameters: Parameters, size: ImageSize) -> [Edit] {
    parameters.changes.map(\.edit)
      + [.repaint("channel shuffle") { $0.withChannels(parameters.order) }]
  }

  package func describe(_ parameters: Parameters) -> String {
    let channels = parameters.order.map { ["R", "G", "B"][$0] }.joined()
    let parts = parameters.changes.map(\.text) + (channels == "RGB" ? [] : [channels])
    return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
  }
}
