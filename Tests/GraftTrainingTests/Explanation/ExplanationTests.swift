import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels
import Testing

@testable import GraftTraining

/// Attributions against captum's and pytorch-grad-cam's, on a network whose weights are formulas.
@Suite struct ExplanationTests {
  private struct Reference: Decodable {
    struct Method: Decodable {
      let shape: [Int]
      let step: Int
      let largest: Double
      let values: [Double]
    }

    let logits: [Double]
    let target: Int
    let methods: [String: Method]
  }

  private static func values(_ count: Int, phase: Double, scale: Double) -> [Float] {
    (0..<count).map { Float(scale * sin(0.7 * Double($0) * Double($0) + phase)) }
  }

  private static func model() throws -> Model {
    let spec = try #require(Encoders.all.first { $0.name == "tinyvgg" })
    let model = try Model(
      spec: spec, head: .own, classes: (0..<10).map { "class \($0)" }, seed: 0)
    for (number, parameter) in model.parameters.enumerated() {
      let scale = parameter.count > 16_000 ? 0.02 : 0.3
      parameter.setTorchValues(values(parameter.count, phase: Double(number), scale: scale))
    }
    return model
  }

  /// [64, 64, 3] of a formula over torch's [3, 64, 64].
  private static var image: [Float] {
    let planes = values(3 * 64 * 64, phase: 0.5, scale: 1)
    return (0..<64 * 64).flatMap { pixel in (0..<3).map { planes[$0 * 64 * 64 + pixel] } }
  }

  private static func probe(threads: Int = 2) throws -> ScoreProbe {
    try ScoreProbe(ExplainedNetwork(model()), pool: ThreadPool(threads: threads))
  }

  private static func attribution(
    _ method: any ExplanationMethod.Type, threads: Int = 2,
    _ change: (inout ExplanationSettings) -> Void = { _ in }
  ) throws -> Attribution {
    let probe = try probe(threads: threads)
    let focus = ScoreFocus(on: 3, logits: try probe.logits(of: image), classCount: 10)
    var settings = ExplanationSettings()
    (settings.window, settings.stride, settings.steps, settings.samples) = (9, 4, 20, 5)
    change(&settings)
    return try method.attribution(of: image, focus, probe, settings) { _ in }
  }

  @Test(arguments: [
    "gradcam", "gradcam++", "occlusion", "saliency", "integrated", "deconvnet", "guided",
  ])
  func valuesAreThoseOfTheReference(_ name: String) throws {
    let reference = try fixture("explanations", as: Reference.self)
    let logits = try Self.probe().logits(of: Self.image)
    for (own, other) in zip(logits, reference.logits) { #expect(abs(Double(own) - other) < 1e-4) }
    let method = try #require(ExplanationMethods.method(name))
    let expected = try #require(reference.methods[name])
    let found = try Self.attribution(method)
    #expect([found.rows, found.columns, found.channels] == expected.shape)
    var worst = 0.0
    for (place, value) in expected.values.enumerated() {
      worst = max(worst, abs(Double(found.values[place * expected.step]) - value))
    }
    #expect(worst < 1e-4 * expected.largest, "\(worst / expected.largest) of the largest")
  }

  /// A class activation map of a list of tokens would show stripes.
  @Test func tokensAreNoMap() throws {
    let spec = try Encoders.named("vit_tiny_patch16_224")
    let model = try Model(recording: spec, head: .linear(), classes: ["a", "b"])
    let network = ExplainedNetwork(model)
    var settings = ExplanationSettings()
    #expect(throws: GraftError.self) { try GradCAM.check(settings, network) }
    settings.layer = "patch_embed.proj"
    #expect(throws: Never.self) { try GradCAM.check(settings, network) }
  }

  @Test func smoothGradWithoutNoiseIsSaliency() throws {
    let plain = try Self.attribution(Saliency.self)
    let smooth = try Self.attribution(SmoothGrad.self) { $0.noise = 0 }
    for (one, other) in zip(plain.values, smooth.values) { #expect(abs(one - other) < 1e-6) }
    let noisy = try Self.attribution(SmoothGrad.self) { $0.noise = 0.5 }
    #expect(noisy.values != smooth.values)
  }

  @Test(arguments: ExplanationMethods.all.map { $0.name })
  func anyNumberOfThreadsGivesTheSameBits(_ name: String) throws {
    let method = try #require(ExplanationMethods.method(name))
    let one = try Self.attribution(method, threads: 1) { $0.window = 30 }
    let three = try Self.attribution(method, threads: 3) { $0.window = 30 }
    #expect(one.values.map(\.bitPattern) == three.values.map(\.bitPattern))
    #expect(one.values.contains { $0 != 0 })
  }

  @Test func gradientsAreIntegratedAsNumPyDoes() {
    // numpy.polynomial.legendre.leggauss(5), moved to 0...1.
    let points = GaussLegendre(count: 5)
    let places = [
      0.04691007703066802, 0.23076534494715845, 0.5, 0.7692346550528415, 0.953089922969332,
    ]
    let weights = [
      0.11846344252809471, 0.23931433524968335, 0.2844444444444444, 0.23931433524968335,
      0.11846344252809471,
    ]
    for (own, other) in zip(points.places, places) { #expect(abs(own - other) < 1e-14) }
    for (own, other) in zip(points.weights, weights) { #expect(abs(own - other) < 1e-14) }
    #expect(abs(GaussLegendre(count: 50).weights.reduce(0, +) - 1) < 1e-12)
    #expect(GaussLegendre(count: 2).places.map { ($0 * 1e6).rounded() } == [211_325, 788_675])
  }

  @Test func ranksAreCorrelatedAsSciPyDoes() {
    // scipy.stats.spearmanr([1, 2, 2, 5, 3], [2, 1, 4, 4, 9]).
    #expect(abs(rankCorrelation([1, 2, 2, 5, 3], [2, 1, 4, 4, 9]) - 0.605263157894737) < 1e-12)
    #expect(rankCorrelation([1, 2, 3], [10, 20, 30]) == 1)
    #expect(rankCorrelation([1, 2, 3], [3, 2, 1]) == -1)
    #expect(rankCorrelation([1, 1, 1], [3, 2, 1]) == 0)
  }

  @Test func aScoreOfPixelsIsTheMeanWhereTheClassIsPredicted() {
    // Three positions of two classes; class 1 is predicted at the last two.
    let logits: [Float] = [3, 1, 0, 2, 1, 4]
    #expect(ScoreFocus(on: 1, logits: logits, classCount: 2).shares == [0, 0.5, 0.5])
    #expect(ScoreFocus(on: 0, logits: logits, classCount: 2).shares == [1, 0, 0])
    #expect(
      ScoreFocus(on: 0, logits: [1, 2, 1, 2], classCount: 2).shares == [0.5, 0.5],
      "of a class that is predicted nowhere")
  }

  /// Occlusion is faithful by its definition: covering what it finds first must lower the score faster than
  /// the opposite order.
  @Test func theCurvesSayWhichOrderIsFaithful() throws {
    let probe = try Self.probe()
    let logits = try probe.logits(of: Self.image)
    let focus = ScoreFocus(on: 3, logits: logits, classCount: 10)
    let importance = try Self.attribution(IntegratedGradients.self).map
    var (forward, backward) = (Faithfulness(), Faithfulness())
    let score = { (logits: [Float]) in Double(logits[3]) }
    try forward.add(Self.image, importance: importance, focus, probe, probability: score)
    try backward.add(
      Self.image, importance: importance.map { -$0 }, focus, probe, probability: score)
    #expect(forward.deletion.area < backward.deletion.area)
    #expect(forward.insertion.area > backward.insertion.area)
    #expect(abs(forward.deletion.probabilities[0] - Double(logits[3])) < 1e-5)
    #expect(
      abs(
        forward.deletion.probabilities[Faithfulness.steps]
          - forward.insertion.probabilities[0]) < 1e-6, "all covered")
  }

  @Test func layersAreFoundByPathAndGroup() throws {
    let network = ExplainedNetwork(try Self.model())
    #expect(try network.shape(of: network.featureMap, images: 1) == [1, 13, 13, 10])
    let inner = try network.value(ofLayer: "conv_block_1.0")
    #expect(try network.shape(of: inner, images: 2) == [2, 62, 62, 10])
    #expect(throws: GraftError.self) { try network.value(ofLayer: "conv_block_3") }
    #expect(network.layerNames.contains("conv_block_2"))
  }
}
