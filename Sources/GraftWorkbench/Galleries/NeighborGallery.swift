import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import GraftPlots
import GraftTraining

/// The images whose features are the most like those of one image, the nearest first.
struct NeighborGallery {
  /// The image that others are compared with.
  struct Query {
    /// As results show it.
    let name: String
    let image: Image
    let features: [Float]
    /// The images of the data that are this very file.
    var own: Set<Int> = []
  }

  let data: DataSet
  let query: Query
  /// Whose features they are: `squeezenet1_1`, or a run.
  let source: String
  /// By row, which is the number of the image in the data; the nearest first.
  let neighbors: [NeighborIndex.Neighbor]

  init(
    _ query: Query, in index: NeighborIndex, of data: DataSet, limit: Int, source: String,
    pool: ThreadPool
  ) throws {
    self.query = query
    self.data = data
    self.source = source
    neighbors = try index.nearest(
      to: query.features, limit: limit, without: query.own, pool: pool)
  }

  /// Throws where a file has vanished or changed.
  func gallery(pool: ThreadPool, width: Int? = nil) throws -> Gallery {
    let images = try data.thumbnails(of: neighbors.map(\.row), pool: pool)
    let cells = zip(neighbors, images).map { neighbor, image in
      ContactSheet.Cell(
        image,
        lines: [.file(name(neighbor.row).lastPathComponent)]
          + (data.isUnlabeled ? [] : [ContactSheet.Line(data.labelText(of: neighbor.row))])
          + [ContactSheet.Line(neighbor.distance.fixedText(4), .soft)])
    }
    let columns = ContactSheet.columns(for: cells.count)
    let own = ContactSheet.Row(cells: [
      ContactSheet.Cell(
        query.image.fitted(into: 160),
        lines: [.file(query.name.lastPathComponent), ContactSheet.Line("the image searched for")])
    ])
    let rows = stride(from: 0, to: cells.count, by: columns).map {
      ContactSheet.Row(cells: Array(cells[$0..<min($0 + columns, cells.count)]))
    }
    let sheet = ContactSheet(
      title: "Images like \(query.name.lastPathComponent.escapingControlCharacters)",
      subtitle: neighbors.isEmpty
        ? summary.asSentence
        : "\(summary.asSentence). Below each: file\(data.isUnlabeled ? "" : ", class"), cosine distance",
      rows: [own] + rows, cellSize: 160)
    return Gallery(
      kind: "neighbors", sheet: sheet, table: table, notes: [summary] + remarks,
      text: text(width: width))
  }

  private func name(_ sample: Int) -> String { data.samples[sample].path }

  private var summary: String {
    let others = data.samples.count - query.own.count
    guard !neighbors.isEmpty else {
      return "\(data.name.escapingControlCharacters) has no other image"
    }
    return "the nearest \(neighbors.count) of \(others.groupedText) images of "
      + "\(data.name.escapingControlCharacters), by features of \(source.escapingControlCharacters)"
  }

  private var remarks: [String] {
    query.own.sorted().map {
      "\(name($0).escapingControlCharacters) is the image itself, and is left out"
    }
  }

  private var table: PlotTable {
    PlotTable()
      .adding("image", neighbors.map { name($0.row) })
      .adding("class", neighbors.map { data.isUnlabeled ? "" : data.labelText(of: $0.row) })
      .adding("distance", neighbors.map(\.distance))
  }

  private func text(width: Int?) -> String {
    let head = "\(query.name.escapingControlCharacters): \(summary)"
    guard !neighbors.isEmpty else { return ([head] + remarks).joined(separator: "\n") }
    let hasClasses = !data.isUnlabeled
    var table = TextTable(
      ["image"] + (hasClasses ? ["class"] : []) + ["distance"], indent: 2,
      flexibilities: [0: .shortens(atLeast: 16), 1: .shortens(atLeast: 8)])
    for neighbor in neighbors {
      table.add(
        [name(neighbor.row).escapingControlCharacters]
          + (hasClasses ? [data.labelText(of: neighbor.row).escapingControlCharacters] : [])
          + [neighbor.distance.fixedText(4)])
    }
    return ([head, table.rendered(width: width)] + remarks).joined(separator: "\n")
  }
}
