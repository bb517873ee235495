import GraftBase
import GraftData
import GraftModels
import GraftTraining

/// `calibrate`: makes a run's probabilities as high as it is often right, by one temperature.
package struct CalibrateCommand: Command {
  private static let run = Argument(
    "run", .name(.run), otherwise: "the current run", "the run to calibrate"
  ).positional
  private static let temperature = Argument(
    "temperature", .number(TemperatureScaling.range),
    otherwise: "the best for the validation images",
    "what logits are divided by; 1 takes a calibration back")
  private static let threshold: Argument<ThresholdRequest?> = Argument(
    "threshold",
    ArgumentType<ThresholdRequest>(
      .either([.choice(ThresholdChoice.Goal.allCases.map(\.rawValue)), .number(0.0001...0.9999)])),
    "of two classes: probability from which class= is predicted, or the score to maximize on the "
      + "validation images; 0.5 takes it back")
  private static let className = Argument(
    "class", .name(.className), otherwise: "the second of the two",
    "the class that threshold= is of, and F1 with f1")
  static let folds = 5

  package static let specification = CommandSpecification(
    "calibrate", "make probabilities match how often predictions are right", group: .judge,
    parameters: [run, temperature, threshold, className],
    examples: [
      "calibrate", "calibrate A ; predict rose.jpg", "calibrate A temperature=1.5",
      "calibrate temperature=1", "calibrate threshold=f1 class=red",
      "calibrate A threshold=balanced", "calibrate threshold=0.3 class=red",
    ],
    seeAlso: ["evaluate", "predict", "save"], isRecorded: true,
    discussion: """
      Finds one temperature that logits are divided by before the softmax (Guo et al. 2017): the one
      with the least negative log-likelihood (NLL) of the validation images. Predicted classes and
      labels stay as they are; probabilities of `predict` and `evaluate` change, and with them loss,
      Brier score and calibration error (ECE). The temperature is kept in model files and stated in
      ONNX files, and is taken back by `undo`, by temperature=1, and by training the run further. A
      run that `load run=` brings back from disk is as it was trained. Scores on the images that it
      was found by are too good: the last column has each image by a temperature that was found
      without its fifth of them.

      threshold= finds a threshold instead, for a model of two classes: class= is predicted from it
      on, and else the other. f1 has the best F1 of class=, balanced the best mean recall of both
      classes (and so the best Youden's J), accuracy the most right predictions. It lies halfway to
      the next lower probability of a validation image; of equally good ones it is the highest,
      which predicts class= least often. Probabilities stay as they are; predictions of `predict`,
      `evaluate` and `compare` follow it. It is saved, stated and removed like the temperature, and
      a later temperature changes no prediction either.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    if arguments.isGiven(Self.className), !arguments.isGiven(Self.threshold) {
      throw arguments.fault(
        .notAllowedHere, at: Self.className,
        "class= says what class a threshold is of, and none is asked for",
        help: "add threshold=f1, or leave class= out")
    }
  }

  package func rehearse(in trial: Session) throws {
    let run = try trial.requireRun(arguments[Self.run])
    _ = try images(of: run, in: trial)
    if arguments.isGiven(Self.threshold) { _ = try place(in: run) }
    if trial.workbench.run(named: run.name) != nil { trial.currentRun = run.name }
  }

  /// The number of the class that the threshold is of.
  private func place(in run: TrainingRun) throws -> Int {
    let classes = run.model.classes
    guard run.model.task == .classification, classes.count == 2 else {
      let what =
        run.model.task == .multiLabel
        ? "any number of labels, each with a threshold that its training has chosen"
        : "\(classes.count) classes"
      throw GraftError(
        .usage, "threshold= decides between two classes, and \(run.name) predicts \(what)",
        help: "leave it out")
    }
    guard let name = arguments[Self.className] else { return 1 }
    guard let place = classes.firstIndex(of: name) else {
      throw GraftError(
        .usage,
        "\(run.name) predicts \(classes.map(\.escapingControlCharacters).joined(separator: " or ")), not "
          + "'\(name.escapingControlCharacters)'", help: "use class=\(classes[1])")
    }
    return place
  }

  /// The data to calibrate on, its classes matched by name.
  private func images(of run: TrainingRun, in session: Session) throws -> DataSet {
    guard run.model.task.isOfImages else {
      throw GraftError(
        .usage,
        "a temperature is for probabilities of images, and \(run.name) predicts \(run.model.task)",
        help: "leave it as it is")
    }
    let data = try session.requireData()
    let measurable = try RunEvaluation(run: run, session: session)
      .measurable(data, views: 1, pipeline: .none)
    guard !data.partition(.validation).isEmpty else {
      throw GraftError(
        .failed, "\(data.name) has no validation images to find a temperature by",
        help: "choose a split: data PATH split=80/20")
    }
    return measurable
  }

  package func run(in session: Session) throws {
    let run = try session.requireRun(arguments[Self.run])
    let data = try images(of: run, in: session)
    if !arguments.isGiven(Self.run) { session.amendRecord(nil, run.name) }
    try run.model.requireFiniteWeights(pool: session.pool)
    let source = try session.images(
      of: data, .validation, for: run.model, batchSize: 32, classCount: run.model.classes.count)
    let logits = try Evaluator(run.model, pool: session.pool).logits(source) { _, _ in
      !session.interrupts.asksToStop
    }
    guard let logits else {
      throw GraftError(
        session.interrupts.termination ?? .interrupted, "the calibration was interrupted")
    }
    let request = arguments[Self.threshold]
    let choice = try request.map { request in
      try self.choice(request, ofClass: self.place(in: run), logits, in: session)
    }
    // A threshold alone leaves the temperature as it is.
    let findsTemperature = request == nil || arguments.isGiven(Self.temperature)
    if findsTemperature {
      let found = try arguments[Self.temperature] ?? TemperatureScaling(logits).temperature
      run.model.calibration.temperature = found == 1 ? nil : found
    }
    if let choice {
      run.model.calibration.decision =
        choice.threshold == 0.5
        ? nil : DecisionThreshold(place: try place(in: run), threshold: choice.threshold)
    }
    run.isSaved = false
    session.currentRun = run.name
    session.refresh()
    let temperature = run.model.calibration.temperature ?? 1
    var report = CalibrationReport()
    if findsTemperature { add(temperature, logits, run.name, to: &report, in: session) }
    if let choice { try add(choice, place(in: run), run, to: &report) }
    session.console.result(
      report.lines.joined(separator: "\n"), event: .calibrate,
      report.fields(
        run.name, logits, temperature: temperature, run.model.decision, run.model.classes))
    let threshold = choice.map { "threshold \($0.threshold.fixedText(4))" }
    session.leaveReceipt(
      [findsTemperature ? "temperature \(temperature.fixedText(4))" : nil, threshold]
        .compactMap(\.self).joined(separator: ", "))
  }

  private func choice(
    _ request: ThresholdRequest, ofClass place: Int, _ logits: ModelLogits, in session: Session
  ) throws -> ThresholdChoice {
    switch request {
    case .given(let threshold): ThresholdChoice(given: threshold, ofClass: place, logits)
    case .best(let goal):
      try ThresholdChoice(
        goal, ofClass: place, logits, folds: Self.folds, seed: session.seed)
    }
  }

  private func add(
    _ temperature: Double, _ logits: ModelLogits, _ name: String,
    to report: inout CalibrationReport, in session: Session
  ) {
    let isFitted = !arguments.isGiven(Self.temperature)
    report.crossFitted =
      isFitted
      ? CalibrationScores(crossFitted: logits, folds: Self.folds, seed: session.seed) : nil
    report.addTemperature(
      "\(name): temperature \(temperature.fixedText(4)) "
        + (isFitted ? "by \(logits.count) validation images" : "as given")
        + "; predictions stay as they are", logits, temperature, isFitted: isFitted)
  }

  private func add(
    _ choice: ThresholdChoice, _ place: Int, _ run: TrainingRun,
    to report: inout CalibrationReport
  ) throws {
    let goal: ThresholdChoice.Goal? =
      if case .best(let goal) = arguments[Self.threshold] { goal } else { nil }
    let decision = DecisionThreshold(place: place, threshold: choice.threshold)
    report.addThreshold(run.name, choice, decision, run.model.classes, goal)
  }

  package func lineage(in session: Session) -> Lineage? {
    let run = arguments[Self.run] ?? session.currentRun
    let things = run.map { ["run:\($0)"] } ?? []
    return Lineage(provides: things + ["current"], needs: things + ["data", "seed"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    session.currentRun.map { [run.name: $0] } ?? [:]
  }
}

/// What `threshold=` asks for.
enum ThresholdRequest: ArgumentReadable {
  case best(ThresholdChoice.Goal)
  case given(Double)

  static func read(_ values: [ArgumentValue]) -> ThresholdRequest? {
    if let goal = String.read(values).flatMap(ThresholdChoice.Goal.init) { return .best(goal) }
    return Double.read(values).map { .given($0) }
  }

  var argumentText: String {
    switch self {
    case .best(let goal): goal.rawValue
    case .given(let value): value.argumentText
    }
  }
}
