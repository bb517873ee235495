extension Pipeline {
  /// The widest frame, in pixels on each side, that a `crop` puts around an image before it takes a
  /// window; nil where none does.
  ///
  /// `crop(224)` means this and not a window of 224 pixels, so that most of what it gives is frame.
  package var widestPadding: Int? { steps.compactMap(\.widestPadding).max() }
}

extension PipelineStep {
  fileprivate var widestPadding: Int? {
    switch action {
    case .transform(let transform):
      (transform as? Crop).flatMap { $0.pad > 0 ? $0.pad : nil }
    case .choose(_, let steps): steps.compactMap(\.widestPadding).max()
    }
  }
}
