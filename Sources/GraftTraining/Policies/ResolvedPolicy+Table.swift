import Foundation
import GraftBase

extension ResolvedPolicy: CustomStringConvertible {
  /// The pre-flight table: each group once, stem to head, with a line of totals.
  package var description: String { text() }

  /// The same in the room of a terminal.
  package func text(width: Int? = nil) -> String {
    var table = TextTable(ofNumbers: [
      "group", "tensors", "parameters", "trained", "peak rate", "decay", "batch norm",
    ])
    for group in groups {
      let parameters = group.parameters.filter(\.canTrain)
      let count = parameters.reduce(0) { $0 + $1.count }
      let trained = group.trainable.reduce(0) { $0 + $1.count }
      table.add([
        group.name.escapingControlCharacters, String(group.parameters.count), count.groupedText,
        trained == 0 ? "frozen" : trained == count ? "all" : trained.groupedText,
        trained == 0 ? "–" : group.learningRate.threeDigitText,
        trained == 0 ? "–" : group.weightDecay.threeDigitText,
        hasBatchNorm(group) ? group.batchNormMode.rawValue : "–",
      ])
    }
    let all = groups.flatMap(\.parameters)
    table.add([
      "total", String(all.count),
      all.filter(\.canTrain).reduce(0) { $0 + $1.count }.groupedText,
      trainable.reduce(0) { $0 + $1.count }.groupedText, "", "", "",
    ])
    return table.rendered(width: width)
  }

  private func hasBatchNorm(_ group: ParameterGroup) -> Bool {
    group.parameters.contains { $0.role == .runningStatistic }
  }

  /// The rate of each learning group over the run, as one line of bars a group.
  ///
  /// Heights are logarithmic from a thousandth of the highest rate upwards, so that groups with
  /// other rates differ visibly.
  package func ratePlot(_ curve: ScheduleCurve, width: Int = 48) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let peak = groups.map(\.learningRate).max() ?? 1
    let columns = min(width, curve.totalSteps)
    let nameWidth = groups.map { $0.name.count }.max() ?? 0
    return groups.filter(\.isTrainable).map { group in
      let line = (0..<columns).map { column in
        let rate = group.learningRate * curve.multiplier(at: column * curve.totalSteps / columns)
        let height = 1 + log10(max(rate / peak, 1e-3)) / 3
        return String(bars[Int((height * Double(bars.count - 1)).rounded())])
      }.joined()
      let space = String(repeating: " ", count: nameWidth - group.name.count)
      return
        "\(group.name.escapingControlCharacters)\(space)  \(line)  \(group.learningRate.threeDigitText)"
    }.joined(separator: "\n")
  }
}
