import Foundation
import GraftBase
import GraftKernels
import GraftTraining

/// What the runs were made with: versions, seeds, precision, hardware.
enum VersionsSection: ReportSection {
  static let id = "versions"
  static let title = "Versions and hardware"

  static func content(of report: Report) throws -> HTML? {
    let build = [
      Version.configuration, Version.commit.map { "commit \($0)" }, "Swift \(Version.swift)",
    ]
    .compactMap(\.self).joined(separator: ", ")
    let machine = ProcessInfo.processInfo
    let threads =
      report.session.settings.threads > 0 ? report.session.settings.threads : Session.processorCount
    var rows: [(HTML, HTML)] = [
      ("Graft", HTML(text: "\(Version.number) (\(build))")),
      (
        "Instructions",
        HTML(text: "\(Processor.networks) for networks, \(Processor.images) for images")
      ),
      ("Processor", HTML(text: Self.processorName ?? "not known")),
      ("Threads", "\(threads) of \(Session.processorCount) processors"),
      ("Memory", HTML(text: Int(clamping: machine.physicalMemory).bytesText)),
      ("System", HTML(text: machine.operatingSystemVersionString)),
    ]
    rows += report.entries.map { entry in
      let seed = entry.run.prepared.map { ", seed \($0.ingredients.seed)" } ?? ""
      return (
        "Weights of \(HTML.name(entry.name))",
        HTML([
          HTML("code", [:], HTML(text: String(entry.run.model.weightsHash.hex.prefix(16)))),
          HTML(text: "\(seed), \(entry.run.model.precision.rawValue)"),
        ])
      )
    }
    let body = rows.map {
      HTML("tr", [:], HTML("th", ["scope": "row"], $0.0), HTML("td", [:], $0.1))
    }
    return HTML(
      "div", ["class": "scroll", "tabindex": "0", "role": "group", "aria-label": "Table"],
      HTML("table", [:], HTML("tbody", [:], body)))
  }

  /// As the system calls it.
  private static var processorName: String? {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
      return nil
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { String($0).trimmingSpaces }
  }
}
