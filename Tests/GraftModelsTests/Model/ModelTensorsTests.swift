import GraftBase
import GraftEngine
import GraftKernels
import Testing

@testable import GraftModels

/// Raw tensors through a model, in torch's layouts (numbers of make_agreement.py).
@Suite struct ModelTensorsTests {
  private func run(
    _ model: Model, _ tensors: [SafetensorsTensor], isTraining: Bool = false,
    hasGradients: Bool = false, seed: UInt64 = 0, drops: Bool = true
  ) throws -> SafetensorsFile {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    return try TensorRun(
      model, isTraining: isTraining, hasGradients: hasGradients, seed: seed, drops: drops
    ).outputs(for: SafetensorsFile(tensors: tensors), pool: pool)
  }

  @Test func logitsLossAndGradientsAreTorchs() throws {
    let reference: AgreementTests.Reference = try decodeFixture("agreement_resnet20.json")
    let model = try Model.own(.named("resnet20"))
    FormulaValues.fill(model.parameters, isFar: reference.far)
    let statistics = model.parameters.filter { !$0.canTrain }.map { $0.torchValues() }
    let (batch, side) = (reference.batch, reference.size)
    let torch: Shape = [batch, 3, side, side]
    let image = Layouts.torch(
      FormulaValues.values("image", [batch, side, side, 3]), torch: torch)
    var labels = [Float](repeating: 0.01, count: 10 * batch)
    for row in 0..<batch { labels[row * 10 + row * 3 % 10] += 0.9 }
    let tensors = [
      SafetensorsTensor(name: "input", shape: torch.dimensions, floats: image),
      SafetensorsTensor(name: "target", shape: [batch, 10], floats: labels),
    ]
    let evaluated = try run(model, tensors)
    let logits = try #require(evaluated["logits"])
    let found = try logits.floats()
    let largest = reference.logits.reduce(0) { max($0, abs($1)) }
    let error = zip(found, reference.logits).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    #expect(error < 1e-4 * largest && logits.shape == [batch, 10])
    #expect(evaluated["features"]?.shape == [batch, 64])

    let trained = try run(model, tensors, isTraining: true, hasGradients: true)
    let loss = try #require(trained["loss"]?.floats().first)
    #expect(abs(loss / reference.losses[0] - 1) < 1e-4)
    for (name, summary) in reference.gradients {
      let gradient = try #require(trained[ByteString("grad.\(name)")])
      #expect(gradient.shape == model.parameter(name)?.torchShape.dimensions)
      let values = try gradient.floats()
      let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - summary.norm) < 1e-3 * max(summary.norm, 1e-3), "\(name)")
      for (place, sample) in summary.samples.enumerated() {
        let value = Double(values[place * (values.count - 1) / 15])
        #expect(abs(value - sample) < 1e-3 * max(summary.largest, 1e-3), "\(name)")
      }
    }
    #expect(model.parameters.filter { !$0.canTrain }.map { $0.torchValues() } == statistics)
  }

  /// Batch statistics, and nothing dropped: no seed counts, as with PyTorch's rates at 0.
  @Test func trainingWithoutDropsNeedsNoSeed() throws {
    let spec = try EncoderSpec.named("resnet20")
    let model = try Model(spec: spec, head: .linear(dropout: 0.5), classes: ["a", "b"], seed: 1)
    let input = SafetensorsTensor(
      name: "input", shape: [2, 3, 32, 32],
      floats: FormulaValues.values("image", [2, 3, 32, 32]))
    func logits(_ seed: UInt64, drops: Bool, isTraining: Bool = true) throws -> [Float] {
      let outputs = try run(
        model, [input], isTraining: isTraining, seed: seed, drops: drops)
      return try #require(outputs["logits"]).floats()
    }
    let still = try logits(1, drops: false)
    #expect(try logits(2, drops: false) == still)
    #expect(try logits(1, drops: true) != logits(2, drops: true))
    #expect(try logits(1, drops: true, isTraining: false) != still)
  }

  @Test func misfitsAreRefusedByASentence() throws {
    let model = try Model.own(.named("resnet20"))
    let input = SafetensorsTensor(
      name: "input", shape: [1, 3, 16, 16], floats: [Float](repeating: 0, count: 768))
    func refusal(_ tensors: [SafetensorsTensor], hasGradients: Bool = false) -> String? {
      graftError { try run(model, tensors, hasGradients: hasGradients) }?.message
    }
    #expect(refusal([])?.contains("no tensor `input`") == true)
    #expect(refusal([input], hasGradients: true)?.contains("need a tensor `target`") == true)
    let flat = SafetensorsTensor(name: "input", shape: [768], floats: try input.floats())
    #expect(refusal([flat])?.contains("takes [N, 3, H, W]") == true)
    let far = SafetensorsTensor(name: "target", shape: [1], integers: [10])
    #expect(refusal([input, far])?.contains("holds 10; the model has 10 classes") == true)
    let wrong = SafetensorsTensor(name: "target", shape: [2], integers: [1, 2])
    #expect(refusal([input, wrong])?.contains("encodes no labels") == true)
    #expect(try run(model, [input])["loss"] == nil)
  }
}
