import GraftBase

/// Changes brightness, contrast, saturation and hue in a random order: torchvision's `ColorJitter`.
package struct ColorJitter: Transform, Equatable {
  package static let name = "jitter"
  package static let summary = "change brightness, contrast, saturation and hue in random order"
  private static let brightness = factor("brightness")
  private static let contrast = factor("contrast")
  private static let saturation = factor("saturation")
  private static let hue = Argument(
    "hue", .range(-0.5...0.5, single: .symmetric), defaultText: "0",
    "share of the color wheel; h means -h..h", usual: "0.1")
  package static let arguments: [any AnyArgument] = [brightness, contrast, saturation, hue]
  package static let examples = [
    "jitter(0.4, 0.4, 0.4, 0.1)", "jitter(brightness=0.2, contrast=0.5..1.5, p=0.8)",
  ]
  package static let synonyms = [
    "colorjitter", "colourjitter", "color", "colour", "huesaturationvalue",
  ]

  let brightness: ClosedRange<Double>
  let contrast: ClosedRange<Double>
  let saturation: ClosedRange<Double>
  let hue: ClosedRange<Double>

  /// One change and its amount.
  package struct Change: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, Sendable {
      case brightness, contrast, saturation, hue
    }

    package var kind: Kind
    package var amount: Double
  }

  package init(_ arguments: ArgumentValues) throws {
    brightness = arguments[Self.brightness]
    contrast = arguments[Self.contrast]
    saturation = arguments[Self.saturation]
    hue = arguments[Self.hue]
    if enabled.isEmpty {
      throw GraftError(
        .usage, "`jitter` changes nothing: all its parameters are 0",
        help: "for example jitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)")
    }
  }

  private static func factor(_ name: String) -> Argument<ClosedRange<Double>> {
    Argument(
      name, .range(0...10, single: .factor), defaultText: "0",
      "factor; b means max(0, 1-b)..1+b", usual: "0.4")
  }

  /// The changes that do anything, in the order of the arguments.
  private var enabled: [(kind: Change.Kind, range: ClosedRange<Double>)] {
    let all: [(Change.Kind, ClosedRange<Double>)] = [
      (.brightness, brightness), (.contrast, contrast), (.saturation, saturation),
    ]
    return all.filter { $0.1 != 1...1 } + (hue == 0...0 ? [] : [(.hue, hue)])
  }

  package func sample(
    size: ImageSize, context: TransformContext, random: inout RandomStream
  ) -> [Change] {
    let order = random.permutation(enabled.count)
    let changes = enabled.map { Change(kind: $0.kind, amount: random.uniform($0.range)) }
    return order.map { changes[$0] }
  }

  package func edits(_ parameters: [Change], size: ImageSize) -> [Edit] {
    parameters.map(\.edit)
  }

  package func describe(_ parameters: [Change]) -> String {
    parameters.map(\.text).joined(separator: ", ")
  }
}

extension ColorJitter.Change {
  /// The change for people: `contrast ×1.20`.
  var text: String {
    kind == .hue
      ? "hue " + (amount * 360).signedText(0) + "°" : kind.rawValue + " ×" + amount.signedText()
  }
}

extension ColorJitter.Change {
  var edit: Edit {
    switch kind {
    case .brightness: .brightness(amount)
    case .contrast: .contrast(amount)
    case .saturation: .saturation(amount)
    case .hue: .hue(amount)
    }
  }
}
