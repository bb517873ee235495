import GraftBase
import GraftData
import GraftModels
import GraftTraining

/// Labels that are likely wrong, by the features of the chosen encoder: a part of `check data`.
struct LabelCheck {
  let data: DataSet
  let encoder: EncoderChoice
  let head: HeldOutHead
  /// The least plausible first; nil where the head has nothing to say about labels.
  let doubts: [ConfidentLearning.Doubt]?
  /// Nil where features say nothing, or the images are too few or too many.
  let outliers: FeatureOutliers?
  /// Nil as for outliers.
  let neighbors: FeatureNeighbors?

  private static let batchSize = 32
  private static let shownDoubts = 20
  /// What is shown of pairs of classes: at most so many, from this share on.
  private static let (shownPairs, leastConfusion) = (5, 0.1)

  /// Computes the features of all images, solves a head for parts of them in turn, and judges each label by
  /// the solution that has not seen it; Ctrl-C stops it.
  init(_ data: DataSet, _ rule: ConfidentLearning.Rule, in session: Session) throws {
    self.data = data
    encoder = try session.requireEncoder()
    let (head, found) = try Self.judged(Self.prepared(data, in: session), in: session)
    self.head = head
    neighbors = head.isInformative ? found : nil
    outliers = neighbors.flatMap { FeatureOutliers($0) }
    let learning = ConfidentLearning(
      head.probabilities, labels: head.labels, classCount: head.classCount)
    doubts = head.isInformative ? learning.doubts(rule) : nil
  }

  /// Why the labels of the session's images cannot be judged; nil where they can.
  static func obstacle(_ data: DataSet, in session: Session) -> String? {
    guard data.task == .classification else {
      return data.task == .multiLabel
        ? "images have any number of labels" : "a mask has a class for each pixel"
    }
    guard session.workbench.encoder != nil else {
      return "no encoder is chosen; after `encoder resnet20` or another, `check data` lists "
        + "likely label errors"
    }
    do {
      _ = try prepared(data, in: session)
      return nil
    } catch {
      return (error as? GraftError)?.message ?? "\(error)"
    }
  }

  /// A run over all images, whatever their split, whose head would be solved for.
  private static func prepared(_ data: DataSet, in session: Session) throws -> PreparedRun {
    try data.undivided.requireSeveralClasses()
    var settings = TrainingSettings(epochs: 1)
    settings.seed = session.seed
    var ingredients = RunIngredients(
      data: data.undivided, batchSize: batchSize, seed: session.seed,
      phases: [TrainingPhase(.headOnly, settings)])
    ingredients.solving = .logistic
    let model = try session.makeModel(classes: data.classes, head: .linear())
    return try PreparedRun(name: "check data", model: model, ingredients)
  }

  private static func judged(
    _ run: PreparedRun, in session: Session
  ) throws -> (HeldOutHead, FeatureNeighbors?) {
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    let cache = session.workbench.features
    let table = try run.features(pool: session.pool, cache: cache) { done, all in
      let line = ProgressLine(
        title: "features of \(run.ingredients.data.name)",
        fraction: Double(done) / Double(all))
      if session.settings.isProgressShown, all > 8 { writer.show(line) }
      return !session.interrupts.asksToStop
    }
    let head = try table.flatMap {
      try HeldOutHead(
        $0, classCount: run.model.classes.count, seed: session.seed, pool: session.pool
      ) { !session.interrupts.asksToStop }
    }
    guard let head else {
      throw GraftError(
        session.interrupts.termination ?? .interrupted, "the check of the labels was interrupted")
    }
    return (head, try table?.neighbors(pool: session.pool))
  }
}

// As text and for programs.
extension LabelCheck {
  /// What was computed, then the first of the list.
  var lines: [String] {
    guard let doubts else { return ["labels are not checked: \(silence)"] }
    var lines = [
      "labels, by \(source), solved in \(head.folds) folds: "
        + "\(head.agreement.value.percentText) of all images are most probable as labeled"
    ]
    lines += pairLines + outlierLines
    guard !doubts.isEmpty else { return lines + ["likely label errors: none"] }
    lines.append("likely label errors: \(doubts.count), the least plausible first")
    lines += doubts.prefix(Self.shownDoubts).map { doubt in
      let path = data.samples[doubt.image].path.escapingControlCharacters
      return "  \(path): \(change(doubt)) (\(doubt.labelProbability.fixedText(2)) → "
        + "\(doubt.probability.fixedText(2)))"
    }
    let more = doubts.count - Self.shownDoubts
    if more > 0 { lines.append("  and \(more) more; `check data to=doubtful.csv` lists all") }
    return lines
  }

  /// Images unlike all others.
  private var outlierLines: [String] {
    guard let outliers else { return [] }
    let found = outliers.outliers
    guard !found.isEmpty else { return ["images unlike all others: none"] }
    let more = found.count - Self.shownDoubts
    return [
      "images unlike all others: \(found.count), the most distant first (cosine distance to the "
        + "\(FeatureOutliers.neighbors)th nearest above \(outliers.threshold.fixedText(3)))"
    ]
      + found.prefix(Self.shownDoubts).map {
        "  \(data.samples[$0.image].path.escapingControlCharacters) (\($0.distance.fixedText(3)))"
      } + (more > 0 ? ["  and \(more) more; `--json` lists all"] : [])
  }

  /// Classes that the encoder's features hardly separate.
  private var pairLines: [String] {
    let pairs = head.confusedPairs.filter { $0.confused.value >= Self.leastConfusion }
    guard !pairs.isEmpty else { return [] }
    return ["classes that these features hardly separate: \(pairs.count), the most confused first"]
      + pairs.prefix(Self.shownPairs).map { pair in
        let names = pair.classes.map { data.classes[$0].escapingControlCharacters }
        return "  \(names.joined(separator: " and ")): \(pair.confused.value.percentText) of "
          + "\(pair.confused.total) images taken for the other"
      } + (pairs.count > Self.shownPairs ? ["  and \(pairs.count - Self.shownPairs) more"] : [])
  }

  private func fields(of pair: ConfusedPair) -> JSONValue {
    .object([
      ("classes", .array(pair.classes.map { .string(data.classes[$0]) })),
      ("confused", .integer(pair.confused.count)), ("images", .integer(pair.confused.total)),
    ])
  }

  private var source: String {
    let weights = encoder.weights.map { $0.name.lastPathComponent } ?? "random"
    return "a head on features of \(encoder.spec.name) (weights "
      + "\(weights.escapingControlCharacters))"
  }

  /// Why there is no list.
  var silence: String {
    "\(source) predicts labels no better than the sizes of the classes do; trained weights, "
      + "or others, may"
  }

  /// `ants → bees`.
  func change(_ doubt: ConfidentLearning.Doubt) -> String {
    [doubt.label, doubt.suggested].map { data.classes[$0].escapingControlCharacters }
      .joined(separator: " → ")
  }

  /// The same for programs; nulls where labels were not judged.
  static func fields(_ check: LabelCheck?) -> [(String, JSONValue)] {
    guard let check else {
      return [
        "encoder", "weights_hash", "folds", "l2", "agreement", "confused_pairs", "doubtful_labels",
        "outliers", "outlier_distance",
      ]
      .map { ($0, .null) }
    }
    let doubts = check.doubts?.map { JSONValue.object(check.fields(of: $0)) }
    return [
      ("encoder", .string(check.encoder.spec.name)),
      ("weights_hash", check.encoder.weightsHash.map(JSONValue.string) ?? .null),
      ("folds", .integer(check.head.folds)), ("l2", .number(check.head.l2)),
      ("agreement", .number(check.head.agreement.value)),
      (
        "confused_pairs",
        check.doubts == nil ? .null : .array(check.head.confusedPairs.map(check.fields))
      ),
      ("doubtful_labels", doubts.map(JSONValue.array) ?? .null),
      (
        "outliers",
        check.outliers.map { outliers in
          .array(
            outliers.outliers.map { outlier in
              .object([
                ("path", .string(check.data.samples[outlier.image].path)),
                ("split", .string(check.data.side(of: outlier.image).languageName)),
                ("label", .string(check.data.classes[check.data.samples[outlier.image].label])),
                ("distance", .number(outlier.distance)),
              ])
            })
        } ?? .null
      ),
      (
        "outlier_distance",
        check.outliers.flatMap { $0.threshold.isFinite ? .number($0.threshold) : nil } ?? .null
      ),
    ]
  }

  private func fields(of doubt: ConfidentLearning.Doubt) -> [(String, JSONValue)] {
    [
      ("path", .string(data.samples[doubt.image].path)),
      ("split", .string(data.side(of: doubt.image).languageName)),
      ("label", .string(data.classes[doubt.label])),
      ("suggested", .string(data.classes[doubt.suggested])),
      ("label_probability", .number(doubt.labelProbability)),
      ("suggested_probability", .number(doubt.probability)),
    ]
  }
}

extension Partition {
  /// As it is written in the language and in events: train, val, test.
  var languageName: String { self == .validation ? "val" : rawValue }
}
