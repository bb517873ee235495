import GraftBase
import GraftEngine

/// Feature maps of a layer, weighted by the mean gradient of the score at each, where the sum is positive.
package enum GradCAM: ExplanationMethod {
  package static let name = "gradcam"
  package static let summary =
    "feature maps of the last layer before pooling, weighted by how much the score grows with them"
  package static let source = "Selvaraju et al., 2017"
  package static let settings: Set<ExplanationSettings.Key> = [.layer]

  package static func check(_ settings: ExplanationSettings, _ network: ExplainedNetwork) throws {
    _ = try ClassActivation.layer(settings, network)
  }

  package static func attribution(
    of image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings,
    progress: (Double) throws -> Void
  ) throws -> Attribution {
    try ClassActivation(image, focus, probe, settings).map { _, gradients in
      gradients.reduce(0, +) / Float(gradients.count)
    }
  }
}

/// The same with gradients that count more where few places of a map carry the score, so that several
/// objects of a class are all shown.
package enum GradCAMPlusPlus: ExplanationMethod {
  package static let name = "gradcam++"
  package static let summary =
    "the same with weights that find every object where an image has several"
  package static let source = "Chattopadhyay et al., 2018"
  package static let settings: Set<ExplanationSettings.Key> = [.layer]

  package static func check(_ settings: ExplanationSettings, _ network: ExplainedNetwork) throws {
    _ = try ClassActivation.layer(settings, network)
  }

  package static func attribution(
    of image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings,
    progress: (Double) throws -> Void
  ) throws -> Attribution {
    try ClassActivation(image, focus, probe, settings).map { values, gradients in
      let total = values.reduce(0, +)
      return gradients.reduce(0) { sum, gradient in
        guard gradient > 0 else { return sum }
        let square = gradient * gradient
        let share = square / (2 * square + total * square * gradient + 1e-6)
        return sum + share * gradient
      }
    }
  }
}

/// A layer's maps and the score's gradients at them.
private struct ClassActivation {
  let found: ScoreProbe.Gradients
  let side: Int

  init(
    _ image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings
  ) throws {
    let layer = try Self.layer(settings, probe.network)
    found = try probe.gradients(of: image, at: layer, focus)
    side = probe.network.side
  }

  /// The layer whose maps are weighted.
  static func layer(_ settings: ExplanationSettings, _ network: ExplainedNetwork) throws -> Value {
    let layer = try settings.layer.map(network.value) ?? network.featureMap
    guard layer.shape.rank == 4 else {
      throw GraftError(
        .usage, "a class activation map needs a layer of feature maps, not a vector",
        help: "choose a layer before pooling and flattening")
    }
    // Images are square: a column of values is a list, whose order is no place.
    guard layer.shape[1] == 1 || layer.shape[2] > 1 else {
      throw GraftError(
        .usage, "a class activation map needs a layer of feature maps, not a list of tokens",
        help: "choose another method: occlusion, saliency, smoothgrad or integrated")
    }
    return layer
  }

  /// The positive part of the sum of maps, each times its weight.
  func map(_ weight: (_ values: [Float], _ gradients: [Float]) -> Float) -> Attribution {
    let (rows, columns, channels) = (found.shape[1], found.shape[2], found.shape[3])
    var sums = [Float](repeating: 0, count: rows * columns)
    for channel in 0..<channels {
      let places = sums.indices.map { $0 * channels + channel }
      let values = places.map { found.values[$0] }
      let factor = weight(values, places.map { found.gradients[$0] })
      for (place, value) in values.enumerated() { sums[place] += factor * value }
    }
    var result = Attribution(
      rows: rows, columns: columns, channels: 1, values: sums.map { max($0, 0) }, isSigned: false,
      kind: .regions)
    result.step = (Double(side) / Double(rows), Double(side) / Double(columns))
    result.first = (result.step.y / 2, result.step.x / 2)
    if rows * columns == 1 {
      result.notes.append("the layer has one place, which says nothing about where in the image")
    }
    return result
  }
}
