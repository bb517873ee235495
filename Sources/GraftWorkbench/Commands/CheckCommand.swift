import GraftBase
import GraftData
import GraftImaging
import GraftTraining

/// `check`: finds faults in the data or in a recipe before they cost time.
package struct CheckCommand: Command {
  private enum Subject: String, WordChoice { case data, augment, recipe, explain }

  /// Which labels `check data` lists.
  private enum LabelRule: String, WordChoice {
    case pruned, confident, no

    var rule: ConfidentLearning.Rule? {
      switch self {
      case .pruned: .pruned
      case .confident: .confident
      case .no: nil
      }
    }
  }

  private static let what = Argument(
    "what", .word, default: Subject.data, "what to check"
  ).positional
  private static let file: Argument<String?> = Argument(
    "file", ArgumentType<String>(.either([.path(.recipe), .path(.data)])),
    "the recipe, or a folder of images to check the augmentation on, with its boxes"
  ).positional
  private static let output: Argument<String?> = Argument(
    "to", .path(.output),
    "file to write: a PNG of what comes out of the augmentation, or of the images that are suspicious; "
      + "under another name a CSV table of doubtful labels; or the curves of `check explain`")
  private static let samples = Argument(
    "samples", .integer(1...100_000), default: 256, "draws of the augmentation to check")

  private static let labels = Argument(
    "labels", .word, default: LabelRule.pruned,
    "labels that `check data` lists: as many of each class as are estimated to be wrong, those of images "
      + "that count confidently for another class, or none")

  private static let method = Argument(
    list: "method", .explanationMethods, otherwise: "gradcam and occlusion",
    "methods that `check explain` measures")
  private static let images = Argument(
    "images", .integer(1...1000), default: 8, "validation images that `check explain` measures")

  package static let specification = CommandSpecification(
    "check", "check the data, the augmentation, explanations or a recipe for faults", group: .look,
    parameters: [what, file, samples, labels, method, images, output],
    examples: [
      "check", "check data", "check data labels=no to=copies.png", "check augment samples=64",
      "check augment street/", "check augment street/ to=street.png",
      "check recipe flowers.graft", "check explain method=saliency images=2 to=curves.png",
    ],
    seeAlso: ["data", "augment", "explain", "run"],
    discussion:
      "`check augment` draws images of the data through the current pipeline and says how many come "
      + "out unchanged, near black or of one color, what each op drew, and how long it takes. It "
      + "fails when one image in ten is ruined, or none is changed. Of images with boxes it counts "
      + "the boxes of which less than a tenth is left; into `to` it draws up to 16 images with their "
      + "boxes, those that lost some first. `check data` fails when files "
      + "cannot be read, the same image has two labels, or it is in two splits: as an exact copy, or saved again, "
      + "resized, mirrored or turned, which it finds by a perceptual hash of each image and a "
      + "comparison of thumbnails. It names copies inside a split too, and with an encoder also images that its "
      + "features make likely copies: cutouts, other colors, the same thing photographed again. Their distance is less "
      + "than 0.45 of that to the 5th nearest image of both; these do not fail the check. With an encoder it lists labels "
      + "that are likely wrong, by confident learning (Northcutt 2021): for each fifth of all images, of every "
      + "split, a linear head is solved on the features of the others. An image counts confidently for "
      + "a class whose probability reaches what images with that label have on average; these "
      + "counts estimate how many labels of each class are wrong, and the least plausible ones are "
      + "listed. `labels=confident` lists all that count for another class. Pairs of classes that a "
      + "tenth or more of their images confuse are listed too. Of 200 to 20,000 images it lists those unlike "
      + "all others: whose features' cosine distance to their 20th nearest neighbor (Sun 2022) is above the "
      + "median by three median absolute deviations. "
      + "Nothing is changed, and doubtful labels do not fail the check; "
      + "`to=doubtful.csv` has all of them. `to=suspects.png` shows what was found: the same image "
      + "under two labels and near copies side by side, likely label errors with the label that is "
      + "likelier, and images unlike all others. "
      + "`check explain` measures whether the maps of `explain` show what the model uses: it covers pixels "
      + "with the mean color, those first that a map calls important, and brings them back (Petsiuk et al., "
      + "2018), beside an order drawn at random; and it compares each map with that of a model "
      + "whose weights are drawn anew, which should differ (Adebayo et al., 2018).")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    let what = arguments[Self.what]
    if what == .recipe && arguments[Self.file] == nil {
      throw arguments.fault(
        .missingParameter, at: Self.what, "`check recipe` needs a file",
        help: "for example: check recipe flowers.graft")
    }
    let subjects: [(argument: any AnyArgument, subject: Subject)] = [
      (Self.file, what == .data ? .recipe : what), (Self.samples, .augment),
      (Self.labels, .data), (Self.method, .explain), (Self.images, .explain),
      (Self.output, what == .recipe ? .augment : what),
    ]
    if arguments[Self.labels] == .no, arguments.isGiven(Self.output), !isSheet {
      throw arguments.fault(
        .wrongType, at: Self.output, "labels=no lists no labels that `to` could have",
        help: "leave out one of the two, or have a sheet of copies: to=copies.png")
    }
    if what == .explain { _ = try arguments.plotFormat(at: Self.output) }
    for (argument, subject) in subjects where arguments.isGiven(argument) && what != subject {
      throw arguments.fault(
        .wrongType, at: argument, "`\(argument.name)` is for `check \(subject.rawValue)`")
    }
  }

  /// Whether images are written, else a table.
  private var isSheet: Bool { arguments[Self.output]?.lowercased().hasSuffix(".png") == true }

  package func rehearse(in trial: Session) throws {
    switch arguments[Self.what] {
    case .recipe: return
    case .data:
      let data = try trial.requireData()
      _ = try labelPlace(data, in: trial)
    case .augment:
      if let path = arguments[Self.output] {
        _ = try trial.output(path, reading: arguments[Self.file].map { [BytePath($0)] } ?? [])
      }
      try Self.requirePipeline(in: trial)
    case .explain:
      if let path = arguments[Self.output] { _ = try trial.output(path) }
      let choice = validationImages
      try choice.check(in: trial)
      try ExplanationCheck.check(
        trial.runToMeasure(nil, classes: trial.workbench.data), explanationMethods)
    }
  }

  private var explanationMethods: [any ExplanationMethod.Type] {
    let methods = arguments[Self.method].compactMap(ExplanationMethods.method)
    return methods.isEmpty ? [GradCAM.self, Occlusion.self] : methods
  }

  private var validationImages: SubjectChoice {
    SubjectChoice(count: arguments[Self.images], part: .val)
  }

  private static func requirePipeline(in session: Session) throws {
    guard session.workbench.pipeline.isEmpty else { return }
    try session.requireForeseeable("augment")
    throw GraftError(
      .failed, "there is no augmentation to check", help: "choose one, such as: augment flip")
  }

  package func run(in session: Session) throws {
    if arguments[Self.what] == .augment { return try checkAugment(in: session) }
    if arguments[Self.what] == .explain { return try checkExplanations(in: session) }
    guard arguments[Self.what] == .recipe, let path = arguments[Self.file] else {
      return try checkData(in: session)
    }
    let shown = FilePath.relative(path, to: session.folder)
    let file = try SourceFile.read(shown, base: session.folder, folder: session.rootFolder)
    let status = Executor(session).check(file)
    if status != 0 { throw GraftError(.failed, "`\(shown)` has faults") }
  }

  /// Checks augmented images; fails when the pipeline ruins them or does nothing.
  private func checkAugment(in session: Session) throws {
    let pipeline = session.workbench.pipeline
    try Self.requirePipeline(in: session)
    let count = arguments[Self.samples]
    let inputs = arguments[Self.file].map { [BytePath($0)] } ?? []
    let place = try arguments[Self.output].map { try session.output($0, reading: inputs) }
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    let source = try arguments[Self.file].map {
      try RenderSource([$0], boxes: nil, in: session)
    }
    for warning in source?.boxes?.warnings ?? [] { session.console.warn(warning) }
    if let data = source?.data ?? session.workbench.data {
      session.warnOfWidePadding(pipeline, of: data, session.workbench.preprocessing)
    }
    let check = try AugmentCheck(pipeline, count: count, of: source, in: session) { done in
      let line = ProgressLine(
        title: "check augment", fraction: Double(done) / Double(count))
      if session.settings.isProgressShown { writer.show(line) }
    }
    writer.finish()
    session.console.result(
      check.text(width: session.console.tableWidth), event: .checkAugment, check.fields)
    if let place {
      let sheet = try check.sheet(of: source, in: session)
      try ImageFile.writePNG(sheet.drawn(), to: place.prepared())
      session.tellWritten(place)
    }
    let faults = check.findings.filter { $0.verdict == "fault" }
    guard let fault = faults.first else { return }
    throw GraftError(
      .failed, "\(fault.share.percentText) of the \(fault.subject)", help: fault.advice)
  }

  /// Measures whether explanations show what the model uses.
  private func checkExplanations(in session: Session) throws {
    let place = try arguments[Self.output].map { try session.output($0) }
    let format = try arguments.plotFormat(at: Self.output)
    let choice = validationImages
    try choice.check(in: session)
    let check = try ExplanationCheck(
      of: session.runToMeasure(nil, classes: session.workbench.data),
      explanationMethods, on: choice, in: session)
    session.console.result(
      check.text(width: session.console.tableWidth), event: .checkExplain, check.fields)
    if let place, let format {
      try PlotOutput().write(check.plot, format, to: place.prepared())
      session.tellWritten(place)
    }
  }

  /// Lists what is wrong with the images; fails for bad files and for copies in several splits.
  private func checkData(in session: Session) throws {
    let data = try session.requireData()
    let place = try labelPlace(data, in: session)
    let check = try DataCheck(data, labels: arguments[Self.labels].rule, in: session)
    session.console.result(
      check.lines.joined(separator: "\n"), event: .checkData, check.fields)
    if let place, isSheet {
      try ImageFile.writePNG(check.sheet(pool: session.pool).drawn(), to: place.prepared())
      session.tellWritten(place)
    } else if let place, let labels = check.labels {
      try labels.write(to: place)
      session.tellWritten(place)
    }
    guard !check.faults.isEmpty else { return }
    throw GraftError(
      .failed, "\(data.name): \(check.faults.joined(separator: ", "))",
      help: "remove or replace the files listed above")
  }

  /// Where suspects go; a table of doubtful labels is refused where there are none to be found.
  private func labelPlace(_ data: DataSet, in session: Session) throws -> OutputPlace? {
    guard let path = arguments[Self.output] else { return nil }
    if !isSheet, let obstacle = LabelCheck.obstacle(data, in: session) {
      throw GraftError(
        .failed, "there are no doubtful labels to write: \(obstacle)", help: "leave out to=")
    }
    return try session.output(path)
  }
}
