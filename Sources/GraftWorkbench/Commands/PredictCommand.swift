import Foundation
import GraftBase
import GraftData
import GraftImaging

/// `predict`: labels with probabilities for image files.
package struct PredictCommand: Command {
  private static let paths = Argument(
    each: "paths", ArgumentType<String>(.either([.path(.image), .path(.folder)])), isRequired: true,
    "image files or folders; - reads paths from standard input"
  ).positional
  private static let top = Argument(
    "top", .integer(1...1000), default: 1, "labels to show per image")
  private static let output = Argument(
    "to", .path(.output),
    "CSV file to write; for pixels the folder for masks and overlays; with dense=yes also a PNG"
  )

  package static let specification = CommandSpecification(
    "predict", "label image files, or their pixels", group: .judge,
    parameters: [paths, top, output] + DenseChoice.parameters,
    examples: [
      "predict rose.jpg", "predict new/ top=3 to=labels.csv", "predict -",
      "predict rose.jpg dense=yes size=384 to=where.png",
    ],
    seeAlso: ["evaluate", "load"], isRecorded: true,
    discussion:
      "A model that predicts one class per pixel takes images of any size. Into the folder `to` it "
      + "writes NAME.png, the mask (0 and 255 of two classes, else class numbers), and "
      + "NAME-overlay.png, the mask drawn over the image. With dense=yes the short side becomes "
      + "size=, the center is scored at every position, and labels are the mean of the softmax; "
      + "into a PNG `to` it draws where in the image the first label is.")

  private let arguments: CheckedArguments
  private let dense: DenseChoice?

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    dense = try DenseChoice(arguments)
  }

  /// Where the map of one image's first label goes.
  private var drawing: String? {
    guard dense != nil, let path = arguments[Self.output], path.hasSuffix(".png") else {
      return nil
    }
    return path
  }

  package func run(in session: Session) throws {
    let run = try session.runToMeasure(nil, classes: session.workbench.data)
    if run.model.task == .segmentation && dense == nil {
      return try predictPixels(run, in: session)
    }
    let predict = try labeling(by: run, in: session)
    let top = min(arguments[Self.top], run.model.classes.count)
    var table: [String] = ["path,label,probability"]
    var failures = 0
    let paths = try imagePaths(in: session)
    guard drawing == nil || paths.count == 1 else {
      throw GraftError(
        .usage, "a PNG shows one image, and \(paths.count) are given",
        help: "predict each separately, or write to=labels.csv")
    }
    let names = paths.map { FilePath.relative($0, to: session.folder) }
    let layout = Layout(names, run.model.classes, isTable: session.console.isOutputTerminal)
    for (path, shown) in zip(paths, names) {
      try session.interrupts.check()
      do {
        let labels = try predict(ImageFile.read(path), top)
        report(shown, labels, layout, in: session)
        table += labels.map {
          "\(shown.asCSVField),\($0.name.asCSVField),\($0.probability.shortProbability)"
        }
      } catch let error as GraftError where error.code == .input {
        failures += 1
        session.console.warn(error.description)
      }
    }
    if let output = arguments[Self.output], drawing == nil || failures == 0 {
      if drawing == nil { try AtomicFile.write(table.joined(separator: "\n") + "\n", to: output) }
      session.console.print("wrote \(FilePath.relative(output, to: session.folder))")
    }
    if failures > 0 {
      throw GraftError(
        .input, "\(failures) of \(paths.count) files could not be read as images")
    }
  }

  /// What labels an image, and draws it where that is asked for.
  private func labeling(
    by run: TrainingRun, in session: Session
  ) throws -> (Image, _ top: Int) throws -> [Predictor.Label] {
    guard let dense else { return try Predictor(run, pool: session.pool).predict }
    let predictor = try DensePredictor(dense, run, pool: session.pool)
    return { image, top in
      let result = try predictor.predict(image, top: top, drawing: drawing != nil)
      if let drawing, let image = result.image {
        try ImageFile.writePNG(image, to: drawing)
      }
      return result.labels
    }
  }

  /// Masks of images, with what part of each every class has.
  private func predictPixels(_ run: TrainingRun, in session: Session) throws {
    var predictor = try SegmentationPredictor(run.model, pool: session.pool)
    let folder = arguments[Self.output]
    let paths = try imagePaths(in: session)
    var failures = 0
    for path in paths {
      try session.interrupts.check()
      do {
        let image = try ImageFile.read(path)
        let mask = try predictor.predict(image)
        let shown = FilePath.relative(path, to: session.folder)
        report(shown, mask, run.model.classes, in: session)
        if let folder { try write(mask, of: image, path, run.model.classes.count, into: folder) }
      } catch let error as GraftError where error.code == .input {
        failures += 1
        session.console.warn(error.description)
      }
    }
    if let folder {
      session.console.print("wrote masks to \(FilePath.relative(folder, to: session.folder))")
    }
    if failures > 0 {
      throw GraftError(
        .input, "\(failures) of \(paths.count) files could not be read as images")
    }
  }

  private func report(
    _ path: String, _ mask: Image, _ classes: [String], in session: Session
  ) {
    var counts = [Int](repeating: 0, count: classes.count)
    for value in mask.pixels { counts[Int(value)] += 1 }
    let shares = counts.map { Double($0) / Double(mask.pixels.count) }
    let text = zip(classes, shares).map { "\($0.escapingControlCharacters) \($1.percentText)" }
    session.console.result(
      ([path.escapingControlCharacters] + text).joined(
        separator: session.console.isOutputTerminal ? "  " : "\t"),
      event: "predict",
      [("path", .string(path)), ("size", .string("\(mask.size)"))]
        + zip(classes, shares).map { ("share.\($0)", .number($1)) })
  }

  private func write(
    _ mask: Image, of image: Image, _ path: String, _ classCount: Int, into folder: String
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    var name = path.lastPathComponent
    if let dot = name.lastIndex(of: "."), dot > name.startIndex { name = String(name[..<dot]) }
    try ImageFile.writePNG(mask.asMaskFile(classCount: classCount), to: "\(folder)/\(name).png")
    let marks = ContactSheet.Marks(Annotation(mask: mask))
    try ImageFile.writePNG(
      ContactSheet.masked(image, marks), to: "\(folder)/\(name)-overlay.png")
  }

  private func report(
    _ path: String, _ labels: [Predictor.Label], _ layout: Layout, in session: Session
  ) {
    for (rank, label) in labels.enumerated() {
      session.console.result(
        layout.line(path, label, isFirst: rank == 0),
        event: "predict",
        [
          ("path", .string(path)), ("label", .string(label.name)),
          ("probability", .number(Double(label.probability))), ("rank", .integer(rank + 1)),
        ])
    }
  }

  /// Columns for people on a terminal; elsewhere fields between tabs, all of them on every line.
  private struct Layout {
    let isTable: Bool
    let pathWidth: Int
    let labelWidth: Int

    init(_ paths: [String], _ classes: [String], isTable: Bool) {
      self.isTable = isTable
      pathWidth = min(60, paths.map(\.escapingControlCharacters.count).max() ?? 0)
      labelWidth = classes.map(\.escapingControlCharacters.count).max() ?? 0
    }

    func line(_ path: String, _ label: Predictor.Label, isFirst: Bool) -> String {
      let path = path.escapingControlCharacters
      let name = label.name.escapingControlCharacters
      let probability = label.probability.shortProbability
      guard isTable else { return [path, name, probability].joined(separator: "\t") }
      return Self.padded(isFirst ? path : "", pathWidth) + "  " + Self.padded(name, labelWidth)
        + "  " + probability
    }

    private static func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
  }

  /// The files named, those inside folders in bytewise order, and those that standard input lists.
  private func imagePaths(in session: Session) throws -> [String] {
    var result: [String] = []
    for path in arguments[Self.paths] {
      if path == "-" {
        while let line = readLine() {
          if !line.isEmpty { result.append(FilePath.absolute(line, base: session.folder)) }
        }
      } else if FilePath.isFolder(path) == true {
        result += Self.images(in: path)
      } else {
        result.append(path)
      }
    }
    guard !result.isEmpty else {
      let paths = arguments[Self.paths]
      let inside = paths.lazy.compactMap(Self.folderWithImages).first
      throw GraftError(
        .input, "there are no images in \(paths.joined(separator: ", "))",
        help: inside.map { "there are images in a subfolder: predict \($0)" }
          ?? "graft reads \(ReadableKind.list) files")
    }
    return result
  }

  private static func images(in folder: String) -> [String] {
    entries(of: folder).filter { !$0.isFolder && ReadableKind.hasSuffix($0.name) }.map(\.path)
  }

  /// The first folder inside this one that has images itself.
  private static func folderWithImages(in folder: String) -> String? {
    entries(of: folder).first { $0.isFolder && !images(in: $0.path).isEmpty }?.path
  }

  /// What lies in a folder, in bytewise order of names.
  private static func entries(of folder: String) -> [(name: String, path: String, isFolder: Bool)] {
    FolderListing.entries(of: folder)
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      .map {
        let path = folder.hasSuffix("/") ? folder + $0.name : folder + "/" + $0.name
        return (name: $0.name, path: path, isFolder: $0.isFolder)
      }
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(needs: ["current"], isOutcome: true)
  }
}
