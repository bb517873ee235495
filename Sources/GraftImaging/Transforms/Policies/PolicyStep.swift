import GraftBase

/// One operation of a policy with everything drawn.
package struct PolicyStep: Codable, Equatable, Sendable {
  package var operation: PolicyOperation
  /// Shear factor, pixels to the right or down, degrees, factor minus 1, bits, threshold, what is
  /// added, the share of color that is removed, standard deviation, or half the side of a square.
  package var amount: Double
  /// How a warp reads between pixels; of no account elsewhere.
  package var filter: WarpFilter
  /// The square that `cutout` paints over, not yet clipped to the image.
  package var box: ImageBox?

  package init(_ operation: PolicyOperation, _ amount: Double = 0, filter: WarpFilter = .nearest) {
    self.operation = operation
    self.amount = amount
    self.filter = filter
  }

  /// What the step does to an image of `size`; shears pivot on the top-left corner, as in the
  /// published policies.
  func edits(size: ImageSize, fill: FillColor) -> [Edit] {
    func warped(by map: AffineMap) -> [Edit] {
      [.warp(.affine(map), size: size, filter: filter, fill: fill)]
    }
    return switch operation {
    case .identity: []
    case .shearX: warped(by: .shear(x: amount, y: 0))
    case .shearY: warped(by: .shear(x: 0, y: amount))
    case .translateX: [shifted(x: amount, y: 0, size: size, fill: fill)]
    case .translateY: [shifted(x: 0, y: amount, size: size, fill: fill)]
    case .rotate:
      [.rotation(degrees: amount, size: size, filter: filter, fill: fill)]
    case .brightness: [.brightness(1 + amount)]
    case .color: [.saturation(1 + amount)]
    case .contrast: [.contrast(1 + amount)]
    case .sharpness: [.sharpness(1 + amount)]
    case .posterize: [.recolor("posterize", .posterize(bits: Int(amount)))]
    case .solarize: [.recolor("solarize", .solarize(threshold: amount))]
    case .autocontrast: [.autoContrast]
    case .equalize: [.equalize]
    case .invert: [.recolor("invert", .invert)]
    case .solarizeAdd: [.recolor("solarize-add", .solarizeAdd(Int(amount)))]
    case .desaturate: [.saturation(1 - amount)]
    // Pillow's, which timm's policies use.
    case .blur: [.repaint("blur") { [amount] in $0.blurred(sigma: amount, kernel: .box) }]
    case .cutout: [.erase(box.map { [Erasure(box: $0, content: .color(fill))] } ?? [])]
    }
  }

  /// Moves the content to the right and down; whole pixels are copied whatever the filter.
  private func shifted(x: Double, y: Double, size: ImageSize, fill: FillColor) -> Edit {
    if let x = Int(exactly: x), let y = Int(exactly: y) {
      return .shift(x: x, y: y, size: size, fill: fill)
    }
    return .warp(
      .affine(.shift(x: -x, y: -y)), size: size, filter: filter, fill: fill)
  }

  /// The step for people: `rotate −9.0°`.
  package var text: String {
    switch operation {
    case .identity, .autocontrast, .equalize, .invert: operation.rawValue
    case .rotate: "rotate \(amount.signedText(1))°"
    case .brightness, .color, .contrast, .sharpness:
      "\(operation.rawValue) ×\((1 + amount).signedText())"
    case .translateX, .translateY, .posterize, .solarize, .solarizeAdd:
      "\(operation.rawValue) \(amount.signedText(0))"
    case .cutout: "cutout \(box?.text ?? "")"
    case .shearX, .shearY, .desaturate, .blur: "\(operation.rawValue) \(amount.signedText())"
    }
  }
}

/// What a policy that applies one chain of operations drew.
package struct PolicyDraw: Codable, Equatable, Sendable {
  package var steps: [PolicyStep]
  package var fill: FillColor
}

extension Transform where Parameters == PolicyDraw {
  package func edits(_ parameters: PolicyDraw, size: ImageSize) -> [Edit] {
    parameters.steps.edits(size: size, fill: parameters.fill)
  }

  package func describe(_ parameters: PolicyDraw) -> String { parameters.steps.text }
}

extension [PolicyStep] {
  /// What the steps do, one after the other, to an image of `size`; none of them changes the size.
  func edits(size: ImageSize, fill: FillColor) -> [Edit] {
    flatMap { $0.edits(size: size, fill: fill) }
  }

  /// The steps for people; `nothing` when no gate opened.
  var text: String { isEmpty ? "nothing" : map(\.text).joined(separator: ", ") }
}
