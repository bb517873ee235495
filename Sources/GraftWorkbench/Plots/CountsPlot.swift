import GraftBase
import GraftData
import GraftPlots

/// `plot counts`: how many images of each class are in each split.
enum CountsPlot: PlotKind {
  static let name = "counts"
  static let summary = "images of each class in each split of the data"
  static let runs = PlotRequest.RunCount.none

  static func check(_ request: PlotRequest, in session: Session) throws {
    _ = try session.requireData()
  }

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    try plot(of: session.requireData())
  }

  static func plot(of data: DataSet) -> Plot {
    let splits = [("train", Partition.train), ("val", .validation), ("test", .test)]
      .filter { !data.partition($0.1).isEmpty }
    return plot(
      classes: data.classes,
      splits: splits.map {
        (name: $0.0, counts: data.classCounts($0.1), images: data.partition($0.1).count)
      },
      title: "Images of \(data.name.escapingControlCharacters)",
      isOfPixels: data.task == .segmentation)
  }

  static func needs(_ request: PlotRequest, in session: Session) -> [String]? { ["data"] }

  static func plot(
    classes: [String], splits: [(name: String, counts: [Int], images: Int)], title: String,
    isOfPixels: Bool
  ) -> Plot {
    let names = classes.map(\.escapingControlCharacters)
    var starts = [Double](repeating: 0, count: classes.count)
    var marks: [Mark] = []
    for (index, split) in splits.enumerated() {
      let spans = split.counts.enumerated().map { place, count in
        Mark.Span(at: Double(place), from: starts[place], to: starts[place] + Double(count))
      }
      for (place, count) in split.counts.enumerated() { starts[place] += Double(count) }
      marks.append(
        Mark(split.name, .bars(spans, .horizontal, thickness: 0.72), .series(index)))
    }
    let labels = names.indices.map { place in
      let parts = splits.map { NumberStyle.integer.text(Double($0.counts[place])) }
      return Mark.Label(starts[place], Double(place), parts.joined(separator: " + "))
    }
    marks.append(Mark("counts", .endLabels(labels), .text))
    let totals = splits.map { split in
      "\(NumberStyle.integer.text(Double(split.images))) \(split.name)"
    }
    let rows = splits.flatMap { split in classes.indices.map { (split: split, place: $0) } }
    return Plot(
      kind: name, title: title,
      subtitle: "\(classes.count) classes: " + totals.joined(separator: ", ")
        + (isOfPixels ? "; an image counts for each class that its mask shows" : ""),
      panels: [
        Panel(
          x: Axis("Images", domain: 0...max(1, (starts.max() ?? 0) * 1.02), style: .integer),
          y: .categories("", names), marks: marks)
      ],
      legend: splits.enumerated().map { LegendEntry($0.element.name, .block, .series($0.offset)) },
      table: PlotTable()
        .adding("class", rows.map { classes[$0.place] })
        .adding("split", rows.map(\.split.name))
        .adding("images", rows.map { Double($0.split.counts[$0.place]) }),
      size: PlotSize(
        width: 960,
        height: min(4000, max(300, 180 + classes.count * (classes.count > 40 ? 17 : 24)))))
  }
}
