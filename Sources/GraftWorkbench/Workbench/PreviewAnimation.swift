import GraftBase
import GraftImaging

/// A preview of several epochs: one frame each, with the same images as training sees them then.
struct PreviewAnimation {
  let session: Session
  /// Its epoch is the first.
  let request: PreviewSheet.Request
  let pipelines: [(label: String, pipeline: Pipeline)]
  let epochs: Int
  /// Seconds per epoch.
  let pause: Double

  func animation() throws -> Animation {
    let frames = try (0..<epochs).map { epoch in
      var request = request
      request.epoch += epoch
      return try PreviewSheet(session: session, request: request, pipelines: pipelines).sheet()
        .drawn()
    }
    return Animation(frames, pause: pause, background: ContactSheet.backgroundColor)
  }
}
