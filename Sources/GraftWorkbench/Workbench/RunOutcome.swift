import GraftBase
import GraftTraining

/// The outcome of a training, as the console shows it.
struct RunOutcome {
  let run: TrainingRun
  let result: TrainingResult
  /// Of all phases.
  let history: [EpochRecord]
  let cost: TrainingCost
  /// What was frozen and what changed in each phase that was trained now.
  let proofs: [FreezeProof.Outcome]

  /// Of the weights as they are, or after the last epoch.
  var validation: EpochScores? {
    result.validation.map(EpochScores.init) ?? history.last.map(EpochScores.init)
  }

  /// Of the event `run`.
  var fields: [(String, JSONValue)] {
    let proof = result.freezeProof
    let head: [(String, JSONValue)] = [
      ("run", .string(run.name)), ("ending", .string("\(result.ending)")),
      ("step", .integer(result.step)), ("steps", .integer(result.totalSteps)),
    ]
    let price: [(String, JSONValue)] = [
      ("seconds", .number(cost.seconds)), ("cpu_seconds", .number(cost.processorSeconds)),
      ("images_per_second", .number(cost.imagesPerSecond)),
      ("waiting_share", .number(cost.waitingShare)),
      ("peak_memory_bytes", .integer(cost.peakBytes)),
      ("weights_hash", .string(result.weightsHash)),
      ("frozen_changed", .integer(proof.changedFrozen.count)),
      ("frozen", .integer(proof.frozenCount)),
      ("trainable_changed", .integer(proof.trainableCount - proof.unchangedTrainable.count)),
      ("trainable", .integer(proof.trainableCount)),
    ]
    let solved: [(String, JSONValue)] = [
      ("l2", solution?.l2.map(JSONValue.number) ?? .null),
      ("l2_tried", solution.map { .integer($0.tried) } ?? .null),
      ("folds", solution.map { .integer($0.folds) } ?? .null),
      ("iterations", solution.map { .integer($0.iterations) } ?? .null),
      ("solving_seconds", solution.map { _ in .number(cost.solvingSeconds) } ?? .null),
    ]
    return head + validation.fields + price + solved
  }

  /// What is printed of it.
  var lines: [String] {
    guard cost != TrainingCost() else {
      // Taken from the disk: nothing was trained now.
      return ["\(run.name): \(score), \(strength)weights \(result.weightsHash.prefix(8))"]
    }
    if let solution {
      return ["\(run.name): \(score), \(text(of: solution))", "\(run.name): \(result.freezeProof)"]
    }
    var lines = [
      "\(run.name): \(score), \(cost.seconds.durationText), "
        + "\(Int(cost.imagesPerSecond.rounded()).groupedText) img/s, "
        + "\((cost.waitingShare * 100).fixedText(0)) % of it waiting for images, "
        + "weights \(result.weightsHash.prefix(8))"
    ]
    for (index, proof) in proofs.enumerated() {
      lines.append("\(run.name): " + (proofs.count > 1 ? "phase \(index + 1): " : "") + "\(proof)")
    }
    if let best = result.bestEpoch, best != history.last?.epoch, history.count > 1 {
      let kept = result.endsWithBest ? "kept" : "the last epoch's weights are kept"
      lines.append("\(run.name): epoch \(best) was the best; \(kept)")
    }
    return lines
  }

  private var solution: HeadSolution? { history.last?.solution }
  private var strength: String { solution?.l2.map { "l2 \($0.shortText), " } ?? "" }

  /// `l2 0.01 of 9 tried by 5 folds, 3.1 s of which features 2.8 s, weights 1234abcd`.
  private func text(of solution: HeadSolution) -> String {
    let choice = solution.folds > 0 ? " of \(solution.tried) tried by \(solution.folds) folds" : ""
    let strength = solution.l2.map { "l2 \($0.shortText)\(choice), " } ?? ""
    return "\(strength)\(cost.seconds.durationText) of which features "
      + "\((cost.seconds - cost.solvingSeconds).durationText), weights \(result.weightsHash.prefix(8))"
  }

  private var score: String {
    let isStopped = run.isUnfinished && result.validation == nil
    let place = isStopped ? history.last.map { " after epoch \($0.epoch)" } ?? "" : ""
    if let headline = validation?.headline { return "val.\(headline)\(place)" }
    return isStopped ? "not measured yet" : "no validation images"
  }

  /// What is recorded after the line: the results that are the same on every machine.
  ///
  /// A stop by Ctrl-C is not measured and its replay is: only the weights are the same in both.
  var receipt: String {
    let weights = "\(strength)weights \(result.weightsHash.prefix(8))"
    guard !run.isUnfinished, let score = validation?.leadingText else { return weights }
    return "val.\(score), \(weights)"
  }
}

extension TrainingCost {
  /// Adds a later phase of the same run.
  mutating func add(_ other: TrainingCost) {
    epochEnds += other.epochEnds.map { seconds + $0 }
    let time = seconds + other.seconds
    if time > 0 {
      imagesPerSecond =
        (imagesPerSecond * seconds + other.imagesPerSecond * other.seconds) / time
      waitingShare = (waitingShare * seconds + other.waitingShare * other.seconds) / time
    }
    seconds = time
    solvingSeconds += other.solvingSeconds
    processorSeconds += other.processorSeconds
    peakBytes = max(peakBytes, other.peakBytes)
  }
}
