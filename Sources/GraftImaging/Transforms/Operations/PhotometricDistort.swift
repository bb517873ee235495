import GraftBase

/// Changes brightness, contrast, saturation, hue and the order of channels, each by a coin's fall
/// (Liu et al., 2016); torchvision's `RandomPhotometricDistort`.
package struct PhotometricDistort: Transform, Equatable {
  package static let name = "photometric"
  package static let summary = "change colors as detectors are trained with, each part by a coin"
  package static let options = [
    factor("brightness", "0.875..1.125"), factor("contrast", "0.5..1.5"),
    factor("saturation", "0.5..1.5"),
    TransformOption(
      "hue", .range(legal: -0.5...0.5, meaning: .symmetric), default: "-0.05..0.05",
      "share of the color wheel; h means -h..h"),
    TransformOption("each", .number(0...1), default: "0.5", "the probability of each part"),
  ]
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

  package init(_ arguments: TransformArguments) {
    brightness = arguments.range("brightness")
    contrast = arguments.range("contrast")
    saturation = arguments.range("saturation")
    hue = arguments.range("hue")
    each = arguments.number("each")
  }

  private static func factor(_ name: String, _ defaultText: String) -> TransformOption {
    TransformOption(
      name, .range(legal: 0...10, meaning: .factor), default: defaultText,
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
