import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import Testing

@testable import GraftModels

/// The toy layer and the toy encoder of docs/ are what is compiled here, and work.
@Suite struct NewcomerTests {
  private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.repository.appending(path: path), encoding: .utf8)
  }

  @Test(arguments: [("add-a-layer", "Square"), ("add-an-encoder", "ToyNet")])
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
    #expect(own.stateNames == ["conv1.weight", "conv2.weight", "fc.weight", "fc.bias"])
    let model = try Model(spec: spec, head: .linear(), classes: ["a", "b"], seed: 3)
    #expect(model.loadReport == nil && model.logits.shape == [1, 2])
  }

  /// One parameter's gradient, through the toy layer, against differences of the loss.
  @Test func theToyLayersGradientIsRight() throws {
    let model = try Model(
      spec: ToyNet.specs[0], head: .linear(), classes: ["a", "b"], seed: 3,
      input: InputSpecification.cifar.resized(to: 16))
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
