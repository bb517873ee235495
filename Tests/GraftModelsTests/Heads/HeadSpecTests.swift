import Foundation
import GraftBase
import GraftEngine
import Testing

@testable import GraftModels

@Suite struct HeadSpecTests {
  @Test(
    arguments: [
      ("resnet18", "fc"), ("mobilenet_v2", "classifier.1"), ("squeezenet1_1", "head"),
      ("resnet20", "fc"),
    ])
  func aLinearHeadTakesTheClassifiersPlace(_ name: String, _ path: String) throws {
    let spec = try EncoderSpec.named(name)
    let model = try Model(recording: spec, head: .linear(), classes: ["a", "b", "c"])
    let head = try #require(model.groups.last)
    #expect(head.parameters.map(\.name) == ["\(path).weight", "\(path).bias"])
    #expect(head.parameters.map(\.torchShape) == [[3, spec.featureWidth], [3]])
    #expect(model.logits.shape == [1, 3])
    #expect(model.headInput.id == model.features.id)
  }

  @Test(arguments: PoolKind.allCases) func poolsDecideTheWidth(_ pool: PoolKind) throws {
    let model = try Model(
      recording: .named("resnet18"), head: .mlp(hidden: 7, dropout: 0.5, pool: pool),
      classes: ["a", "b"], input: ImageInput.imageNet.resized(to: 64))
    let width = pool == .both ? 1024 : 512
    #expect(model.features.shape == [1, width])
    let head = try #require(model.groups.last)
    #expect(
      head.parameters.map(\.name)
        == ["head.0.weight", "head.0.bias", "head.3.weight", "head.3.bias"])
    #expect(head.parameters.map(\.torchShape) == [[7, width], [7], [2, 7], [2]])
    #expect(head.nodes.contains { model.graph.nodes[$0].op.isRandom })
  }

  @Test func theOwnHeadOfSqueezeNetReadsTheMap() throws {
    let model = try Model.own(.named("squeezenet1_1"))
    #expect(model.headInput.shape == [1, 13, 13, 512])
    #expect(model.features.shape == [1, 512])
  }

  @Test(
    arguments: [
      HeadSpec.own, .linear(), .linear(dropout: 0.2, pool: .maximum),
      .mlp(hidden: 256, dropout: 0.5, pool: .both),
    ])
  func survivesJSON(_ head: HeadSpec) throws {
    let data = try JSONEncoder().encode(head)
    #expect(try JSONDecoder().decode(HeadSpec.self, from: data) == head)
  }

  /// What model files hold, since the first of them.
  @Test(arguments: [
    (HeadSpec.own, #"{"own":{}}"#),
    (.linear(), #"{"linear":{"dropout":0,"pool":"average"}}"#),
    (
      .mlp(hidden: 256, dropout: 0.1, pool: .both),
      #"{"mlp":{"dropout":0.1,"hidden":256,"pool":"avgmax"}}"#
    ),
    (.unet(width: 16), #"{"unet":{"width":16}}"#),
    (
      .fcn(skips: 2, upsampling: .transposed),
      #"{"fcn":{"skips":2,"upsampling":"transposed"}}"#
    ),
  ])
  func hasTheSameTextInFiles(_ head: HeadSpec, _ text: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(head), as: UTF8.self) == text)
    #expect(try JSONDecoder().decode(HeadSpec.self, from: Data(text.utf8)) == head)
  }

  @Test(arguments: [
    #"{"cap":{}}"#, #"{}"#, #"{"fcn":{"skips":-1}}"#, #"{"unet":{"width":1e9}}"#,
    #"{"linear":{"pool":"minimum"}}"#,
  ])
  func refusesFilesThatHoldNoHead(_ text: String) {
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(HeadSpec.self, from: Data(text.utf8))
    }
  }

  @Test func printsAsInTheLanguage() {
    #expect(HeadSpec.own.description == "own")
    #expect(HeadSpec.linear().description == "linear")
    #expect(HeadSpec.unet().description == "unet width=32")
    #expect(HeadSpec.fcn().description == "fcn skips=0")
    #expect(HeadSpec.fcn(upsampling: .transposed).description == "fcn skips=0 up=transposed")
    #expect(
      HeadSpec.mlp(hidden: 256, dropout: 0.5, pool: .maximum).description
        == "mlp hidden=256 dropout=0.5 pool=max")
  }

  @Test(
    arguments: [
      (HeadSpec.own, 3, "the own head of resnet20 has 10 classes, not 3"),
      (.linear(), 1, "a head for 1 classes; use 2 to 100,000"),
      (.linear(dropout: 1), 3, "a dropout of 1.0; it must be at least 0 and below 1"),
      (.linear(dropout: .nan), 3, "a dropout of nan; it must be at least 0 and below 1"),
      (.mlp(hidden: 0), 3, "a head with 0 hidden units; use 1 to 65,536"),
    ])
  func refusesImpossibleNumbers(_ head: HeadSpec, _ count: Int, _ message: String) throws {
    let classes = (0..<count).map(String.init)
    let error = graftError {
      try Model(recording: .named("resnet20"), head: head, classes: classes)
    }
    #expect(error?.message == message)
    #expect(error?.code == .usage)
  }
}
