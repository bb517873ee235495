import GraftBase
import GraftImaging

extension AugmentCheck: CustomStringConvertible {
  /// Verdicts first, then what was drawn and what it costs.
  var description: String { text() }

  func text(width: Int? = nil) -> String {
    var lines = ["\(pipeline.text), on \(imageCount) draws of \(part)"]
    var verdicts = TextTable(indent: 2)
    verdicts.alignments = [.left, .left, .right, .left]
    for finding in findings {
      let isFine = finding.verdict == "ok"
      let more = isFine ? "" : finding.advice + (finding.example.map { "; see \($0)" } ?? "")
      verdicts.add([finding.verdict, finding.name, finding.share.percentText, more])
    }
    lines.append(verdicts.rendered(width: width))
    var table = TextTable(["op", "applied", "drew", "", "", "", "alone"])
    table.alignments = [.left, .right, .left, .right, .left, .left, .right]
    table.flexibilities = [0: .wraps(atLeast: 8), 2: .wraps(atLeast: 8), 4: .wraps(atLeast: 10)]
    for operation in operations { Self.rows(of: operation).forEach { table.add($0) } }
    if pipeline.mixing != nil { table.add(mixingRow) }
    lines.append(table.rendered(width: width))
    let cost = 1000 * secondsPerImage
    let plain = 1000 * plainSecondsPerImage
    lines.append(
      "measured on one thread, \(timedImages) images after decoding: \(cost.fixedText(2)) ms an "
        + "image with all ops, \(plain.fixedText(2)) ms with none")
    if let difference { lines.append("\(difference), on \(timedImages) images") }
    return lines.joined(separator: "\n")
  }

  private static func rows(of operation: Operation) -> [[String]] {
    let share = Double(operation.applied) / Double(max(1, operation.drawn))
    let time = operation.milliseconds.map { "\($0.fixedText(2)) ms" } ?? "-"
    let head = [operation.name, (100 * share).fixedText(0) + " %"]
    guard let first = operation.values.first else { return [head + ["", "", "", "", time]] }
    // What is drawn for a part of the images only, such as one of a policy's ops, has a share too.
    func part(_ count: Int) -> String {
      let share = Double(count) / Double(max(1, operation.drawn))
      return count == operation.applied ? "" : (100 * share).fixedText(0) + " %"
    }
    let rows = operation.values.map { cells($0.name, $0.numbers) + [part($0.numbers.count)] }
    guard first.numbers.count == operation.applied else {
      return [head + ["", "", "", "", time]]
        + rows.map { ["", $0[4]] + $0.prefix(4) }
    }
    return [head + rows[0].prefix(4) + [time]]
      + rows.dropFirst().map { ["", $0[4]] + $0.prefix(4) }
  }

  private var mixingRow: [String] {
    let drawn = ownShares.compactMap { $0 }
    let share = Double(drawn.count) / Double(max(1, ownShares.count))
    let name = pipeline.mixing?.names.joined(separator: " or ") ?? ""
    return [name, (100 * share).fixedText(0) + " %"] + Self.cells("own share", drawn) + ["-"]
  }

  /// `degrees  −15  ▁▃▇▇▃▁  15`.
  private static func cells(_ name: String, _ numbers: [Double]) -> [String] {
    guard let low = numbers.min(), let high = numbers.max() else { return [name, "", "", ""] }
    return [name, text(low), histogram(numbers), text(high)]
  }

  private static func text(_ number: Double) -> String {
    abs(number) >= 100 || number == number.rounded()
      ? number.signedText(0) : number.signedText(abs(number) < 0.1 ? 3 : 2)
  }

  /// How often values fall into twelve parts of their range, as bars; one bar for one value.
  static func histogram(_ numbers: [Double], parts: Int = 12) -> String {
    guard let low = numbers.min(), let high = numbers.max(), high > low else { return "█" }
    var counts = [Int](repeating: 0, count: parts)
    for number in numbers {
      counts[min(parts - 1, Int((number - low) / (high - low) * Double(parts)))] += 1
    }
    let most = Double(counts.max() ?? 1)
    let blocks = Array("▁▂▃▄▅▆▇█")
    return String(
      counts.map { $0 == 0 ? "·" : blocks[min(7, Int(Double($0) / most * 7.99))] })
  }
}

extension AugmentCheck {
  /// The same for programs.
  var fields: [(String, JSONValue)] {
    [
      ("augment", .string(pipeline.text)), ("draws", .integer(imageCount)),
      (
        "findings",
        .array(
          findings.map {
            .object([
              ("name", .string($0.name)), ("share", .number($0.share)),
              ("verdict", .string($0.verdict)),
            ])
          })
      ),
      (
        "ops",
        .array(
          operations.map {
            .object([
              ("op", .string($0.name)), ("applied", .integer($0.applied)),
              ("drawn", .integer($0.drawn)),
              ("milliseconds", $0.milliseconds.map(JSONValue.number) ?? .null),
            ])
          })
      ),
      ("milliseconds_per_image", .number(1000 * secondsPerImage)),
      ("milliseconds_plain", .number(1000 * plainSecondsPerImage)),
      ("fast_largest_difference", difference.map { .integer($0.largest) } ?? .null),
    ]
  }
}
