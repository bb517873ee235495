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
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    // Files are read once; images of the data have another position in each epoch.
    let files = request.paths.isEmpty ? nil : try sheet(0).subjects()
    var frames: [Image] = []
    for frame in 0..<epochs {
      try session.interrupts.check()
      let sheet = sheet(frame)
      let subjects = try files?.map { $0.inEpoch(sheet.request.epoch) } ?? sheet.subjects()
      frames.append(try sheet.sheet(of: subjects).drawn())
      if session.settings.isProgressShown {
        writer.show(
          ProgressLine(title: "preview", fraction: Double(frame + 1) / Double(epochs)))
      }
    }
    return Animation(frames, pause: pause, background: ContactSheet.backgroundColor)
  }

  private func sheet(_ frame: Int) -> PreviewSheet {
    var request = request
    request.epoch += frame
    return PreviewSheet(session: session, request: request, pipelines: pipelines)
  }
}
