import GraftBase

/// How far the score falls where a square of the image is covered with the mean color.
///
/// The value of a pixel is the mean over all squares that cover it.
package enum Occlusion: ExplanationMethod {
  package static let name = "occlusion"
  package static let summary = "how far the score falls where a square of the image is covered"
  package static let source = "Zeiler and Fergus, 2014"
  package static let settings: Set<ExplanationSettings.Key> = [.window, .stride]

  /// Covered images that are scored at once.
  private static let batch = 32

  package static func check(_ settings: ExplanationSettings, _ network: ExplainedNetwork) throws {
    _ = try squares(settings, network.side)
  }

  /// The side of the squares, and how far they are apart.
  private static func squares(
    _ settings: ExplanationSettings, _ side: Int
  ) throws -> (window: Int, step: Int) {
    let window = settings.window ?? max(2, side / 7)
    let step = settings.stride ?? max(1, window / 2)
    guard window <= side, step <= window else {
      throw GraftError(
        .usage,
        step > window
          ? "stride=\(step) leaves pixels between squares of window=\(window) uncovered"
          : "window=\(window) is larger than the image of \(side)×\(side) pixels",
        help: "for example: window=\(max(2, side / 7)) stride=\(max(1, side / 14))")
    }
    return (window, step)
  }

  package static func attribution(
    of image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings,
    progress: (Double) throws -> Void
  ) throws -> Attribution {
    let (side, channels) = (probe.network.side, probe.network.image.shape.channels)
    let (window, step) = try squares(settings, side)
    let starts = Array(stride(from: 0, to: side - window + step, by: step))
    let corners = starts.flatMap { y in starts.map { (y, $0) } }
    let whole = try probe.scores(of: image, focus)[0]
    var sums = [Double](repeating: 0, count: side * side)
    var counts = [Double](repeating: 0, count: side * side)
    for start in stride(from: 0, to: corners.count, by: batch) {
      let squares = corners[start..<min(start + batch, corners.count)].map { y, x in
        (y..<min(y + window, side), x..<min(x + window, side))
      }
      let covered = squares.flatMap { rows, columns in
        var copy = image
        for y in rows {
          for place in (y * side + columns.lowerBound) * channels..<(y * side + columns.upperBound)
            * channels
          { copy[place] = 0 }
        }
        return copy
      }
      for (square, score) in zip(squares, try probe.scores(of: covered, focus)) {
        for y in square.0 {
          for x in square.1 {
            sums[y * side + x] += whole - score
            counts[y * side + x] += 1
          }
        }
      }
      try progress(Double(min(start + batch, corners.count)) / Double(corners.count))
    }
    var result = Attribution(
      rows: side, columns: side, channels: 1,
      values: zip(sums, counts).map { $1 > 0 ? Float($0 / $1) : 0 }, isSigned: true,
      kind: .regions)
    result.notes.append(
      "squares of \(window) px, one every \(step) px, covered with the mean color")
    return result
  }
}
