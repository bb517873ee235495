import GraftBase
import GraftData
import GraftImaging
import GraftPlots

extension PixelMistakeGallery {
  /// A sheet has no more rows; a table has all.
  static let drawnImages = 60
  private static let cellSize = 224
  /// Classes whose overlaps a text shows; a table has all.
  private static let shownClasses = 4

  /// The images of the request as a sheet, a table and a text; throws where a file has vanished or changed.
  func gallery(width: Int? = nil) throws -> Gallery {
    let shown = Array(items.prefix(request.count))
    var predictor = try SegmentationPredictor(run.model, pool: session.pool)
    let rows = try shown.prefix(Self.drawnImages).map { try row($0, by: &predictor) }
    let undrawn = shown.count - rows.count
    let sheet = ContactSheet(
      title:
        "Mistakes of \(run.name.escapingControlCharacters) on \(label.escapingControlCharacters)",
      subtitle: rows.isEmpty ? summary : "\(summary). \(legend)", rows: rows,
      cellSize: Self.cellSize)
    return Gallery(
      kind: "mistakes", sheet: sheet, table: table(shown),
      notes: [summary] + (undrawn > 0 ? ["\(undrawn) more images are in the table only"] : []),
      text: text(shown, width: width))
  }

  /// `19 of 20 images have wrong pixels, the smallest mean IoU first`.
  var summary: String {
    guard wrongCount > 0 else {
      return imageCount == 1
        ? "every pixel of the one image is right"
        : "every pixel of all \(imageCount) images is right"
    }
    let counted =
      "\(wrongCount) of \(imageCount) images \(wrongCount == 1 ? "has" : "have") wrong pixels"
    let (truth, predicted) = (
      request.truth?.escapingControlCharacters, request.predicted?.escapingControlCharacters
    )
    switch (truth, predicted) {
    case (let truth?, let predicted?):
      return items.isEmpty
        ? "\(counted), none of which is \(truth) taken for \(predicted)"
        : "\(counted), those with the most \(truth) taken for \(predicted) first"
    case (let truth?, nil): return "\(counted), the smallest IoU of \(truth) first"
    case (nil, let predicted?):
      return items.isEmpty
        ? "\(counted), none of which is taken for \(predicted)"
        : "\(counted), those with the most pixels wrongly taken for \(predicted) first"
    case (nil, nil):
      return counted
        + (request.order == .accuracy
          ? ", the least accurate first" : ", the smallest mean IoU first")
    }
  }

  /// What the colors of the last column say.
  private var legend: String {
    let background = run.model.classes.first?.escapingControlCharacters ?? ""
    let parts =
      ["red: \(background) taken for \(run.model.classes.count == 2 ? other : "another class")"]
      + ["blue: \(run.model.classes.count == 2 ? other : "another class") taken for \(background)"]
      + (run.model.classes.count > 2 ? ["pink: other classes taken for each other"] : [])
    return "Image, true mask, predicted mask, and where they differ; "
      + parts.joined(separator: ", ")
  }

  private var other: String { run.model.classes.last?.escapingControlCharacters ?? "" }

  private func row(
    _ item: Item, by predictor: inout SegmentationPredictor
  ) throws -> ContactSheet.Row {
    try session.interrupts.check()
    let image = try data.image(at: item.sample)
    let masks = try masks(of: item, image, by: &predictor)
    func cell(_ mask: Image, of image: Image, _ lines: [ContactSheet.Line]) -> ContactSheet.Cell {
      // Masks are drawn at the size of the image, and made smaller with it.
      ContactSheet.Cell(
        image, lines: lines, marks: ContactSheet.Marks(Annotation(mask: mask)))
    }
    let share = NumberStyle.percent.text(1 - item.counts.accuracy)
    let file = ContactSheet.Line.file(data.samples[item.sample].path.lastPathComponent)
    let gray = image.converted(toChannels: 1).converted(toChannels: 3)
    return ContactSheet.Row(cells: [
      ContactSheet.Cell(image, lines: [file]),
      cell(masks.truth, of: image, [.init("true")]),
      cell(
        masks.predicted, of: image,
        [.init("predicted", ending: ", IoU " + item.counts.meanOverlap.fixedText(3))]),
      cell(masks.differences, of: gray, [.init("wrong", ending: " \(share)", .bad)]),
    ])
  }

  private func table(_ items: [Item]) -> PlotTable {
    var table = PlotTable()
      .adding("image", items.map { data.samples[$0.sample].path })
      .adding("iou", items.map(\.counts.meanOverlap))
      .adding("accuracy", items.map(\.counts.accuracy))
      .adding("pixels", items.map { Double($0.counts.known) })
      .adding("wrong", items.map { Double($0.counts.wrong) })
    for (index, name) in run.model.classes.enumerated() {
      table = table.adding("iou of \(name)", items.map { $0.counts.overlap(of: index) })
    }
    return table
  }

  private func text(_ items: [Item], width: Int?) -> String {
    let head =
      "\(run.name.escapingControlCharacters) on \(label.escapingControlCharacters): \(summary)"
    guard !items.isEmpty else { return head }
    let classes = Array(run.model.classes.enumerated().prefix(Self.shownClasses))
    var table = TextTable(
      ["image", "mean IoU", "wrong pixels", "accuracy"]
        + classes.map { "IoU of \($0.element.escapingControlCharacters)" }, indent: 2,
      flexibilities: [0: .shortens(atLeast: 16)].merging(
        classes.indices.map { (4 + $0, .leaves($0)) }, uniquingKeysWith: { own, _ in own }))
    table.alignments =
      [.left] + [TextTable.Alignment](repeating: .right, count: 3 + classes.count)
    for item in items {
      table.add(
        [
          data.samples[item.sample].path.escapingControlCharacters,
          item.counts.meanOverlap.fixedText(4), item.counts.wrong.groupedText,
          item.counts.accuracy.percentText,
        ] + classes.map { item.counts.overlap(of: $0.offset)?.fixedText(4) ?? "–" })
    }
    let more = self.items.count - items.count
    return
      ([head, table.rendered(width: width)]
      + (more > 0 ? ["  and \(more.groupedText) more"] : [])).joined(separator: "\n")
  }
}
