import Foundation
import GraftBase

/// The state of a long step as numbers; how it looks is a pure function of them.
package struct ProgressLine: Sendable, Equatable {
  /// What is going on and for whom: `train A`.
  package var title: String
  /// The epoch under way, counted from 1.
  package var epoch: Int
  /// 0 where the step has no epochs.
  package var epochCount: Int
  /// The finished part of the whole step, 0...1.
  package var fraction: Double
  package var imagesPerSecond: Double?
  package var loss: Double?
  /// Losses of the epochs so far, oldest first; drawn as a sparkline.
  package var lossHistory: [Double] = []
  /// The latest validation score.
  package var validation: Double?
  /// The part of the time spent waiting for images, 0...1.
  package var waitingShare: Double?
  /// Seconds to the end, as far as can be told.
  package var remainingSeconds: Double?

  package init(title: String, epoch: Int, epochCount: Int, fraction: Double) {
    self.title = title
    self.epoch = epoch
    self.epochCount = epochCount
    self.fraction = fraction
  }

  /// The state of a step without epochs.
  package init(title: String, fraction: Double) {
    self.init(title: title, epoch: 0, epochCount: 0, fraction: fraction)
  }

  /// The line for a terminal of `width` columns, the last of which stays free.
  ///
  /// The bar shrinks first, then parts are left out from the right, and at last the title is shortened.
  package func rendered(width: Int, paint: Paint = Paint(isOn: false)) -> String {
    let rest = epochCount > 0 ? "  \(epoch)/\(epochCount) " : "  "
    var parts = details(isPlain: false)
    func length(_ barWidth: Int) -> Int {
      title.displayWidth + rest.displayWidth + (barWidth > 0 ? barWidth + 1 : 0)
        + percent.displayWidth + parts.reduce(0) { $0 + 2 + $1.displayWidth }
    }
    var barWidth = 12
    while length(barWidth) >= width && barWidth > 4 { barWidth -= 1 }
    while length(barWidth) >= width, !parts.isEmpty { parts.removeLast() }
    if length(barWidth) >= width { barWidth = 0 }
    let bar = barWidth > 0 ? Self.bar(fraction, width: barWidth, paint: paint) + " " : ""
    let excess = max(0, length(barWidth) + 1 - width)
    let shown = excess == 0 ? title : title.shortened(to: max(0, title.displayWidth - excess))
    guard excess == 0 || shown.displayWidth + excess <= title.displayWidth else {
      return (shown + rest + percent).shortened(to: max(0, width - 1))
    }
    return ([paint.bold(shown) + rest + bar + percent] + parts).joined(separator: "  ")
  }

  /// The line for a log: words and numbers only.
  package var plain: String {
    let place = epochCount > 0 ? "epoch \(epoch)/\(epochCount)" : percent
    return (["\(title)  \(place)"] + details(isPlain: true)).joined(separator: "  ")
  }

  private var percent: String { "\(Int((Self.clamped(fraction) * 100).rounded(.down)))%" }

  private func details(isPlain: Bool) -> [String] {
    var parts: [String] = []
    if let imagesPerSecond {
      parts.append("\(Int(Self.clamped(imagesPerSecond, 0...1e9)).groupedText) img/s")
    }
    if let loss {
      let spark = isPlain ? "" : Self.sparkline(lossHistory.suffix(12))
      parts.append("loss " + loss.fixedText(3) + (spark.isEmpty ? "" : " " + spark))
    }
    if let validation { parts.append("val " + validation.fixedText(3)) }
    if let waitingShare {
      parts.append("waiting \(Int((Self.clamped(waitingShare) * 100).rounded()))%")
    }
    if let remainingSeconds { parts.append("eta " + Self.clock(remainingSeconds)) }
    return parts
  }

  /// `━━━━━━━━╸━━━`: the finished part bright, the rest dim; without color the rest is `─`.
  package static func bar(_ fraction: Double, width: Int, paint: Paint) -> String {
    let filled = min(width, Int(clamped(fraction) * Double(width)))
    let hasHead = filled < width && clamped(fraction) > 0
    let rest = width - filled - (hasHead ? 1 : 0)
    return paint.green(String(repeating: "━", count: filled) + (hasHead ? "╸" : ""))
      + paint.dim(String(repeating: paint.isOn ? "━" : "─", count: rest))
  }

  /// Eight heights between the smallest and the largest value; values that are not finite are spaces.
  package static func sparkline(_ values: some Collection<Double>) -> String {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "" }
    let blocks = Array("▁▂▃▄▅▆▇█")
    return String(
      values.map { value in
        guard value.isFinite else { return " " }
        let height = high > low ? (value - low) / (high - low) * 7 : 3
        return blocks[min(7, max(0, Int(height.rounded())))]
      })
  }

  /// `0:41`, `12:05`, `1:02:03`.
  package static func clock(_ seconds: Double) -> String {
    let total = Int(clamped(seconds, 0...3.6e6).rounded())
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }

  private static func clamped(
    _ value: Double, _ range: ClosedRange<Double> = 0...1
  ) -> Double {
    value.isNaN ? range.lowerBound : min(range.upperBound, max(range.lowerBound, value))
  }
}

/// Shows progress lines on a console: redrawn in place on a terminal, else one line per epoch and at
/// least one every ten seconds.
package struct ProgressWriter {
  private let console: Console
  private let now: () -> Double
  private var lastShown = -Double.infinity
  private var isLineOpen = false

  /// `now` gives seconds from any starting point.
  package init(
    _ console: Console, now: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) {
    self.console = console
    self.now = now
  }

  /// Shows the state; cheap to call after every batch.
  package mutating func show(_ line: ProgressLine, isEpochEnd: Bool = false) {
    let time = now()
    if console.isProgressTerminal {
      guard isEpochEnd || time - lastShown >= 0.1 else { return }
      let paint = Paint(isOn: console.isColored)
      console.progressRaw("\r" + line.rendered(width: console.width, paint: paint) + "\u{1B}[K")
      isLineOpen = true
    } else {
      if lastShown == -.infinity { lastShown = time }
      guard isEpochEnd || time - lastShown >= 10 else { return }
      console.progressRaw(line.plain + "\n")
    }
    lastShown = time
  }

  /// Ends the line that is being redrawn, so that the next text starts on its own.
  package mutating func finish() {
    if isLineOpen { console.progressRaw("\n") }
    isLineOpen = false
  }
}
