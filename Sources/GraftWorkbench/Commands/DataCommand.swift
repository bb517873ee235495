import GraftBase
import GraftData

/// `data`: chooses the images and splits them; alone it shows their card.
package struct DataCommand: Command {
  static let source: Argument<DataSource?> = Argument(
    "path", .dataSource,
    "folder with one subfolder per class, a data file, or built-in images: demo:shapes, demo:fractals; bad for the "
      + "files of the current data that were left out"
  ).positional
  private static let split = Argument(
    list: "split", .ratio, otherwise: "80/20, or the split the data comes with",
    "shares of training, validation and test images")
  private static let validation: Argument<PartSource?> = Argument(
    "val", .partSource, "validation images: a share, or their folder")
  private static let test: Argument<PartSource?> = Argument(
    "test", .partSource, "test images: a share, or their folder")
  private static let limit = Argument(
    "limit", .integer(1...100_000_000), "at most this many images, balanced over the classes")
  private static let classes = Argument(
    "classes", .integer(DemoFractalsFormat.classCounts),
    otherwise: "\(DemoFractalsFormat.usualClassCount)",
    "how many kinds of fractals demo:fractals draws")
  private static let bad: Argument<BadFileChoice?> = Argument(
    "bad", .word, otherwise: "skip, but stop at more than 5 %",
    "what to do about files that cannot be read")
  private static let output = Argument(
    "to", .path(.output), "CSV file for all files that were left out, with the reason")
  private static let range = GrayRange.argument(otherwise: "0..65535")
  private static let encoding: Argument<TextEncoding?> = Argument(
    "encoding", .word, otherwise: "utf-8", "encoding of the text of a table")
  private static let legend: Argument<String?> = Argument(
    "legend", .path(.file), otherwise: "classes.csv beside the masks",
    "table name,r,g,b that says which color of a mask is which class")
  private static let labels: Argument<String?> = Argument(
    "labels", .path(.file), otherwise: "the folders' names, or the table that is the data",
    "table of the labels of the images in the folder, file names relative to it")
  private static let multiLabel: Argument<Bool?> = Argument(
    "multilabel", .flag,
    otherwise:
      "yes where fields of a table share labels between ; or |, or it has a column for each class",
    "whether images of a table have any number of labels, in a field or in a row for each")
  private static let separator: Argument<LabelSeparator?> = Argument(
    "separator", .word, otherwise: "the one of ; | , that occurs",
    "what is between the labels of a field; makes the set multi-label")
  private static let alias = Argument(
    "as", .newName(.dataSet),
    "name by which `data NAME` chooses these images again, as they are now")
  private static let without: Argument<String?> = Argument(
    "without", .path(.file),
    "list of images to leave out: a path per line, or a table with a column path, as `check data` "
      + "writes it")
  private static let balance = Argument(
    "balance", .word, default: ClassBalance.none,
    "how to balance classes of different size")

  package static let specification = CommandSpecification(
    "data", "choose the images and split them", group: .ingredients,
    parameters: [
      source, split, validation, test, limit, classes, without, bad, balance, range, encoding,
      legend,
      labels, multiLabel, separator, output, alias,
    ],
    examples: [
      "data demo:shapes", "data demo:fractals:80 classes=4", "data flowers/ split=80/10/10",
      "data flowers/ val=20% limit=100 bad=stop", "data bad to=bad.csv",
      "data microscope/ range=0..4095", "data labels.csv encoding=latin1",
      "data streets/ legend=colors.csv", "data flowers/ without=doubtful.csv",
      "data photos/ labels=tags.csv", "data planet.csv separator=space balance=weights",
      "data flowers/ limit=100 as=few ; data demo:shapes ; data few",
    ],
    seeAlso: ["encoder", "check", "preview"], isRecorded: true,
    discussion: "Alone, it shows classes, counts, sizes and files that were left out, because they "
      + "cannot be read or are no images. `data bad` lists all of those. `without=` names images as "
      + "lists do, by their paths inside the data, and the files stay where they are. Models remember range=, so that "
      + "`predict` reads files alike. A class of the legend that is called void is no class: its "
      + "pixels are not learned. "
      + "A table without a column label may have one for each class, with 0 and 1; every column but file and split is then "
      + "a class, called as it is spelled. With multilabel=no each row has a single 1, and images one class each. "
      + "In a multi-label set images have any number of labels, or none; each label is learned by itself "
      + "with binary cross-entropy, and the set is split so that each part has its share of every label. "
      + "balance=weights then counts a label that an image has as often as images without it outnumber "
      + "those with it.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    let options: [any AnyArgument] = [
      Self.split, Self.validation, Self.test, Self.limit, Self.bad, Self.balance, Self.range,
      Self.encoding, Self.legend, Self.without, Self.labels, Self.multiLabel, Self.separator,
      Self.classes,
    ]
    if let name = arguments[Self.source]?.name, let option = arguments.firstGiven(of: options) {
      throw arguments.fault(
        .notAllowedHere, at: option,
        "`\(name)` is chosen as it was named, without `\(option.name)`",
        help: "to change it, open the folder again with that")
    }
    if arguments[Self.alias] == DataSource.word {
      throw arguments.fault(
        .wrongType, at: Self.alias,
        "`data \(DataSource.word)` lists files, so that it cannot be a name",
        help: "choose another name")
    }
    if arguments.firstGiven(of: options + [Self.alias]) != nil,
      arguments[Self.source]?.isChoice != true
    {
      throw arguments.fault(
        .missingParameter, at: Self.source, "`data` needs a folder or file",
        help: "for example: data flowers/, or data demo:shapes")
    }
    _ = try arguments.grayRange(Self.range)
    if arguments[Self.multiLabel] == false, arguments.isGiven(Self.separator) {
      throw arguments.fault(
        .notAllowedHere, at: Self.separator,
        "with multilabel=no a field is one label, and nothing separates several",
        help: "leave out one of the two")
    }
    for (part, other) in [(Self.validation, Self.test), (Self.test, Self.validation)]
    where arguments[part]?.share != nil {
      if arguments.isGiven(Self.split) {
        throw arguments.fault(
          .wrongType, at: part, "give split= or \(part.name)=, not both",
          help: "split=80/10/10 sets all three shares")
      }
      if arguments[other]?.place != nil {
        throw arguments.fault(
          .wrongType, at: part, "`\(other.name)` is a folder and `\(part.name)` a share",
          help: "give both as folders, or both as shares")
      }
    }
  }

  package func rehearse(in trial: Session) throws {
    if let path = arguments[Self.output] { _ = try trial.output(path) }
    _ = try chosen(in: trial)
  }

  /// The current data, after they are chosen where a place is given.
  private func chosen(in session: Session) throws -> DataSet {
    guard let source = arguments[Self.source], source.isChoice else {
      return try session.requireData()
    }
    try checkAlias(in: session)
    let (data, balance) = try opened(source, in: session)
    session.workbench.data = data
    session.workbench.balance = balance
    if let alias = arguments[Self.alias] { session.workbench.dataSets[alias] = (data, balance) }
    session.refresh()
    for warning in data.warnings { session.console.warn(warning) }
    return data
  }

  private func opened(
    _ source: DataSource, in session: Session
  ) throws -> (data: DataSet, balance: ClassBalance) {
    if let name = source.name {
      guard let known = session.workbench.dataSets[name] else {
        try session.requireForeseeable("data:\(name)")
        throw GraftError(
          .failed, "no images are called `\(name)`", help: "name some: data FOLDER as=\(name)")
      }
      return known
    }
    let data = try Self.open(source.place ?? "", options(seed: session.seed), in: session)
    return (data, arguments[Self.balance])
  }

  /// A name must not hide a folder: words are places first.
  private func checkAlias(in session: Session) throws {
    guard let alias = arguments[Self.alias],
      FilePath.isFolder(FilePath.absolute(alias, base: session.folder)) != nil
    else { return }
    throw GraftError(
      .usage, "`\(alias)` is a file or folder here, so that it cannot be a name of images",
      help: "choose another name: as=my_\(alias)")
  }

  package func run(in session: Session) throws {
    let place = try arguments[Self.output].map { try session.output($0) }
    let data = try chosen(in: session)
    if let place { return try writeLeftOut(of: data, to: place, in: session) }
    if case .bad? = arguments[Self.source] { return showLeftOut(of: data, in: session) }
    session.console.result(
      arguments.isBare ? data.description : data.summary, event: .data,
      Self.fields(data) + [("left_out", .null)])
    session.leaveReceipt(
      "\(data.samples.count) images, \(data.classes.count) classes, \(data.fingerprint)")
  }

  private func showLeftOut(of data: DataSet, in session: Session) {
    let lines = data.badFiles.map(\.description) + data.ignored.map { "\($0.path) \($0.reason)" }
    session.console.result(
      lines.isEmpty ? "\(data.name): nothing was left out" : lines.joined(separator: "\n"),
      event: .data, Self.fields(data) + [("left_out", .null)])
  }

  private func writeLeftOut(
    of data: DataSet, to place: OutputPlace, in session: Session
  ) throws {
    try AtomicFile.write(data.leftOutTable, to: place.prepared())
    session.console.result(
      "\(data.summary)\nwrote \(FilePath.relative(place.path, to: session.folder)), "
        + "\(data.badFiles.count) unreadable, \(data.ignored.count) ignored",
      event: .data, Self.fields(data) + [("left_out", .string(place.path))])
    session.leaveReceipt("\(data.badFiles.count) unreadable, \(data.ignored.count) ignored")
  }

  private func options(seed: UInt64) throws -> DataOptions {
    var options = DataOptions()
    options.splitSeed = seed
    options.limit = arguments[Self.limit]
    options.validationPath = arguments[Self.validation]?.place
    options.testPath = arguments[Self.test]?.place
    options.badFiles = arguments[Self.bad]?.policy ?? .few
    options.grayRange = try arguments.grayRange(Self.range)
    options.withoutPath = arguments[Self.without]
    options.hints.classCount = arguments[Self.classes]
    options.hints.encoding = arguments[Self.encoding]
    options.hints.legend = arguments[Self.legend]
    options.labelsPath = arguments[Self.labels]
    options.hints.isMultiLabel = arguments[Self.multiLabel]
    options.hints.separator = arguments[Self.separator]
    let shares = arguments[Self.split]
    let validation = arguments[Self.validation]?.share
    let test = arguments[Self.test]?.share
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

  /// Opens a data set, showing how far the scan is; Ctrl-C stops it.
  static func open(_ path: String, _ options: DataOptions, in session: Session) throws -> DataSet {
    try session.workbench.readings.dataSet(path, options, isKept: session.trial != nil) {
      var writer = ProgressWriter(session.console)
      defer { writer.finish() }
      return try DataSet.open(path, options: options, pool: session.pool) { done, all in
        try session.interrupts.check()
        var line = ProgressLine(
          title: "scan \(path.lastPathComponent)",
          fraction: Double(done) / Double(max(1, all)))
        line.imagesPerSecond = nil
        if session.settings.isProgressShown && all > 2_000 { writer.show(line) }
      }
    }
  }

  static func fields(_ data: DataSet) -> [(String, JSONValue)] {
    [
      ("data", .string(data.name)),
      ("places", .array(data.places.map { .string($0.description) })),
      ("images", .integer(data.samples.count)),
      ("classes", .array(data.classes.map(JSONValue.string))),
      ("task", .string(data.task.rawValue)),
      ("train", .integer(data.partition(.train).count)),
      ("val", .integer(data.partition(.validation).count)),
      ("test", .integer(data.partition(.test).count)),
      ("bad", list(data.badFiles.map { ($0.path, $0.reason) })),
      ("ignored", list(data.ignored.map { ($0.path, $0.reason) })),
      ("without", .array(data.leftOut.map(JSONValue.string))),
      ("fingerprint", .string(data.fingerprint.hex)),
      ("warnings", .array(data.warnings.map(JSONValue.string))),
    ]
  }

  private static func list(_ files: [(path: String, reason: String)]) -> JSONValue {
    .array(
      files.map { .object([("path", .string($0.path)), ("reason", .string($0.reason))]) })
  }

  package func lineage(in session: Session) -> Lineage? {
    let isWriting = arguments.isGiven(Self.output)
    guard let source = arguments[Self.source], source.isChoice else {
      return isWriting ? Lineage(needs: ["data"], isOutcome: true) : nil
    }
    let names = [arguments[Self.alias]].compactMap(\.self)
    return Lineage(
      provides: ["data"] + names.map { "data:\($0)" },
      needs: source.name.map { ["data:\($0)"] } ?? ["seed"], isOutcome: isWriting)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    guard let data = session.workbench.data else { return [:] }
    return [
      source.name: data.name.escapingControlCharacters,
      balance.name: session.workbench.balance.rawValue,
    ]
  }
}

/// Where images come from, or the word for what was left out of the current ones.
enum DataSource: ArgumentReadable {
  case place(String)
  /// Images that the user gave a name.
  case named(String)
  case bad

  static let word = "bad"

  static func read(_ values: [ArgumentValue]) -> DataSource? {
    guard case .text(let text)? = values.first else {
      return String.read(values).map { .place($0) }
    }
    if text == word { return .bad }
    return FilePath.isBuiltIn(text) ? .place(text) : .named(text)
  }

  var argumentText: String { place ?? name ?? Self.word }
  var place: String? { if case .place(let place) = self { place } else { nil } }
  var name: String? { if case .named(let name) = self { name } else { nil } }
  /// Whether it chooses images.
  var isChoice: Bool { place != nil || name != nil }
}

extension ArgumentType where Value == DataSource {
  /// A folder that has the word's name is opened.
  fileprivate static var dataSource: Self {
    Self(.either([.path(.data), .choice([DataSource.word]), .name(.dataSet)]))
  }
}

/// What `bad=` may say.
private enum BadFileChoice: String, WordChoice {
  case skip, stop

  var policy: BadFilePolicy { self == .skip ? .skip : .stop }
}

/// Where the images of one part come from: a share of all, or a place of their own.
private enum PartSource: ArgumentReadable {
  case share(Double)
  case place(String)

  static func read(_ values: [ArgumentValue]) -> PartSource? {
    Double.read(values).map(PartSource.share) ?? String.read(values).map(PartSource.place)
  }

  var argumentText: String {
    switch self {
    case .share(let share): share.argumentText
    case .place(let place): place
    }
  }

  var share: Double? { if case .share(let share) = self { share } else { nil } }
  var place: String? { if case .place(let place) = self { place } else { nil } }
}

extension ArgumentType where Value == PartSource {
  fileprivate static var partSource: Self { Self(.either([.percent, .path(.data)])) }
}
