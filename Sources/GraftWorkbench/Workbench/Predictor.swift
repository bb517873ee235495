import Foundation
import GraftBase
import GraftEngine
import GraftImaging
import GraftKernels
import GraftModels

/// Labels single pictures with a run's model and preprocessing.
struct Predictor {
  /// One class and how probable it is.
  struct Label: Sendable {
    let name: String
    let probability: Float
  }

  private let run: TrainingRun
  private let preprocessing: Preprocessing
  private let plan: Plan

  init(_ run: TrainingRun, pool: ThreadPool) throws {
    self.run = run
    preprocessing = try run.preprocessing
    plan = try Plan(
      graph: run.model.graph, outputs: [run.model.logits],
      inputShapes: run.model.inputShapes(batch: 1), pool: pool)
  }

  /// The `top` most probable classes, best first; of equals the earlier class.
  func predict(_ image: Image, top: Int) -> [Label] {
    let picture = preprocessing.evaluationImage(
      image.converted(toChannels: preprocessing.channels))
    preprocessing.write(picture, into: plan.input("image").buffer)
    plan.forward()
    let logits = plan.value(run.model.logits).buffer
    let largest = Double(logits.max() ?? 0)
    let powers = logits.map { exp(Double($0) - largest) }
    let sum = powers.reduce(0, +)
    let order = powers.indices.sorted { (-powers[$0], $0) < (-powers[$1], $1) }
    return order.prefix(top).map {
      Label(name: run.model.classes[$0], probability: Float(powers[$0] / sum))
    }
  }
}

extension Float {
  /// Four decimals, the same in every locale.
  var shortProbability: String { Double(self).fixedText(4) }
}

extension String {
  /// A field of a CSV file, in quotes where it needs them (RFC 4180).
  var asCSVField: String {
    guard contains(where: { ",\"\n\r".contains($0) }) else { return self }
    return "\"" + replacing("\"", with: "\"\"") + "\""
  }
}
