import GraftBase

/// A table of files and labels: a CSV file, or a folder that holds a `manifest.csv`.
///
/// The first line names the columns: `file` (or `path`, `image`, `filename`, `fname`), relative to the
/// table; then `class_index`, or else `label`, `class`, `labels` or `tags`; an optional `split` says train, val or
/// test. With a `class_index` the labels are those numbers and `name` names the classes, so that an
/// encoder's own head can be evaluated; otherwise classes are the texts, sorted bytewise. A field may hold
/// any number of labels: see `Manifest+Labels.swift`. Instead of a column of labels there may be one of 0 and 1 for
/// each class: see `Manifest+Columns.swift`.
package enum Manifest: DataFormat {
  package static let name = "manifest"
  package static let summary =
    "a CSV table with the columns file and label, class or class_index, or file and a column of 0 and 1 for each class"

  static let fileColumns = ["file", "path", "image", "filename", "fname", "image_name"]
  static let textColumns = ["label", "class", "labels", "tags"]
  /// fastai's column: True for validation, False for training.
  static let validityColumn = "is_valid"
  private static let largestClassIndex = 99_999

  package static func recognizes(_ path: BytePath) -> Bool {
    switch path.kind {
    case .file: path.suffix == "csv"
    case .folder: path.appending("manifest.csv").kind == .file
    case .other, .missing: false
    }
  }

  package static let hints: Set<LayoutHints.Kind> = [.encoding, .multilabel, .separator]

  package static func read(_ path: BytePath, _ hints: LayoutHints) throws -> Listing {
    let file = path.kind == .folder ? path.appending("manifest.csv") : path
    return try read(table: file, from: file.parent, hints)
  }

  /// Lists the images of a table whose files are named from `folder` on.
  static func read(
    table file: BytePath, from folder: BytePath, _ hints: LayoutHints
  ) throws -> Listing {
    let table = try CSVTable(file, limit: 1 << 28, encoding: hints.encoding)
    guard let fileColumn = table.column(named: fileColumns) else {
      throw GraftError(
        .input, "\(file) has no column called file; it has \(table.columnList)",
        help: "expected \(summary)")
    }
    var listing: Listing
    if let index = table.column(named: ["class_index"]), !hints.readsLabelSets {
      listing = try readFixedLabels(table, index: index)
    } else if let text = table.column(named: textColumns) {
      listing =
        try readLabelSets(table, column: text, hints) ?? readTextLabels(table, column: text)
    } else if let found = try readClassColumns(table, hints) {
      listing = found
    } else {
      throw GraftError(
        .input,
        "\(file) has no column called label, class or class_index; it has "
          + table.columnList, help: "expected \(summary)")
    }
    let partitionColumn = table.column(named: ["split", validityColumn])
    for row in table.rows.indices {
      let name = try fileName(table, row, column: fileColumn)
      listing.entries[row].path = name
      listing.entries[row].source = .file(
        name.bytes.first == UInt8(ascii: "/") ? name : folder.appending(name))
      listing.entries[row].partition = try partitionColumn.flatMap {
        try partition(table, row, column: $0)
      }
    }
    if listing.task == .multiLabel {
      try mergeRows(of: &listing, table)
    } else {
      try refuseTwice(listing, table)
    }
    listing.sortByPath()
    return listing
  }

  /// Refuses a file that two rows list: an image has one label and one split.
  private static func refuseTwice(_ listing: Listing, _ table: CSVTable) throws {
    var rows: [BytePath: Int] = [:]
    for (row, entry) in listing.entries.enumerated() {
      guard let first = rows.updateValue(row, forKey: entry.path) else { continue }
      let labels = [first, row].map { listing.classes[listing.entries[$0].label] }
      let what =
        labels[0] == labels[1]
        ? "both list \(entry.path)"
        : "give \(entry.path) two labels, \"\(labels[0])\" and \"\(labels[1])\""
      throw GraftError(
        .input, "lines \(table.lines[first]) and \(table.lines[row]) of \(table.name) \(what)",
        help:
          "keep one row for each image, which has one class; multilabel=yes reads a row for each "
          + "label of an image")
    }
  }

  private static func fileName(_ table: CSVTable, _ row: Int, column: Int) throws -> BytePath {
    let text = table.rows[row][column]
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw GraftError(.input, "line \(table.lines[row]) of \(table.name) names no file")
    }
    return BytePath(text)
  }

  /// Nil where the row leaves it open.
  private static func partition(
    _ table: CSVTable, _ row: Int, column: Int
  ) throws -> Partition? {
    let text = table.rows[row][column]
    guard !text.isEmpty else { return nil }
    if table.columns[column] == validityColumn {
      switch text.lowercased() {
      case "true", "1", "yes": return .validation
      case "false", "0", "no": return .train
      default:
        throw GraftError(
          .input,
          "line \(table.lines[row]) of \(table.name) has \(validityColumn) "
            + "\"\(text.escapingControlCharacters)\"", help: "expected True or False")
      }
    }
    guard let partition = ImageFolder.partition(named: BytePath(text)) else {
      throw GraftError(
        .input,
        "line \(table.lines[row]) of \(table.name) has split "
          + "\"\(text.escapingControlCharacters)\"", help: "expected train, val or test")
    }
    return partition
  }

  private static func readFixedLabels(_ table: CSVTable, index: Int) throws -> Listing {
    let nameColumn = table.column(named: ["name"] + textColumns)
    var names: [Int: String] = [:]
    let labels = try table.rows.indices.map { row in
      let text = table.rows[row][index]
      guard let label = Int(text), (0...largestClassIndex).contains(label) else {
        throw GraftError(
          .input,
          "line \(table.lines[row]) of \(table.name) has class_index "
            + "\"\(text.escapingControlCharacters)\"",
          help: "expected a whole number from 0 to \(largestClassIndex)")
      }
      if let nameColumn, names[label] == nil {
        names[label] = table.rows[row][nameColumn].escapingControlCharacters
      }
      return label
    }
    let count = (labels.max() ?? 0) + 1
    var listing = Listing(format: name, classes: (0..<count).map { names[$0] ?? "class \($0)" })
    listing.hasFixedLabels = true
    listing.entries = labels.map(entry)
    return listing
  }

  private static func readTextLabels(_ table: CSVTable, column: Int) throws -> Listing {
    let texts = table.rows.map { BytePath(CSVTable.trimmed($0[column])) }
    let empty = texts.indices.filter { texts[$0].bytes.isEmpty }
    if let first = empty.first {
      let more = empty.count > 1 ? ", nor do \(empty.count - 1) more rows" : ""
      throw GraftError(
        .input, "line \(table.lines[first]) of \(table.name) has no label\(more)",
        help: "fill in the labels, or remove the rows; with multilabel=yes images may have none")
    }
    let classes = Set(texts).sorted()
    try refuseSeveralLabels(in: classes, texts, table)
    let labels = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    var listing = Listing(format: name, classes: classes.map(\.description))
    listing.entries = texts.map { entry(label: labels[$0] ?? 0) }
    return listing
  }

  static func entry(label: Int) -> Listing.Entry {
    let none = BytePath(bytes: [])
    return Listing.Entry(path: none, label: label, partition: nil, source: .file(none))
  }
}
