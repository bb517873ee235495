/// A way to find the positions of an image that a score depends on.
///
/// A new one is one file and one line in `ExplanationMethods.all`.
package protocol ExplanationMethod: Sendable {
  /// As `method=` takes it: `gradcam`.
  static var name: String { get }
  /// One line for help, without its source.
  static var summary: String { get }
  /// Paper, by author and year.
  static var source: String { get }
  /// Which settings change what it gives.
  static var settings: Set<ExplanationSettings.Key> { get }

  /// Throws where the settings do not fit the network, before anything is computed.
  static func check(_ settings: ExplanationSettings, _ network: ExplainedNetwork) throws

  /// What the score of `image` depends on; `progress` gets the share that is done, and may throw.
  static func attribution(
    of image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings,
    progress: (Double) throws -> Void
  ) throws -> Attribution
}

extension ExplanationMethod {
  package static func check(_ settings: ExplanationSettings, _ network: ExplainedNetwork) throws {}
}

/// The settings of all methods.
package struct ExplanationSettings: Sendable {
  package enum Key: String, Sendable, CaseIterable {
    case layer, window, stride, samples, noise, steps
  }

  /// The layer that a class activation map is of; nil is the encoder's last feature map.
  package var layer: String?
  /// The side of the square that is covered, in pixels; nil is a seventh of the image.
  package var window: Int?
  /// From one square to the next, in pixels; nil is half of the window.
  package var stride: Int?
  /// Noisy copies of the image.
  package var samples = 25
  /// The standard deviation of the noise, as a share of the image's range.
  package var noise = 0.15
  /// Points on the way from the baseline to the image.
  package var steps = 50
  package var seed: UInt64 = 0

  package init() {}
}

package enum ExplanationMethods {
  /// In the order in which help shows them.
  package static let all: [any ExplanationMethod.Type] = [
    GradCAM.self, GradCAMPlusPlus.self, Occlusion.self, Saliency.self, SmoothGrad.self,
    IntegratedGradients.self, Deconvolution.self, GuidedBackpropagation.self,
  ]

  package static func method(_ name: String) -> (any ExplanationMethod.Type)? {
    all.first { $0.name == name }
  }
}
