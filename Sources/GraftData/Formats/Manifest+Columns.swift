import GraftBase

// Tables with a column of 0 and 1 for each class instead of one of labels.

extension Manifest {
  /// What columns may be called that are no classes.
  package static let reservedColumns = Set(
    fileColumns + textColumns + ["split", validityColumn, "class_index", "name"])

  /// The value of a field of a class's column; nil where it is neither 0 nor 1.
  private static func isSet(_ field: String) -> Bool? {
    switch CSVTable.trimmed(field) {
    case "1", "1.0": true
    case "0", "0.0": false
    default: nil
    }
  }

  /// The labels of a table whose columns beside file and split are classes; nil where none of them is.
  ///
  /// There are at least two. A column with nothing but 0 and 1 is one of a class; then the others must be too.
  /// Classes are the column names as they are spelled, sorted bytewise. Images have any number of labels, unless
  /// the hints say otherwise: then each row has a single 1.
  static func readClassColumns(_ table: CSVTable, _ hints: LayoutHints) throws -> Listing? {
    let places = table.columns.indices.filter { !reservedColumns.contains(table.columns[$0]) }
    guard hints.separator == nil, places.count > 1, !table.rows.isEmpty,
      places.contains(where: { place in
        table.rows.allSatisfy { isSet($0[place]) != nil }
      })
    else { return nil }
    try checkNames(places, of: table)
    let order = places.sorted { BytePath(table.header[$0]) < BytePath(table.header[$1]) }
    let sets = try table.rows.indices.map { row in
      var labels: Set<Int> = []
      for (label, place) in order.enumerated() {
        let field = table.rows[row][place]
        guard let isSet = isSet(field) else {
          throw GraftError(
            .input,
            "line \(table.lines[row]) of \(table.name) has \"\(field.escapingControlCharacters)\" in the column "
              + "\(table.header[place].escapingControlCharacters), where a class has 0 or 1",
            help:
              "write 1 where the image has the class, else 0; remove columns that are no classes")
        }
        if isSet { labels.insert(label) }
      }
      return labels
    }
    var listing = Listing(
      format: name, classes: order.map { table.header[$0].escapingControlCharacters })
    if hints.isMultiLabel == false {
      listing.entries = try sets.enumerated().map { row, labels in
        guard let label = labels.first, labels.count == 1 else {
          throw GraftError(
            .input,
            "line \(table.lines[row]) of \(table.name) has \(labels.count) classes, and multilabel=no means one",
            help: "leave out multilabel=no, or give each image a single 1")
        }
        return entry(label: label)
      }
    } else {
      listing.task = .multiLabel
      listing.entries = sets.map { labels in
        var entry = entry(label: 0)
        entry.setLabels(labels)
        return entry
      }
    }
    return listing
  }

  private static func checkNames(_ places: [Int], of table: CSVTable) throws {
    var seen: Set<String> = []
    for place in places {
      let shown = table.header[place].escapingControlCharacters
      guard !shown.isEmpty else {
        throw GraftError(
          .input, "column \(place + 1) of \(table.name) has no name, and is a class by its 0 and 1",
          help: "name it in the first line, or remove it")
      }
      guard seen.insert(table.header[place]).inserted else {
        throw GraftError(
          .input, "two columns of \(table.name) are called \(shown)",
          help: "keep one column for each class")
      }
    }
  }
}
