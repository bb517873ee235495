import Foundation
import GraftBase
import GraftKernels

/// The rows of one run with what they were measured on.
struct Report: Codable {
  let machine: Machine
  let rows: [Row]
  /// Rows that could not be measured, with reasons.
  let unmeasured: [String: String]

  /// The table for a terminal.
  var text: String {
    var table = TextTable(["row", "work", "goal", "Graft", "peer", "ratio", "met"])
    table.alignments = [.left, .left, .right, .right, .left, .right, .left]
    for row in rows { table.add([row.name, row.title] + row.cells) }
    return ([machine.description, table.description] + remarks).joined(separator: "\n")
  }

  /// The table for docs/benchmarks.md: only what has a peer or a goal.
  var markdown: String {
    let lines = rows.filter { $0.isMet != nil || $0.rival != nil }.map { row in
      "| " + ([row.title] + row.cells).joined(separator: " | ") + " |"
    }
    let table =
      ["| Work | Goal | Graft | Peer | Ratio | Met |", "|---|---|---|---|---|---|"] + lines
    return ([machine.description, table.joined(separator: "\n")] + remarks)
      .joined(separator: "\n\n")
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(self).write(to: URL(filePath: path))
  }

  /// What is missing in the table, and why.
  private var remarks: [String] {
    let skipped = rows.reduce(into: [:]) { $0.merge($1.skipped) { first, _ in first } }
    let isBusy = (machine.load.max() ?? 0) > Double(machine.threads) + 1
    let warning =
      "Other work kept the machine busy, and libraries that wait at barriers suffer from that more "
      + "than Graft: measure again before quoting ratios."
    return (isBusy ? [warning] : [])
      + [("Skipped peers", skipped), ("Not measured", unmeasured)].compactMap { title, names in
        let list = names.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
        return list.isEmpty ? nil : "\(title): \(list.joined(separator: ", "))."
      }
  }
}

extension Row {
  /// Goal, Graft's number, the peer's, the ratio, and whether the goal is met.
  fileprivate var cells: [String] {
    let theirs = rival.flatMap { name in
      peers[name].map { "\(unit.text($0.median)) \(name) \(versions[name] ?? "")" }
    }
    let met = isMet.map { $0 ? "yes" : "no" }
    return [
      goal ?? "", unit.text(values.median), theirs ?? "",
      ratio.map { "\($0.fixedText(2)) ×" } ?? "", met ?? "",
    ]
  }
}

/// What the numbers were measured on.
struct Machine: Codable, CustomStringConvertible {
  let processor: String
  /// The instructions that products and bfloat16 use, as GRAFT_ISA allows.
  let instructions: String
  let cores: Int
  let threads: Int
  /// The least and the largest load of the system in the meantime, over one minute.
  let load: [Double]
  let python: String?

  init(threads: Int, python: String?, load: [Double]) {
    self.threads = threads
    self.python = python
    self.load = load
    instructions = "\(Processor.networks), bf16 by \(Processor.bf16)"
    cores = ProcessInfo.processInfo.processorCount
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?
      .split(separator: "\n")
    processor =
      lines?.first { $0.hasPrefix("model name") }?.split(separator: ":").last.map {
        $0.trimmingCharacters(in: .whitespaces)
      } ?? "an unnamed processor"
  }

  /// The system's load over the last minute.
  static var load: Double {
    var load = 0.0
    return getloadavg(&load, 1) == 1 ? load : 0
  }

  var description: String {
    let span = "\((load.min() ?? 0).fixedText(1)) to \((load.max() ?? 0).fixedText(1))"
    return "\(processor) (\(instructions)), \(cores) cores, \(threads) threads, load \(span)"
  }
}
