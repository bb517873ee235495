import GraftBase
import GraftData
import GraftImaging
import GraftModels
import GraftTraining

/// `evaluate`: metrics of a run, overall and per class.
package struct EvaluateCommand: Command {
  private static let run = Argument(
    "run", .name(.run), otherwise: "the current run", "the run to measure"
  ).positional
  private static let on = Argument(
    "on", .measuredSource, default: MeasuredSource.part(.val), "split of the data, or a folder")
  private static let views = Argument(
    "views", .integer(1...64), default: 1, "augmented views to average")

  private static let curves = Argument(
    "curves", .path(.output),
    "CSV file for the points of ROC curves and of precision over recall, of each class")

  package static let specification = CommandSpecification(
    "evaluate", "measure a run, overall and per class", group: .judge,
    parameters: [run, on, views, curves] + DenseChoice.parameters,
    examples: [
      "evaluate", "evaluate A on=test", "evaluate C views=4",
      "evaluate curves=curves.csv", "evaluate dense=yes size=48 stride=4",
    ],
    seeAlso: ["expect", "calibrate", "predict", "runs"], isRecorded: true,
    discussion:
      "Evaluations on the test split are counted and shown, because each reuse weakens the result. "
      + "With dense=yes the short side of each image becomes size=, its center is scored at every "
      + "position in one pass, and the mean of the softmax over all positions counts. A stride= "
      + "below the network's takes one pass per shift and stitches them.")

  private let arguments: CheckedArguments
  private let dense: DenseChoice?

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    dense = try DenseChoice(arguments)
  }

  package func rehearse(in trial: Session) throws {
    let run = try trial.runToMeasure(arguments[Self.run], classes: trial.workbench.data)
    let images = try arguments[Self.on].images(for: "evaluate", in: trial)
    _ = try RunEvaluation(run: run, session: trial).measurable(
      images.data, views: arguments[Self.views], pipeline: trial.workbench.pipeline)
    if let path = arguments[Self.curves] { _ = try trial.output(path) }
    try requireCurves(of: run)
    trial.expectScores(of: run, images.label)
    if trial.workbench.run(named: run.name) != nil { trial.currentRun = run.name }
    trial.refresh()
  }

  package func run(in session: Session) throws {
    let run = try session.runToMeasure(arguments[Self.run], classes: session.workbench.data)
    let images = try arguments[Self.on].images(for: "evaluate", in: session)
    if !arguments.isGiven(Self.run), session.workbench.run(named: run.name) != nil {
      session.amendRecord(nil, run.name)
    }
    try requireCurves(of: run)
    let place = try arguments[Self.curves].map { try session.output($0) }
    let scoring = try dense.map { try DenseScoring($0, run.model, pool: session.pool) }
    let evaluation = RunEvaluation(run: run, session: session, dense: scoring)
    let result = try evaluation.evaluate(
      images.data, images.partition, views: arguments[Self.views],
      pipeline: session.workbench.pipeline)
    let label = images.label
    if images.partition == .test { session.countTestLook(run.name) }
    if let place { try AtomicFile.write(result.curveTable, to: place.prepared()) }
    keepScores(result, of: run.name, label, in: session)
    try show(result, run: run, label, scoring, curves: place, in: session)
    session.leaveReceipt("\(label).\(EpochScores(result).leadingText ?? "")")
  }

  private func requireCurves(of run: TrainingRun) throws {
    guard arguments[Self.curves] != nil, !run.model.task.isOfImages else { return }
    throw GraftError(
      .usage, "curves= has the curves of images, and \(run.name) predicts \(run.model.task)",
      help: "leave it out")
  }

  private func keepScores(
    _ result: Evaluation, of run: String, _ label: String, in session: Session
  ) {
    for (name, value) in result.scores { session.metrics["\(run).\(label).\(name)"] = value }
    if session.workbench.run(named: run) != nil { session.currentRun = run }
    session.refresh()
  }

  private func show(
    _ result: Evaluation, run: TrainingRun, _ label: String, _ dense: DenseScoring?,
    curves: OutputPlace?, in session: Session
  ) throws {
    let places = try dense.map { ", \(try $0.summary)" } ?? ""
    var lines = ["\(run.name) on \(label), \(result.count) images\(places)", result.summary]
    if result.classCount <= 30 {
      lines += ["", result.classTable(width: session.console.tableWidth)]
    }
    if case .labels = result, run.model.calibration.thresholds != nil {
      lines.append(
        "thresholds have the best F1 on the validation images"
          + (label == DataPart.val.rawValue
            ? ": F1 here is too good, mAP and ROC area do not depend on them" : ""))
    }
    if label == DataPart.test.rawValue, let looks = session.remarkOnTestLooks(run.name) {
      lines.append(looks)
    }
    let temperature = run.model.calibration.temperature
    if let temperature {
      lines.append(
        "probabilities are those of the temperature \(temperature.fixedText(4))"
          + (label == DataPart.val.rawValue ? ", which was found by validation images" : ""))
    }
    if let decision = run.model.decision {
      lines.append(
        "predicts \(decision.text(run.model.classes))"
          + (label == DataPart.val.rawValue
            ? ", by a threshold for these images: scores here may be too good" : ""))
    }
    if let curves {
      lines.append("wrote \(FilePath.relative(curves.path, to: session.folder))")
    }
    var fields: [(String, JSONValue)] = [
      ("run", .string(run.name)), ("on", .string(label)), ("images", .integer(result.count)),
      ("temperature", .number(temperature ?? 1)),
      ("curves", curves.map { .string($0.path) } ?? .null),
      ("correct", .integer(result.accuracy.count)),
    ]
    fields += DecisionThreshold.fields(run.model.decision, run.model.classes)
    fields += result.metricFields
    fields += [
      ("scores", result.scoresJSON), ("classes", result.classesJSON),
      ("weights_hash", .string(run.model.weightsHash.hex)),
    ]
    session.console.result(lines.joined(separator: "\n"), event: .evaluate, fields)
  }

  package func lineage(in session: Session) -> Lineage? {
    let run = arguments[Self.run] ?? session.currentRun
    return Lineage(
      provides: run == nil ? [] : ["current"],
      needs: (arguments[Self.on].isOfData ? ["data"] : [])
        + (arguments[Self.views] > 1 ? ["augment", "seed"] : [])
        + (run.map { ["run:\($0)"] } ?? ["current"]), isOutcome: true)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    session.currentRun.map { [run.name: $0] } ?? [:]
  }
}
