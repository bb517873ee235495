import GraftBase
import GraftData
import GraftImaging
import GraftKernels

extension DataCheck {
  /// What a sheet has at most of each kind.
  private static let (drawnPairs, drawnDoubts, drawnOutliers) = (12, 36, 18)
  private static let columns = 6

  /// What was found, as images: pairs of the same image, likely label errors, images unlike all others.
  ///
  /// Throws where a file has vanished or changed.
  func sheet(pool: ThreadPool) throws -> ContactSheet {
    let rows =
      try rows(
        "same image, two labels", contradictions.map { Pair($0) }, .bad, pool: pool)
      + rows("near copies in two splits", copies.acrossSplits.map { Pair($0) }, .bad, pool: pool)
      + rows("near copies in a split", copies.insideSplits.map { Pair($0) }, .plain, pool: pool)
      + doubtRows(pool: pool) + outlierRows(pool: pool)
    return ContactSheet(
      title: "Suspects of \(data.name.escapingControlCharacters)", subtitle: subtitle, rows: rows)
  }

  /// How many there are of each kind, though not all may be drawn.
  private var subtitle: String {
    let kinds = [
      (contradictions.count, "same image under two labels"),
      (copies.acrossSplits.count, "near copies in two splits"),
      (copies.insideSplits.count, "near copies inside a split"),
      (labels?.doubts?.count ?? 0, "likely label errors (label → likely label)"),
      (labels?.outliers?.outliers.count ?? 0, "unlike all others (with the distance)"),
    ]
    let found = kinds.filter { $0.0 > 0 }.map { "\($0.1): \($0.0)" }.joined(separator: "; ")
    let source = labels.map { ". By features of \($0.encoder.spec.name)" } ?? ""
    return found.isEmpty
      ? "nothing suspicious among \(data.samples.count.groupedText) images"
      : found.asSentence + source
  }

  /// An image and the one that it is like.
  private struct Pair {
    let images: [Int]
    /// What they have in common, in lines.
    let remarks: [String]

    init(_ pair: NearCopies.Pair) {
      images = [pair.image, pair.original]
      let turn = pair.orientation.nameOfCopy
      remarks = [pair.correlation.fixedText(4)] + (turn.isEmpty ? [] : turn.wrapped(to: 17))
    }

    init(_ pair: Contradiction) {
      images = [pair.image, pair.original]
      remarks = ["the same file"]
    }
  }

  /// A row for each pair, its images side by side.
  private func rows(
    _ title: String, _ pairs: [Pair], _ ink: ContactSheet.Line.Ink, pool: ThreadPool
  ) throws -> [ContactSheet.Row] {
    let shown = pairs.prefix(Self.drawnPairs)
    let images = try data.thumbnails(of: shown.flatMap(\.images), pool: pool)
    let words = Self.label(title, shown.count, of: pairs.count)
    return shown.enumerated().map { place, pair in
      ContactSheet.Row(
        lines: (place == 0 ? words : []) + pair.remarks.map { ContactSheet.Line($0, .soft) },
        cells: zip(pair.images, images[2 * place..<2 * place + 2]).map { sample, image in
          let side = data.side(of: sample).languageName
          let label =
            data.task.isOfImages
            ? ContactSheet.Line(data.labelText(of: sample), ending: ", \(side)", ink)
            : ContactSheet.Line(side, ink)
          return ContactSheet.Cell(image, lines: [file(sample), label])
        })
    }
  }

  private func doubtRows(pool: ThreadPool) throws -> [ContactSheet.Row] {
    let doubts = labels?.doubts ?? []
    let shown = Array(doubts.prefix(Self.drawnDoubts))
    let images = try data.thumbnails(of: shown.map(\.image), pool: pool)
    let cells = zip(shown, images).map { doubt, image in
      ContactSheet.Cell(
        image,
        lines: [
          file(doubt.image),
          ContactSheet.Line(
            data.classes[doubt.label], ending: " " + doubt.labelProbability.fixedText(2), .bad),
          ContactSheet.Line(
            "→ " + data.classes[doubt.suggested], ending: " " + doubt.probability.fixedText(2),
            .good),
        ])
    }
    return Self.rows("likely label errors", cells, of: doubts.count)
  }

  private func outlierRows(pool: ThreadPool) throws -> [ContactSheet.Row] {
    let outliers = labels?.outliers?.outliers ?? []
    let shown = Array(outliers.prefix(Self.drawnOutliers))
    let images = try data.thumbnails(of: shown.map(\.image), pool: pool)
    let cells = zip(shown, images).map { outlier, image in
      ContactSheet.Cell(
        image,
        lines: [
          file(outlier.image), ContactSheet.Line(data.labelText(of: outlier.image)),
          ContactSheet.Line(outlier.distance.fixedText(3), .soft),
        ])
    }
    return Self.rows("unlike all others", cells, of: outliers.count)
  }

  private func file(_ sample: Int) -> ContactSheet.Line {
    .file(data.samples[sample].path.lastPathComponent)
  }

  private static func rows(
    _ title: String, _ cells: [ContactSheet.Cell], of count: Int
  ) -> [ContactSheet.Row] {
    stride(from: 0, to: cells.count, by: columns).map { start in
      ContactSheet.Row(
        lines: start == 0 ? label(title, cells.count, of: count) : [],
        cells: Array(cells[start..<min(cells.count, start + columns)]))
    }
  }

  /// The title of a kind, a few words a line, and how many of them are drawn.
  private static func label(_ title: String, _ shown: Int, of count: Int) -> [ContactSheet.Line] {
    title.wrapped(to: 17).map { ContactSheet.Line($0) }
      + [ContactSheet.Line(shown < count ? "\(shown) of \(count)" : "\(count)", .soft)]
  }
}
