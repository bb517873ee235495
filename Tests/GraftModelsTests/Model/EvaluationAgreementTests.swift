import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import Testing

@testable import GraftModels

/// PyTorch's logits and gradients in evaluation mode for the same weights (make_evaluation.py).
///
/// More of the script's files than are kept here are compared when GRAFT_AGREEMENT names their folder.
@Suite(.serialized) struct EvaluationAgreementTests {
  struct Reference: Decodable {
    var size: Int
    var batch: Int
    var parameterCount: Int
    /// SHA-256 of the state_dict's names and shapes.
    var keys: String
    /// What running variances are multiplied by.
    var variances: [String: Float]
    var logits: [Float]
    /// Norm, largest value, and the first, the middle and the last.
    var gradients: [String: [Double]]
    /// What torchvision keeps in files about positions in windows.
    var tables: [String: [Float]]?
  }

  /// Parameters by the formula take long in code that is not optimized.
  static let kept = quick + slow
  private static let quick = [
    "mobilenet_v1", "mobilenet_v3_small", "efficientnet_b0", "shufflenet_v2_x1_0", "mnasnet1_0",
  ]
  #if DEBUG
    private static let slow: [String] = []
  #else
    private static let slow = ["convnext_tiny"]
  #endif

  @Test(arguments: kept) func agreesWithPyTorch(_ name: String) throws {
    try check(.named(name), decodeFixture("evaluation_\(name).json"))
  }

  /// Small networks of the same code as the published ones, on images of another size than their own.
  @Test(arguments: SmallTransformer.all) func smallTransformersAgree(
    _ transformer: SmallTransformer
  ) throws {
    try check(transformer.spec, decodeFixture("evaluation_\(transformer.spec.name).json"))
  }

  private static let folder = ProcessInfo.processInfo.environment["GRAFT_AGREEMENT"]

  @Test(.enabled(if: folder != nil)) func agreesWithPyTorchBesideIt() throws {
    let folder = URL(fileURLWithPath: try #require(Self.folder))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    for file in files where file.hasPrefix("evaluation_") && file.hasSuffix(".json") {
      let data = try Data(contentsOf: folder.appendingPathComponent(file))
      let name = String(file.dropFirst("evaluation_".count).dropLast(".json".count))
      try check(.named(name), JSONDecoder().decode(Reference.self, from: data))
    }
    #expect(!files.isEmpty)
  }

  private func check(_ spec: EncoderSpec, _ reference: Reference) throws {
    let name = spec.name
    try checkKeys(spec, reference)
    let model = try Model(
      recording: spec, head: .linear(), classes: tenClasses,
      input: spec.input.resized(to: reference.size))
    FormulaValues.fill(model.parameters, isFar: false)
    for parameter in model.parameters {
      guard let factor = reference.variances[parameter.name] else { continue }
      parameter.setTorchValues(parameter.torchValues().map { $0 * factor })
    }
    let trainable = model.parameters.filter(\.canTrain)
    #expect(Set(trainable.map(\.name)) == Set(reference.gradients.keys), "\(name)")
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], loss: model.losses,
      inputShapes: model.inputShapes(batch: reference.batch),
      configuration: PlanConfiguration(trainable: Set(trainable.map(\.name))),
      pool: ThreadPool(threads: 2))
    try fill(plan, model, batch: reference.batch)
    let target = plan.input("target")
    target.fill(0.01)
    for row in 0..<reference.batch { target.pointer[row * 10 + row * 3 % 10] += 0.9 }
    plan.forward()
    let logits = Array(plan.value(model.logits).buffer)
    plan.backward()
    var worst = (error: 0.0, name: "")
    let floor = reference.gradients.values.reduce(0) { max($0, $1[1]) } * 1e-4
    for parameter in trainable {
      let values = parameter.torchValues(of: try #require(plan.gradient(of: parameter)))
      let error = error(values, try #require(reference.gradients[parameter.name]), floor: floor)
      if error > worst.error { worst = (error, parameter.name) }
    }
    let frozen = try Plan(
      graph: model.graph, outputs: [model.logits],
      inputShapes: model.inputShapes(batch: reference.batch), configuration: .inference,
      pool: ThreadPool(threads: 2))
    try fill(frozen, model, batch: reference.batch)
    frozen.forward()
    let folded = Array(frozen.value(model.logits).buffer)
    let errors = [logits, folded].map { largestError($0, reference.logits) }
    print("evaluation of \(name): logits \(errors), gradients \(worst.error) (\(worst.name))")
    #expect(errors[0] < 1e-4 && errors[1] < 1e-4, "\(name)")
    #expect(worst.error < 1e-3, "\(name): \(worst.name)")
  }

  private func checkKeys(_ spec: EncoderSpec, _ reference: Reference) throws {
    let model = try Model.own(spec)
    #expect(model.parameterCount == reference.parameterCount, "\(spec.name)")
    let keys = model.state.entries.map { entry in
      switch entry {
      case .parameter(let parameter, _): "\(parameter.name) \(parameter.torchShape)\n"
      case .counter(let name): "\(name) []\n"
      case .table(let table): "\(table.name) \(Shape(table.shape))\n"
      }
    }.joined()
    #expect(ContentHash.of(Array(keys.utf8)).hex == reference.keys, "\(spec.name)")
    guard let tables = reference.tables else { return }
    #expect(Set(model.state.tables.map(\.name)) == Set(tables.keys))
    for table in model.state.tables {
      let values: [Float] =
        switch table.values {
        case .integers(let values): values.map(Float.init)
        case .floats(let values): values
        }
      #expect(largestError(values, try #require(tables[table.name])) < 1e-6, "\(table.name)")
    }
  }

  private func fill(_ plan: Plan, _ model: Model, batch: Int) throws {
    let shape = model.image.shape.withBatch(batch)
    let image = FormulaValues.values("image", shape.dimensions)
    let slice = plan.input("image")
    try #require(slice.count == image.count)
    for (index, value) in image.enumerated() { slice.pointer[index] = value }
  }

  /// The largest of the errors of norm and samples, relative to the reference's norm and largest
  /// value, or to `floor` where those are smaller.
  private func error(_ values: [Float], _ reference: [Double], floor: Double) -> Double {
    let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let count = Double(values.count)
    let normError = abs(norm - reference[0]) / max(reference[0], floor * count.squareRoot())
    return (0..<3).reduce(normError) { error, place in
      let value = Double(values[place * (values.count - 1) / 2])
      return max(error, abs(value - reference[2 + place]) / max(reference[1], floor))
    }
  }
}
