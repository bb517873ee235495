import GraftBase

/// The magnitude of the score's gradient at each pixel.
package enum Saliency: ExplanationMethod {
  package static let name = "saliency"
  package static let summary = "how much the score changes with each pixel"
  package static let source = "Simonyan et al., 2014"
  package static let settings: Set<ExplanationSettings.Key> = []

  package static func attribution(
    of image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings,
    progress: (Double) throws -> Void
  ) throws -> Attribution {
    let found = try probe.gradients(of: image, at: probe.network.image, focus)
    return .ofPixels(found.gradients.map(abs), probe, isSigned: false)
  }
}

/// The magnitude of gradients that are averaged over noisy copies of the image, which leaves out what only noise
/// decides.
package enum SmoothGrad: ExplanationMethod {
  package static let name = "smoothgrad"
  package static let summary = "gradients averaged over noisy copies of the image"
  package static let source = "Smilkov et al., 2017"
  package static let settings: Set<ExplanationSettings.Key> = [.samples, .noise]

  private static let batch = 8

  package static func attribution(
    of image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings,
    progress: (Double) throws -> Void
  ) throws -> Attribution {
    let range = (image.max() ?? 0) - (image.min() ?? 0)
    let deviation = Float(settings.noise) * range
    var sums = [Double](repeating: 0, count: image.count)
    for start in stride(from: 0, to: settings.samples, by: batch) {
      let numbers = start..<min(start + batch, settings.samples)
      let copies = numbers.flatMap { number in
        var stream = RandomStream(seed: settings.seed, purpose: .explanation, sample: number)
        return image.map { $0 + deviation * Float(stream.normal()) }
      }
      let found = try probe.gradients(of: copies, at: probe.network.image, focus)
      for (place, gradient) in found.gradients.enumerated() {
        sums[place % image.count] += Double(gradient)
      }
      try progress(Double(numbers.upperBound) / Double(settings.samples))
    }
    let means = sums.map { Float(abs($0 / Double(settings.samples))) }
    var result = Attribution.ofPixels(means, probe, isSigned: false)
    result.notes.append(
      "\(settings.samples) copies with noise of \(settings.noise.shortText) of the image's range")
    return result
  }
}

extension Attribution {
  /// A value for each channel of each pixel.
  static func ofPixels(
    _ values: [Float], _ probe: ScoreProbe, isSigned: Bool, kind: Kind = .pixels
  ) -> Attribution {
    let (side, channels) = (probe.network.side, probe.network.image.shape.channels)
    return Attribution(
      rows: side, columns: side, channels: channels, values: values, isSigned: isSigned,
      kind: kind, reduction: isSigned ? .sum : .largestMagnitude)
  }
}
