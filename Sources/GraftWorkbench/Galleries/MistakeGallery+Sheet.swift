import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import GraftPlots

extension MistakeGallery {
  /// A sheet is not longer; a table is.
  static let drawnImages = 500

  /// The images of the request as a sheet, a table and a text.
  ///
  /// Throws where a file has vanished or changed.
  func gallery(pool: ThreadPool, width: Int? = nil) throws -> Gallery {
    let shown = Array(items.prefix(request.count))
    let drawn = Array(shown.prefix(Self.drawnImages))
    let images = try data.thumbnails(of: drawn.map(\.sample), pool: pool)
    let sheet = ContactSheet(
      title: title, subtitle: subtitle,
      cells: zip(drawn, images).map { item, image in
        ContactSheet.Cell(image, lines: caption(item), tone: request.showsUnsure ? .good : .bad)
      })
    return Gallery(
      kind: "mistakes", sheet: sheet, table: table(shown), notes: notes(shown.count),
      text: text(shown, width: width))
  }

  private var title: String {
    (request.showsUnsure ? "The least certain of " : "Mistakes of ")
      + "\(run.escapingControlCharacters) on \(label.escapingControlCharacters)"
  }

  /// What was counted, and how to read a caption.
  private var subtitle: String {
    let legend =
      switch (isMultiLabel, request.showsUnsure) {
      case (false, false): "below each: file, true class, → predicted class and its probability"
      case (false, true): "below each: file, true class, second class, and their probabilities"
      case (true, false): "below each: file, − labels that are missed, + labels that are added"
      case (true, true): "below each: file, its labels, the label that is nearest to its threshold"
      }
    return items.isEmpty ? summary : "\(summary). \(legend.asSentence)"
  }

  /// `12 of 153 images are wrong, 3 of which are ants and are taken for bees`.
  var summary: String {
    let counted =
      wrongCount == 0
      ? MistakeGallery.allRight(imageCount)
      : "\(wrongCount) of \(imageCount) images \(wrongCount == 1 ? "is" : "are") wrong"
    let conditions = [
      request.truth.map { isMultiLabel ? "miss \($0)" : "are \($0)" },
      request.predicted.map {
        isMultiLabel
          ? "add \($0)" : request.showsUnsure ? "are nearly \($0)" : "are taken for \($0)"
      },
    ].compactMap { $0?.escapingControlCharacters }
    guard !request.showsUnsure else {
      let found = conditions.isEmpty ? "" : " that \(conditions.joined(separator: " and "))"
      return "\(counted); of \(items.count) right ones\(found), the least certain first"
    }
    guard !conditions.isEmpty, wrongCount > 0 else { return counted }
    return "\(counted), \(items.isEmpty ? "none" : "\(items.count)") of which "
      + conditions.joined(separator: " and ")
  }

  static func allRight(_ count: Int) -> String {
    count == 1 ? "the one image is right" : "all \(count) images are right"
  }

  private func notes(_ count: Int) -> [String] {
    let undrawn = count - Self.drawnImages
    return [summary] + (undrawn > 0 ? ["\(undrawn) more images are in the table only"] : [])
  }

  private func caption(_ item: Item) -> [ContactSheet.Line] {
    let file = ContactSheet.Line.file(data.samples[item.sample].path.lastPathComponent)
    let probability = " " + item.probability.fixedText(3)
    guard isMultiLabel else {
      let own = request.showsUnsure ? item.truthProbability.map { " " + $0.fixedText(3) } : nil
      return [
        file, ContactSheet.Line(item.truth.joined(), ending: own ?? "", .good),
        request.showsUnsure
          ? ContactSheet.Line("or " + item.rival, ending: probability, .soft)
          : ContactSheet.Line("→ " + item.rival, ending: probability, .bad),
      ]
    }
    guard !request.showsUnsure else {
      return [
        file,
        ContactSheet.Line(item.truth.isEmpty ? "no label" : item.truth.joined(separator: ", ")),
        ContactSheet.Line(item.rival, ending: probability, .soft),
      ]
    }
    let missed = item.truth.filter { !item.predicted.contains($0) }
    let added = item.predicted.filter { !item.truth.contains($0) }
    func line(_ sign: String, _ names: [String], _ ink: ContactSheet.Line.Ink)
      -> ContactSheet.Line?
    {
      guard !names.isEmpty else { return nil }
      return ContactSheet.Line(
        "\(sign) \(names.joined(separator: ", "))",
        ending: names.contains(item.rival) ? probability : "", ink)
    }
    return [file, line("−", missed, .good), line("+", added, .bad)].compactMap { $0 }
  }

  private func table(_ items: [Item]) -> PlotTable {
    func joined(_ names: [String]) -> String { names.joined(separator: ";") }
    let table = PlotTable()
      .adding("image", items.map { data.samples[$0.sample].path })
      .adding("true", items.map { joined($0.truth) })
      .adding("predicted", items.map { joined($0.predicted) })
      .adding(request.showsUnsure || isMultiLabel ? "rival" : "wrong", items.map(\.rival))
      .adding("probability", items.map(\.probability))
      .adding("true_probability", items.map(\.truthProbability))
    return table.adding("loss", items.map(\.loss))
  }

  private func text(_ items: [Item], width: Int?) -> String {
    let head = "\(run.escapingControlCharacters) on \(label.escapingControlCharacters): \(summary)"
    guard !items.isEmpty else { return head }
    let columns =
      isMultiLabel
      ? ["image", "labels", "predicted", request.showsUnsure ? "nearest" : "worst", "probability"]
      : request.showsUnsure
        ? ["image", "true", "probability", "second", "probability"]
        : ["image", "true", "predicted", "probability", "of the true class"]
    var table = TextTable(
      columns, indent: 2,
      flexibilities: [
        0: .shortens(atLeast: 16), 1: .shortens(atLeast: 8), 2: .shortens(atLeast: 8),
      ])
    for item in items {
      let path = data.samples[item.sample].path.escapingControlCharacters
      let truth = item.truth.joined(separator: ", ").escapingControlCharacters
      let rival = item.rival.escapingControlCharacters
      let probability = item.probability.fixedText(4)
      let own = item.truthProbability?.fixedText(4) ?? ""
      if isMultiLabel {
        let predicted = item.predicted.joined(separator: ", ").escapingControlCharacters
        table.add([path, truth, predicted, rival, probability])
      } else if request.showsUnsure {
        table.add([path, truth, own, rival, probability])
      } else {
        table.add([path, truth, rival, probability, own])
      }
    }
    let more = self.items.count - items.count
    return
      ([head, table.rendered(width: width)]
      + (more > 0 ? ["  and \(more.groupedText) more"] : [])).joined(separator: "\n")
  }
}

extension DataSet {
  /// Images as small as a sheet shows them, so that many large ones take little memory.
  func thumbnails(of samples: [Int], side: Int = 160, pool: ThreadPool) throws -> [Image] {
    try pool.map(samples) { try self.image(at: $0).fitted(into: side) }.map { try $0.get() }
  }
}
