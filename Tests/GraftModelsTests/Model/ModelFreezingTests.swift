import GraftBase
import GraftEngine
import GraftKernels
import Testing

@testable import GraftModels

/// What policies rely on: groups freeze as a whole, heads come off and on.
@Suite struct ModelFreezingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var encoder: String
    /// The first group that trains.
    var group: String
    var testDescription: String { "\(encoder) from \(group)" }
  }

  static let cases = ["resnet20", "mobilenet_v2", "squeezenet1_1"].flatMap { name in
    ((Encoders.all.first { $0.name == name }?.stages.map(\.name) ?? []) + ["head"])
      .map { Case(encoder: name, group: $0) }
  }

  /// Kept features are those of another batch: of another size, the image at another place.
  @Test(arguments: ["resnet20", "resnet18", "mobilenet_v2", "squeezenet1_1"])
  func featuresDoNotDependOnTheBatch(encoder: String) throws {
    try checkFeatures(of: .named(encoder))
  }

  @Test(arguments: SmallTransformer.all)
  func featuresOfTransformersDoNotDependOnTheBatch(_ transformer: SmallTransformer) throws {
    try checkFeatures(of: transformer.spec)
  }

  private func checkFeatures(of spec: EncoderSpec) throws {
    let model = try Model(
      recording: spec, head: .linear(), classes: ["a", "b"], input: spec.input.resized(to: 40))
    model.fillByBlocks()
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    func plan(batch: Int) throws -> Plan {
      try Plan(
        graph: model.graph, outputs: [model.features], inputShapes: model.inputShapes(batch: batch),
        pool: pool)
    }
    func bits(_ plan: Plan, image: Int) -> [UInt32] {
      let features = plan.value(model.features)
      let length = model.features.shape.channels
      return features.part(image * length, count: length).buffer.map(\.bitPattern)
    }
    let five = try plan(batch: 5)
    var random = RandomStream(seed: 4, purpose: .drawing)
    for index in 0..<five.input("image").count {
      five.input("image").pointer[index] = Float(random.normal())
    }
    five.forward()
    let length = five.input("image").count / 5
    for batch in [1, 3, 7] {
      let other = try plan(batch: batch)
      for image in 0..<5 {
        for place in 0..<batch {
          other.input("image").part(place * length, count: length).copy(
            from: five.input("image").part((image + batch - 1 - place) % 5 * length, count: length))
        }
        other.forward()
        #expect(bits(other, image: batch - 1) == bits(five, image: image))
      }
    }
  }

  @Test(arguments: cases) func trainsExactlyTheGroupsAboveTheFreeze(_ test: Case) throws {
    let spec = try EncoderSpec.named(test.encoder)
    let model = try Model(
      recording: spec, head: .linear(), classes: ["a", "b", "c"],
      input: spec.input.resized(to: spec.name == "mobilenet_v2" ? 64 : 32))
    FormulaValues.fill(model.parameters, isFar: false)
    let first = try #require(model.groups.firstIndex { $0.name == test.group })
    let trained = model.groups[first...]
    let parameters = trained.flatMap(\.parameters).filter(\.canTrain)
    let plan = try model.plan(
      batch: 2,
      PlanConfiguration(
        trainable: Set(parameters.map(\.name)), trainingNodes: Set(trained.flatMap(\.nodes))))
    let before = model.parameters.map(\.contentHash)
    plan.forward()
    plan.backward()
    for parameter in parameters {
      let gradient = try #require(plan.gradient(of: parameter))
      // Every entry of small tensors, whose gradient may be zero in most places.
      let step = gradient.count > 1 << 16 ? 97 : 1
      for index in stride(from: 0, to: gradient.count, by: step) {
        parameter.slice.pointer[index] -= 0.1 * gradient.pointer[index]
      }
      parameter.markChanged()
    }
    let names = Set(trained.flatMap(\.parameters).map(\.name))
    for (parameter, hash) in zip(model.parameters, before) {
      let hasChanged = parameter.contentHash != hash
      #expect(hasChanged == names.contains(parameter.name), "\(parameter.name)")
      #expect((plan.gradient(of: parameter) != nil) == (parameter.canTrain && hasChanged))
    }
  }

  @Test(
    arguments: [
      HeadSpec.linear(), .linear(dropout: 0.5, pool: .maximum), .mlp(hidden: 5, pool: .both),
    ])
  func anyHeadFitsTheSameEncoder(_ head: HeadSpec) throws {
    let source = try Model(spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 1)
    let model = try Model(
      spec: .named("resnet20"), head: head, classes: ["a", "b", "c"], seed: 2,
      weights: source.weightFile())
    let plan = try model.plan(batch: 2, .inference)
    plan.forward()
    let map = Array(plan.value(model.featureMap).buffer)
    let reference = try source.plan(batch: 2, .inference)
    reference.forward()
    #expect(map == Array(reference.value(source.featureMap).buffer))
    let features = Array(plan.value(model.features).buffer)
    #expect(features.count == 2 * model.features.shape.channels)
    let pixels = model.featureMap.shape.pixels
    for channel in 0..<64 {
      let values = (0..<pixels).map { map[$0 * 64 + channel] }
      let mean = values.reduce(0, +) / Float(pixels)
      let largest = values.reduce(-Float.infinity, max)
      switch head.values[PooledHead.pool] {
      case .maximum: #expect(features[channel] == largest)
      case .both:
        #expect(abs(features[channel] - mean) < 1e-5)
        #expect(features[64 + channel] == largest)
      case .average: #expect(abs(features[channel] - mean) < 1e-5)
      }
    }
  }

  @Test(arguments: [("resnet20", HeadSpec.mlp(hidden: 5)), ("squeezenet1_1", .own)])
  func theHeadAloneGivesTheSameLogits(_ name: String, _ head: HeadSpec) throws {
    let spec = try EncoderSpec.named(name)
    let classes = head.isOwn ? spec.ownClassNames : tenClasses
    let model = try Model(
      recording: spec, head: head, classes: classes, input: spec.input.resized(to: 32))
    FormulaValues.fill(model.parameters, isFar: false)
    let plan = try model.plan(batch: 2, .inference)
    plan.forward()
    let alone = try Plan(
      graph: model.graph, outputs: [model.logits], inputShapes: model.inputShapes(batch: 2),
      startingAt: FedValue(model.headInput, shape: model.headInput.shape.withBatch(2)),
      pool: ThreadPool(threads: 1))
    alone.input(model.headInput).copy(from: plan.value(model.headInput))
    alone.forward()
    #expect(Array(alone.value(model.logits).buffer) == Array(plan.value(model.logits).buffer))
  }
}

extension Model {
  /// A plan that was fed with images and targets by the formula.
  fileprivate func plan(batch: Int, _ configuration: PlanConfiguration) throws -> Plan {
    let plan = try Plan(
      graph: graph, outputs: [logits, featureMap, features, headInput], loss: losses,
      inputShapes: inputShapes(batch: batch), configuration: configuration,
      pool: ThreadPool(threads: 1))
    for (index, value) in FormulaValues.values("image", [plan.input("image").count]).enumerated() {
      plan.input("image").pointer[index] = value
    }
    let target = plan.input("target")
    for row in 0..<batch { target.pointer[row * logits.shape.channels + row] = 1 }
    return plan
  }
}
