import GraftBase
import GraftImaging

/// Which color of a mask is which class.
///
/// A table with the columns `name`, `r`, `g` and `b`, or lines of `R G B NAME` as CamVid's
/// `label_colors.txt` has them.
///
/// Classes have the order of the file. One called `void`, `ignore`, `unlabeled` or `unknown` is none:
/// its pixels are not learned and not measured.
package struct MaskLegend: Sendable {
  /// Files of these names beside folders of masks are legends; the first of them counts.
  static let fileNames = ["classes.csv", "class_dict.csv", "label_colors.txt"]
  private static let voidNames = ["void", "ignore", "ignored", "unlabeled", "unknown"]
  private static let colorColumns = [["r", "red"], ["g", "green"], ["b", "blue"]]
  private static let unknown: UInt8 = 255

  let file: BytePath
  /// SHA-256 of the file.
  let content: ContentHash.Digest
  let classes: [String]
  /// The number of a class, or 255, by color: red, green and blue in 8 bits each.
  private var numbers: [UInt32: UInt8] = [:]

  /// A color that is not in a legend.
  struct Stranger: Sendable, Equatable {
    let color: UInt32
    /// Pixels of it, and of other colors that are not in the legend.
    var count: Int

    var text: String { "\(color >> 16),\(color >> 8 & 255),\(color & 255)" }
  }

  /// The legend beside folders of masks; nil where there is none.
  static func beside(_ folder: BytePath) throws -> MaskLegend? {
    for name in fileNames {
      let file = folder.appending(name)
      guard file.kind == .file else { continue }
      let bytes = try file.read(limit: 1 << 20)
      guard file.suffix == "csv" else { return try MaskLegend(bytes, file) }
      // A table may list names for another purpose.
      let table = try CSVTable(bytes: bytes, name: file)
      if columns(of: table) != nil { return try MaskLegend(bytes, file) }
    }
    return nil
  }

  init(_ file: BytePath) throws {
    guard file.kind == .file else {
      throw GraftError(.input, "there is no legend \(file)", help: Self.form)
    }
    try self.init(file.read(limit: 1 << 20), file)
  }

  private init(_ bytes: [UInt8], _ file: BytePath) throws {
    self.file = file
    content = ContentHash.of(bytes)
    let rows = try file.suffix == "csv" ? Self.rows(bytes, file) : Self.lines(bytes, file)
    var classes: [String] = []
    for row in rows {
      let isVoid = Self.voidNames.contains(row.name.lowercased())
      guard isVoid || !classes.contains(row.name) else {
        throw GraftError(
          .input, "the legend \(file) has \"\(row.name.escapingControlCharacters)\" twice",
          help: "each class has one color")
      }
      let number = isVoid ? Self.unknown : UInt8(truncatingIfNeeded: classes.count)
      guard numbers.updateValue(number, forKey: row.color) == nil else {
        throw GraftError(
          .input,
          "the legend \(file) gives the color \(Stranger(color: row.color, count: 0).text) two names",
          help: "each class has a color of its own")
      }
      if !isVoid { classes.append(row.name) }
    }
    guard (2...MaskClasses.most).contains(classes.count) else {
      throw GraftError(
        .input, "the legend \(file) has \(classes.count) classes",
        help: "2 to \(MaskClasses.most) can be told apart; \(Self.form)")
    }
    self.classes = classes.map(\.escapingControlCharacters)
  }

  private static let form =
    "a legend is a table with the columns name,r,g,b, or lines of R G B NAME"

  private typealias Row = (name: String, color: UInt32)

  private static func columns(of table: CSVTable) -> (name: Int, color: [Int])? {
    let color = colorColumns.compactMap { table.column(named: $0) }
    guard color.count == 3, let name = table.column(named: ["name", "class", "label"]) else {
      return nil
    }
    return (name, color)
  }

  private static func rows(_ bytes: [UInt8], _ file: BytePath) throws -> [Row] {
    let table = try CSVTable(bytes: bytes, name: file)
    guard let columns = columns(of: table) else {
      throw GraftError(
        .input, "the legend \(file) has the columns \(table.columnList)", help: form)
    }
    return try zip(table.rows, table.lines).map { row, line in
      try self.row(row[columns.name], columns.color.map { row[$0] }, "line \(line) of \(file)")
    }
  }

  private static func lines(_ bytes: [UInt8], _ file: BytePath) throws -> [Row] {
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    return try lines.filter { !$0.allSatisfy(\.isWhitespace) }.map { line in
      let parts = line.split(maxSplits: 3, whereSeparator: \.isWhitespace).map(String.init)
      guard parts.count == 4 else {
        throw GraftError(
          .input,
          "the legend \(file) has the line \"\(String(line.prefix(60)).escapingControlCharacters)\"",
          help: form)
      }
      return try row(parts[3], Array(parts[..<3]), "\(file)")
    }
  }

  private static func row(_ name: String, _ color: [String], _ place: String) throws -> Row {
    let name = CSVTable.trimmed(name)
    let values = color.compactMap { UInt8(CSVTable.trimmed($0)) }
    guard values.count == 3, !name.isEmpty else {
      throw GraftError(
        .input,
        "\(place) has \"\(name.escapingControlCharacters)\" with the color "
          + color.map(\.escapingControlCharacters).joined(separator: ","),
        help: "a class has a name, and red, green and blue from 0 to 255")
    }
    return (name, values.reduce(0) { $0 << 8 | UInt32($1) })
  }
}

extension MaskLegend {
  /// The classes of a mask of colors, and the first color that is none.
  func numbers(of image: Image) -> (image: Image, stranger: Stranger?) {
    var stranger: Stranger?
    // Neighbors mostly have one color.
    var (lastColor, lastNumber) = (UInt32.max, Self.unknown)
    let pixels = image.pixels.withUnsafeBufferPointer { colors in
      stride(from: 0, to: colors.count, by: 3).map { place -> UInt8 in
        let color =
          UInt32(colors[place]) << 16 | UInt32(colors[place + 1]) << 8 | UInt32(colors[place + 2])
        if color == lastColor { return lastNumber }
        guard let number = numbers[color] else {
          stranger = stranger ?? Stranger(color: color, count: 0)
          stranger?.count += 1
          return Self.unknown
        }
        (lastColor, lastNumber) = (color, number)
        return number
      }
    }
    let result = Image(
      width: image.width, height: image.height, channels: 1, pixels: pixels)
    return (result, stranger)
  }

  /// Refuses masks with colors that are in no legend.
  static func refuse(_ masks: [(path: String, stranger: Stranger)]) throws {
    guard let first = masks.first else { return }
    let count = first.stranger.count
    throw GraftError(
      .input,
      "\(masks.count) \(masks.count == 1 ? "mask has" : "masks have") colors that the legend does not "
        + "list, the first \(first.path): \(count) \(count == 1 ? "pixel" : "pixels"), one of them of "
        + "color \(first.stranger.text)",
      help: "add the color to the legend, as a class called void where it is none; masks that were "
        + "resized smoothly or saved as JPEG have colors between those of classes")
  }
}
