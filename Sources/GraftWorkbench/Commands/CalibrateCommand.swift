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
  private static let folds = 5

  package static let specification = CommandSpecification(
    "calibrate", "make probabilities match how often predictions are right", group: .judge,
    parameters: [run, temperature],
    examples: [
      "calibrate", "calibrate A ; predict rose.jpg", "calibrate A temperature=1.5",
      "calibrate temperature=1",
    ],
    seeAlso: ["evaluate", "predict", "save"], isRecorded: true,
    discussion: """
      Finds one temperature that logits are divided by before the softmax (Guo et al. 2017): the one with the
      least negative log-likelihood (NLL) of the validation images. Predicted classes and labels stay as they
      are; probabilities of `predict` and `evaluate` change, and with them loss, Brier score and calibration
      error (ECE). The temperature is kept in model files and told in ONNX files, and is taken back by
      `undo`, by temperature=1, and by training the run further. A run that `load run=` brings back from disk
      is as it was trained.
      Scores on the images that it was found by are too good: the last column has each image by a
      temperature that was found without its fifth of them.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func rehearse(in trial: Session) throws {
    let run = try trial.requireRun(arguments[Self.run])
    _ = try images(of: run, in: trial)
    if trial.workbench.run(named: run.name) != nil { trial.currentRun = run.name }
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
    let found = try arguments[Self.temperature] ?? TemperatureScaling(logits).temperature
    run.model.calibration.temperature = found == 1 ? nil : found
    run.isSaved = false
    session.currentRun = run.name
    session.refresh()
    show(run, found, logits, in: session)
    session.leaveReceipt("temperature \(found.fixedText(4))")
  }

  private func show(
    _ run: TrainingRun, _ temperature: Double, _ logits: ModelLogits, in session: Session
  ) {
    let before = CalibrationScores(logits, temperature: 1)
    let after = CalibrationScores(logits, temperature: temperature)
    let isFitted = !arguments.isGiven(Self.temperature)
    let crossFitted =
      isFitted
      ? CalibrationScores(crossFitted: logits, folds: Self.folds, seed: session.seed) : nil
    var columns = [("before", before), ("after", after)]
    if let crossFitted { columns.append(("cross-fitted", crossFitted)) }
    var table = TextTable(ofNumbers: [""] + columns.map(\.0), indent: 2)
    for (title, value) in [
      ("NLL", \CalibrationScores.likelihoodLoss), ("Brier", \.brier), ("ECE", \.error),
    ] {
      table.add([title] + columns.map { $0.1[keyPath: value].fixedText(4) })
    }
    var lines = [
      "\(run.name): temperature \(temperature.fixedText(4)) "
        + (isFitted ? "by \(logits.count) validation images" : "as given")
        + "; predictions stay as they are",
      "\(table)",
    ]
    if isFitted {
      lines.append(
        crossFitted == nil
          ? "after is measured on the images that the temperature was found by, which is too good"
          : "after is measured on the images that the temperature was found by; cross-fitted on each "
            + "fifth by that of the others")
    }
    func fields(_ name: String, _ scores: CalibrationScores?) -> [(String, JSONValue)] {
      [
        ("nll_\(name)", scores.map { .number($0.likelihoodLoss) } ?? .null),
        ("brier_\(name)", scores.map { .number($0.brier) } ?? .null),
        ("ece_\(name)", scores.map { .number($0.error) } ?? .null),
      ]
    }
    session.console.result(
      lines.joined(separator: "\n"), event: .calibrate,
      [
        ("run", .string(run.name)), ("temperature", .number(temperature)),
        ("images", .integer(logits.count)),
      ] + fields("before", before) + fields("after", after)
        + fields("cross_fitted", crossFitted))
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
