import GraftBase

// Tables whose images have any number of labels: several in a field, `cat;dog`, or a row for each.

extension LayoutHints {
  /// Whether images of a table are to have any number of labels.
  var readsLabelSets: Bool { isMultiLabel ?? (separator != nil) }
}

extension Manifest {
  /// Lists the images of a folder by a table of their labels; files that it does not name are ignored.
  static func read(
    _ table: BytePath, of folder: BytePath, _ hints: LayoutHints
  ) throws -> Listing {
    guard folder.kind == .folder else {
      throw GraftError(
        .input, "labels= gives labels to the images of a folder, and \(folder) is none",
        help: "name the folder of the images: data FOLDER labels=\(table.name)")
    }
    var listing = try read(table: table, from: folder, hints)
    let listed = Set(listing.entries.map(\.path))
    var walk = FolderWalk(root: folder)
    let others = try walk.images(under: BytePath(bytes: [])).filter { !listed.contains($0) }
    listing.ignored =
      walk.ignored
      + others.sorted().map {
        IgnoredFile(path: $0.description, reason: "not in \(table.name)")
      }
    return listing
  }

  /// The labels of a column as sets; nil where the table has one class per image.
  ///
  /// It has sets where `hints` say so, or where fields have parts between semicolons or bars that also
  /// occur in other fields. Classes are the labels, sorted bytewise; an empty field has none.
  static func readLabelSets(
    _ table: CSVTable, column: Int, _ hints: LayoutHints
  ) throws -> Listing? {
    let fields = table.rows.map { BytePath(CSVTable.trimmed($0[column])) }
    var separator = hints.separator
    if hints.readsLabelSets {
      separator = try separator ?? LabelSeparator.found(in: fields, of: table)
    } else {
      let shared = [LabelSeparator.semicolon, .bar].first {
        !fieldsOfSeveral(Set(fields), $0).isEmpty
      }
      guard hints.isMultiLabel == nil, let shared else { return nil }
      separator = shared
    }
    let sets = fields.map { field in
      Set(separator?.parts(field) ?? (field.bytes.isEmpty ? [] : [field]))
    }
    let classes = sets.reduce(into: Set<BytePath>()) { $0.formUnion($1) }.sorted()
    let labels = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    var listing = Listing(format: name, classes: classes.map(\.description))
    listing.task = .multiLabel
    listing.entries = sets.map { set in
      var entry = entry(label: 0)
      entry.setLabels(Set(set.compactMap { labels[$0] }))
      return entry
    }
    return listing
  }

  /// Makes one image of the rows that name one file; refuses rows of different splits.
  static func mergeRows(of listing: inout Listing, _ table: CSVTable) throws {
    var places: [BytePath: Int] = [:]
    var merged: [Listing.Entry] = []
    var lines: [Int] = []
    for (row, entry) in listing.entries.enumerated() {
      guard let place = places[entry.path] else {
        places[entry.path] = merged.count
        merged.append(entry)
        lines.append(table.lines[row])
        continue
      }
      guard merged[place].partition == entry.partition else {
        throw GraftError(
          .input,
          "lines \(lines[place]) and \(table.lines[row]) of \(table.name) put \(entry.path) into "
            + "different splits", help: "give all rows of an image one split")
      }
      merged[place].setLabels(Set(merged[place].labels).union(entry.labels))
    }
    listing.entries = merged
  }

  /// The fields with several labels, `cat;dog`.
  ///
  /// A name may have a semicolon in it: only parts that occur in other fields too count.
  private static func fieldsOfSeveral(
    _ fields: Set<BytePath>, _ separator: LabelSeparator
  ) -> Set<BytePath> {
    var counts: [BytePath: Int] = [:]
    for field in fields {
      for part in Set(separator.parts(field)) { counts[part, default: 0] += 1 }
    }
    return fields.filter { field in
      let parts = separator.parts(field)
      return parts.count > 1 && parts.contains { counts[$0, default: 0] > 1 }
    }
  }

  /// Refuses fields with several labels between commas or, as fastai has them, spaces: one class for each
  /// combination would be learned instead, and names have both in them.
  static func refuseSeveralLabels(
    in classes: [BytePath], _ texts: [BytePath], _ table: CSVTable
  ) throws {
    let names = Set(classes)
    let spaced = names.filter { field in
      let parts = LabelSeparator.space.parts(field)
      return parts.count > 1 && parts.allSatisfy(names.contains)
    }
    let found = [
      (LabelSeparator.comma, fieldsOfSeveral(names, .comma)), (.space, spaced),
    ].first { !$0.1.isEmpty }
    guard let (separator, several) = found, let row = texts.firstIndex(where: several.contains)
    else { return }
    let count = texts.count(where: several.contains)
    throw GraftError(
      .input,
      "line \(table.lines[row]) of \(table.name) has several labels, \"\(texts[row])\", as "
        + "\(count == 1 ? "no other row has" : "\(count) rows have")",
      help: "separator=\(separator.rawValue) reads any number of labels per image; to make each "
        + "combination a class, join them by _")
  }
}
