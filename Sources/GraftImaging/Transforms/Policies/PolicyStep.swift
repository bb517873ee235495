import GraftBase

/// One operation of a policy with everything drawn.
package struct PolicyStep: Codable, Equatable, Sendable {
  package var operation: PolicyOperation
  /// Shear factor, pixels to the right or down, degrees, factor minus 1, bits, threshold, what is
  /// added, or the share of colour that is removed.
  package var amount: Double
  /// How a warp reads between pixels; of no account elsewhere.
  package var filter: WarpFilter

  package init(_ operation: PolicyOperation, _ amount: Double = 0, filter: WarpFilter = .nearest) {
    self.operation = operation
    self.amount = amount
    self.filter = filter
  }

  /// The picture after the step; shears pivot on the top-left corner, as in the published policies.
  package func applied(to image: Image, fill: FillColour) -> Image {
    switch operation {
    case .identity: image
    case .shearX: image.warped(by: .shear(x: amount, y: 0), filter: filter, fill: fill)
    case .shearY: image.warped(by: .shear(x: 0, y: amount), filter: filter, fill: fill)
    case .translateX: image.moved(x: amount, y: 0, filter: filter, fill: fill)
    case .translateY: image.moved(x: 0, y: amount, filter: filter, fill: fill)
    case .rotate: image.rotated(byDegrees: amount, filter: filter, fill: fill)
    case .brightness: image.withBrightness(1 + amount)
    case .colour: image.withSaturation(1 + amount)
    case .contrast: image.withContrast(1 + amount)
    case .sharpness: image.withSharpness(1 + amount)
    case .posterize: image.applying(.posterize(bits: Int(amount)))
    case .solarize: image.applying(.solarize(threshold: amount))
    case .autocontrast: image.applying(.autoContrast(Histogram(image)))
    case .equalize: image.applying(.equalize(Histogram(image)))
    case .invert: image.applying(.invert)
    case .solarizeAdd: image.applying(.solarizeAdd(Int(amount)))
    case .desaturate: image.withSaturation(1 - amount)
    }
  }

  /// The step for people: `rotate −9.0°`.
  package var text: String {
    switch operation {
    case .identity, .autocontrast, .equalize, .invert: operation.rawValue
    case .rotate: "rotate \(amount.signedText(1))°"
    case .brightness, .colour, .contrast, .sharpness:
      "\(operation.rawValue) ×\((1 + amount).signedText())"
    case .translateX, .translateY, .posterize, .solarize, .solarizeAdd:
      "\(operation.rawValue) \(amount.signedText(0))"
    case .shearX, .shearY, .desaturate: "\(operation.rawValue) \(amount.signedText())"
    }
  }
}

extension Image {
  /// The content moved to the right and down; whole pixels are copied whatever the filter.
  fileprivate func moved(x: Double, y: Double, filter: WarpFilter, fill: FillColour) -> Image {
    if let x = Int(exactly: x), let y = Int(exactly: y) {
      return window(ImageBox(x: -x, y: -y, width: width, height: height), fill: fill)
    }
    return warped(by: .shift(x: -x, y: -y), filter: filter, fill: fill)
  }
}

/// What a policy that applies one chain of operations drew.
package struct PolicyDraw: Codable, Equatable, Sendable {
  package var steps: [PolicyStep]
  package var fill: FillColour

}

extension Transform where Parameters == PolicyDraw {
  package func apply(_ image: Image, _ parameters: PolicyDraw) -> Image {
    image.applying(parameters.steps, fill: parameters.fill)
  }

  package func describe(_ parameters: PolicyDraw) -> String { parameters.steps.text }
}

extension Image {
  /// The picture after all the steps, one after the other.
  func applying(_ steps: [PolicyStep], fill: FillColour) -> Image {
    steps.reduce(self) { $1.applied(to: $0, fill: fill) }
  }
}

extension [PolicyStep] {
  /// The steps for people; `nothing` when no gate opened.
  var text: String { isEmpty ? "nothing" : map(\.text).joined(separator: ", ") }
}
