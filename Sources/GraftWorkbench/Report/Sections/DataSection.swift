import GraftBase
import GraftData

/// The data card: classes with counts, splits, sizes, what was left out.
enum DataSection: ReportSection {
  static let id = "data"
  static let title = "Data"
  /// Lines of a list of files.
  private static let listed = 20

  static func content(of report: Report) throws -> HTML? {
    guard let data = report.data else { return nil }
    let drawn = try report.figures.plot(CountsPlot.plot(of: data))
    let isLong = data.classes.count > 40
    return HTML([
      HTML("p", [:], sentence(data)),
      isLong ? details("Plot of the counts", drawn) : drawn,
      isLong ? details("Table of the counts", table(data)) : table(data),
      warnings(data),
      list("Files that cannot be read, left out", data.badFiles.map { "\($0.path): \($0.reason)" }),
      list("Left out by \(data.exclusionName ?? "a list")", data.leftOut),
      list("Ignored", data.ignored.map { "\($0.path): \($0.reason)" }),
      list("The same image in two splits", data.straddlingDuplicates),
    ])
  }

  private static func details(_ title: HTML, _ content: HTML) -> HTML {
    HTML("details", [:], HTML("summary", [:], title), content)
  }

  private static func sentence(_ data: DataSet) -> HTML {
    let splits = Partition.allCases.compactMap { side -> String? in
      let count = data.partition(side).count
      return count > 0 ? "\(count.groupedText) for \(side.purpose)" : nil
    }
    let kind =
      switch data.task {
      case .classification: "classes"
      case .multiLabel: "labels, any number of which an image may have"
      case .segmentation: "classes of pixels"
      }
    return """
      \(HTML.name(data.name)) has \(data.samples.count.groupedText) images of \
      \(data.classes.count.groupedText) \(kind): \(splits.joinedAsList). \
      Split: \(HTML(text: data.splitDescription)). Sizes: \(HTML(text: data.sizeSummary)). \
      Fingerprint: \(HTML("code", [:], HTML(text: "\(data.fingerprint)"))).
      """
  }

  private static func table(_ data: DataSet) -> HTML {
    let sides = Partition.allCases.filter { !data.partition($0).isEmpty }
    let counts = sides.map(data.classCounts)
    let name: HTML = data.task == .multiLabel ? "Label" : "Class"
    var table = ReportTable(
      "Images of each \(data.task == .multiLabel ? "label" : "class"), by split",
      [.text(name)] + sides.map { .number(HTML(text: $0.rawValue.asSentence)) } + [.number("All")])
    for index in data.classes.indices {
      let row = counts.map { $0[index] }
      table.rows.append(
        [ReportTable.Cell(.name(data.classes[index]))] + row.map { .number($0) }
          + [.number(row.reduce(0, +))])
    }
    let totals = sides.map { data.partition($0).count }
    table.total =
      [ReportTable.Cell("Images")] + totals.map { .number($0) } + [.number(totals.reduce(0, +))]
    return table.html
  }

  private static func warnings(_ data: DataSet) -> HTML {
    let all = data.warnings + data.sizeWarnings
    guard !all.isEmpty else { return HTML() }
    return HTML([HTML("h3", [:], "Warnings"), items(all)])
  }

  private static func list(_ title: String, _ lines: [String]) -> HTML {
    guard !lines.isEmpty else { return HTML() }
    let rest = lines.count - listed
    return HTML([
      HTML("h3", [:], "\(title): \(lines.count.groupedText)"), items(Array(lines.prefix(listed))),
      rest > 0 ? HTML("p", ["class": "note"], "and \(rest.groupedText) more") : HTML(),
    ])
  }

  private static func items(_ lines: [String]) -> HTML {
    HTML("ul", ["class": "plain"], lines.map { HTML("li", [:], .name($0)) })
  }
}

extension Partition {
  /// After `for`.
  fileprivate var purpose: String {
    switch self {
    case .train: "training"
    case .validation: "validation"
    case .test: "testing"
    }
  }
}
