import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import Testing

@testable import GraftModels

/// The toy layer, encoder, head and loss of docs/ are what is compiled here, and work.
@Suite struct NewcomerTests {
  private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.repository.appending(path: path), encoding: .utf8)
  }

  @Test(
    arguments: [
      ("add-a-layer", "Square"), ("add-an-encoder", "ToyNet"), ("add-a-head", "NormedHead"),
      ("add-a-loss", "BrierLoss"),
    ])
  func docsShowWhatIsCompiled(_ page: String, _ file: String) throws {
    let docs = try text("docs/\(page).md")
    let code = try text("Tests/GraftModelsTests/Newcomer/\(file).swift")
      .replacing("\n@testable import GraftModels\n", with: "")
    #expect(docs.contains("```swift\n\(code)```"))
    // One file, and the registries it names are where it says.
    let registries = docs.matches(of: /`([A-Z]\w+\.all)` \(`(Sources[^`]+)`\)/)
    #expect(!registries.isEmpty)
    for registry in registries {
      let type = registry.1.prefix { $0 != "." }
      let source = try text(String(registry.2))
      #expect(source.contains("enum \(type)") && source.contains("static let all"))
    }
  }

  @Test func theToyLayerHasAFormInONNX() throws {
    let graph = Graph()
    let image = graph.input("image", [1, 4, 4, 3])
    let output = try graph.record(SquareOp(), [image], path: "square")
    let exchanged = try graph.exchanged(input: image, named: "x", output: output, named: "y") { _ in
      "x"
    }
    #expect(exchanged.nodes.map(\.type) == ["Mul"])
    #expect(exchanged.nodes.map(\.inputs) == [["x", "x"]] && exchanged.nodes[0].output == "y")
  }

  @Test func theToyEncoderIsAsGoodAsAnother() throws {
    let spec = ToyNet.specs[0]
    let own = try Model.own(spec)
    #expect(own.parameterCount == spec.parameterCount)
    #expect(own.groups.map(\.name) == ["stem", "stage1", "head"])
    #expect(own.parameters.map(\.name) == ["conv1.weight", "conv2.weight", "fc.weight", "fc.bias"])
    let model = try Model(spec: spec, head: .linear(), classes: ["a", "b"], seed: 3)
    #expect(model.loadReport == nil && model.logits.shape == [1, 2])
  }

  @Test func theToyHeadIsAsGoodAsAnother() throws {
    let head = HeadSpec(NormedHead.self)
    #expect(head.description == "normed" && head.values[NormedHead.epsilon] == 1e-5)
    let model = try Model(spec: ToyNet.specs[0], head: head, classes: ["a", "b"], seed: 3)
    #expect(model.logits.shape == [1, 2])
    #expect(
      model.groups.last?.parameters.map(\.name) == [
        "head.norm.weight", "head.norm.bias", "head.linear.weight", "head.linear.bias",
      ])
  }

  /// By hand, of labels that are shared between classes.
  @Test func theToyLossIsRight() throws {
    let graph = Graph()
    let logits = graph.input("logits", [1, 3])
    let target = graph.input("target", [1, 3])
    let losses = try graph.record(
      BrierLoss().makeOp(classWeights: nil), [logits, target], path: "")
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    let plan = try Plan(
      graph: graph, outputs: [losses], inputShapes: ["logits": [1, 3], "target": [1, 3]],
      pool: pool)
    plan.write([1, 1, 1], to: "logits")
    plan.write([0.75, 0.25, 0], to: "target")
    plan.forward()
    // Probabilities of a third each: 0.75 · 2/3 + 0.25 · 2/3.
    #expect(abs(plan.value(losses).buffer[0] - 2 / 3) < 1e-6)
  }

  /// One parameter's gradient, through the toy layer and of either loss, against differences.
  @Test(arguments: [false, true]) func theToyLayersGradientIsRight(hasToyLoss: Bool) throws {
    let model = try Model(
      spec: ToyNet.specs[0], head: .linear(), classes: ["a", "b"], seed: 3,
      input: ImageInput.cifar.resized(to: 16))
    if hasToyLoss { model.minimize(BrierLoss()) }
    let weight = try #require(model.parameter("conv1.weight"))
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], loss: model.losses,
      inputShapes: model.inputShapes(batch: 2),
      configuration: PlanConfiguration(trainable: [weight.name]), pool: pool)
    var random = RandomStream(seed: 5, purpose: .initialization, sample: 1)
    let image = plan.input("image")
    for place in 0..<image.count { image.pointer[place] = Float(random.uniform(-1...1)) }
    for (place, value) in [Float(1), 0, 0, 1].enumerated() {
      plan.input("target").pointer[place] = value
    }
    func loss() -> Double {
      plan.forward()
      return plan.value(model.losses).buffer.reduce(0) { $0 + Double($1) } / 2
    }
    _ = loss()
    plan.backward()
    let gradient = Array(try #require(plan.gradient(of: weight)).buffer)
    let scale = Double(gradient.reduce(0) { max($0, abs($1)) })
    for place in stride(from: 0, to: weight.count, by: 17) {
      let value = weight.slice.pointer[place]
      let differences = [Float(1e-2), -1e-2].map { step -> Double in
        weight.slice.pointer[place] = value + step
        weight.markChanged()
        return loss()
      }
      weight.slice.pointer[place] = value
      weight.markChanged()
      let numeric = (differences[0] - differences[1]) / 2e-2
      #expect(abs(numeric - Double(gradient[place])) < 0.02 * scale)
    }
  }
}
