import GraftBase
import GraftData

/// `data`: chooses the images and splits them; alone it shows their card.
package struct DataCommand: Command {
  package static let specification = CommandSpecification(
    "data", "choose the images and split them", group: .ingredients,
    parameters: [
      .positional(
        "path", .path(.data),
        "folder with one folder per class, a data file, or demo:shapes, drawn by graft"),
      ParameterSpecification(
        "split", .ratio, default: .described("80/20, or the split the data comes with"),
        "shares of training, validation and test images"),
      ParameterSpecification(
        "val", .either([.percent, .path(.data)]), "validation images: a share, or where they are"),
      ParameterSpecification(
        "test", .either([.percent, .path(.data)]), "test images: a share, or where they are"),
      ParameterSpecification(
        "limit", .integer(1...100_000_000), "at most this many images, balanced over the classes"),
      ParameterSpecification(
        "bad", .choice(["skip", "stop"]), default: .described("skip, but stop at more than 5 %"),
        "what to do about files that cannot be read"),
      ParameterSpecification(
        "balance", .choice(["none", "weights", "sampler"]), default: .value("none"),
        "how to make up for classes of different size"),
    ],
    examples: [
      "data demo:shapes", "data flowers/ split=80/10/10",
      "data flowers/ val=20% limit=100 bad=stop",
    ],
    seeAlso: ["encoder", "check", "preview"], isRecorded: true,
    discussion: "Alone, it shows classes, counts, sizes and files that could not be read.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard arguments.isBare || arguments.isGiven("path") else {
      throw arguments.fault(
        .missingParameter, at: "path", "`data` needs a folder or file",
        help: "for example: data flowers/, or data demo:shapes")
    }
    for name in ["val", "test"] where share(name) != nil {
      let other = name == "val" ? "test" : "val"
      if arguments.isGiven("split") {
        throw arguments.fault(
          .wrongType, at: name, "give split= or \(name)=, not both",
          help: "split=80/10/10 sets all three shares")
      }
      if arguments.dataLocation(other) != nil {
        throw arguments.fault(
          .wrongType, at: name, "`\(other)` is a place and `\(name)` a share",
          help: "give both as places, or both as shares")
      }
    }
  }

  package func run(in session: Session) throws {
    if !arguments.isBare {
      let path = arguments.dataLocation("path") ?? ""
      let data = try Self.open(path, options(seed: session.seed), in: session)
      session.workbench.data = data
      session.workbench.balance =
        arguments.text("balance").flatMap(ClassBalance.init(rawValue:)) ?? .none
      session.refresh()
      for warning in data.warnings { session.console.warn(warning) }
    }
    let data = try session.requireData()
    session.console.result(
      arguments.isBare ? data.description : data.summary, event: "data", Self.fields(data))
    session.leaveReceipt(
      "\(data.samples.count) images, \(data.classes.count) classes, \(data.fingerprint)")
  }

  private func options(seed: UInt64) throws -> DataOptions {
    var options = DataOptions()
    options.splitSeed = seed
    options.limit = arguments.integer("limit")
    options.validationPath = arguments.dataLocation("val")
    options.testPath = arguments.dataLocation("test")
    switch arguments.text("bad") {
    case "skip": options.badFiles = .skip
    case "stop": options.badFiles = .stop
    default: options.badFiles = .few
    }
    let shares = arguments.fractions("split") ?? []
    let validation = share("val")
    let test = share("test")
    if shares.count >= 2 {
      options.split = try SplitRatios(
        train: shares[0], validation: shares[1], test: shares.count > 2 ? shares[2] : 0)
    } else if validation != nil || test != nil {
      let (validation, test) = (validation ?? 0.1, test ?? 0)
      options.split = try SplitRatios(
        train: 1 - validation - test, validation: validation, test: test)
    }
    return options
  }

  private func share(_ name: String) -> Double? {
    arguments.number(name) ?? arguments.fractions(name)?.first
  }

  /// Opens a data set, showing how far the scan is; Ctrl-C stops it.
  static func open(_ path: String, _ options: DataOptions, in session: Session) throws -> DataSet {
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    return try DataSet.open(path, options: options, pool: session.pool) { done, all in
      try session.interrupts.check()
      var line = ProgressLine(
        title: "scan \(path.lastPathComponent)", epoch: 1, epochCount: 1,
        fraction: Double(done) / Double(max(1, all)))
      line.imagesPerSecond = nil
      if session.settings.isProgressShown && all > 2_000 { writer.show(line) }
    }
  }

  static func fields(_ data: DataSet) -> [(String, JSONValue)] {
    [
      ("data", .string(data.name)), ("images", .integer(data.samples.count)),
      ("classes", .array(data.classes.map(JSONValue.string))),
      ("train", .integer(data.partition(.train).count)),
      ("val", .integer(data.partition(.validation).count)),
      ("test", .integer(data.partition(.test).count)),
      (
        "bad",
        .array(
          data.badFiles.map {
            .object([("path", .string($0.path)), ("reason", .string($0.reason))])
          })
      ),
      ("fingerprint", .string(data.fingerprint.hex)),
    ]
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["data"], needs: ["seed"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    guard let data = session.workbench.data else { return [:] }
    return [
      "path": data.name.escapingControlCharacters,
      "balance": session.workbench.balance.rawValue,
    ]
  }
}
