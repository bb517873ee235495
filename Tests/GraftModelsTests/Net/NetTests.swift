import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

/// Networks by their formula.
@Suite struct NetTests {
  private func net(_ text: String, _ options: NetParser.Options = .init()) throws -> EncoderSpec {
    try Net.spec(NetParser.parse(text, options))
  }

  private func model(_ text: String) throws -> Model {
    try Model(spec: net(text), head: .linear(), classes: tenClasses, seed: 1)
  }

  @Test func parametersAreNamedAsInSequential() throws {
    let model = try model("[[conv(8) relu]*2 pool]*2 [fc(16) relu]*1")
    // Sequential(conv, relu, conv, relu, pool, conv, relu, conv, relu, pool, flatten, fc, relu, fc)
    #expect(
      model.parameters.map { "\($0.name) \($0.torchShape)" } == [
        "0.weight [8, 3, 3, 3]", "0.bias [8]", "2.weight [8, 8, 3, 3]", "2.bias [8]",
        "5.weight [8, 8, 3, 3]", "5.bias [8]", "7.weight [8, 8, 3, 3]", "7.bias [8]",
        "11.weight [16, 512]", "11.bias [16]", "13.weight [10, 16]", "13.bias [10]",
      ])
    #expect(model.groups.map(\.name) == ["stage1", "stage2", "stage3", "head"])
  }

  @Test func theSlidesNotationIsReadAsItStands() throws {
    let options = NetParser.Options(times: ["N": 2, "M": 3, "K": 1])
    let slide = "INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC"
    let spec = try net(slide, options)
    #expect(
      spec.name == "net(\"[[conv relu]*2 pool]*3 [fc relu]*1 fc\")")
    // 32, 64 and 128 channels, 4×4 of them into 256.
    let shapes = spec.parameterShapes
    #expect(shapes["0.weight"] == [32, 3, 3, 3] && shapes["5.weight"] == [64, 32, 3, 3])
    #expect(shapes["16.weight"] == [256, 128 * 16])
    #expect(spec.linearHeadPath == "18" && spec.featureWidth == 256)
    var without = options
    without.takesOptional = false
    #expect(try net(slide, without).name == "net(\"[[conv relu]*2]*3 [fc relu]*1 fc\")")
    let none = NetParser.Options(times: ["N": 1, "M": 2, "K": 0])
    #expect(try net(slide, none).linearHeadPath == "7")
  }

  @Test(arguments: [
    "conv(8)", "input(28, 1) conv1: conv(20, 5, valid) pool fc1: fc(500) relu fc2: fc(10)",
    "input(256) [[conv(32, kernel=3x5, stride=2) bn relu]*2 pool(avg, 3, 2)]*2 gap",
    "[conv(4)]*0 relu",
    "depthwise(multiplier=2) conv(6, 1, bias=no, groups=2) pool(3, stride=2, pad=1, ceil) fc",
    "conv(8) leaky_relu deform(12, 3, 2) gelu pool(l2) local(5, 3, 2, topleft) tanh gap fc(3)",
    "deform(6, pad=0, v1, dilation=2) local(4, 3, bias=no) hard_swish",
    "conv(4, 3, 2, pad=same, mode=reflect) pool(pad=same) conv(4, 3, topleft) dropout(0.3) gap fc(7)",
    "conv(6) lrn(3, 0.001, k=1) prelu(each) layernorm groupnorm(3) instancenorm(affine=yes) gap prelu",
    "conv(6) instancenorm dropblock(0.2, block=3) channeldropout(0.2) droppath(0.3) pool fc(8) layernorm(epsilon=0.01)",
  ])
  func printingAndReadingGiveTheSameNetwork(_ text: String) throws {
    let syntax = try NetParser.parse(text)
    #expect(try NetParser.parse("\(syntax)") == syntax)
    let spec = try Net.spec(syntax)
    let again = try Encoders.named(spec.name)
    #expect(again.name == spec.name && again.parameterShapes == spec.parameterShapes)
    #expect(try Model.own(spec).parameterCount == spec.parameterCount)
  }

  /// Formula, and the part that carets point at.
  @Test(arguments: [
    ("", " "), ("conv(32", "("), ("[conv", "["), ("conv]", "]"), ("convv(3)", "convv(3)"),
    ("conv(32)*", "*"), ("[conv]*Q", "Q"), ("conv(0)", "0"), ("conv(32, kernel=0)", "kernel=0"),
    ("conv(8, widht=3)", "widht=3"), ("conv(8, wrong)", "wrong"), ("relu(3)", "3"),
    ("conv(8) & pool", "&"), ("relu conv(9, groups=2) relu", "conv(9, groups=2)"),
    ("a: conv a: conv", "a: conv"), ("[a: conv]*2", "a: conv"), ("conv input", "input"),
    ("pool(40)", "pool(40)"), ("gap conv(3)", "conv(3)"), ("[[relu]*1000]*1000", "relu"),
    ("input(8) conv", "8"), ("conv(32 3)", "3"), ("conv(,)", ","),
    ("conv(8, 5, 2, valid, strict)", "conv(8, 5, 2, valid, strict)"), ("conv: ", "conv"),
    ("conv(8,3) -> -> pool -> 7", "7"), ("relu softmax relu", "softmax"),
    ("fc(65536) relu fc(65536) relu", "fc(65536)"), ("conv(8, 17x17)", "conv(8, 17x17)"),
    ("conv(8, 8, strict=strict, strict)", "strict"),
    ("conv(8) groupnorm(3)", "groupnorm(3)"), ("gap instancenorm", "instancenorm"),
    ("conv dropblock(1)", "1"), ("prelu(both)", "both"),
  ])
  func faultsPointAtTheirPlace(_ text: String, _ part: String) throws {
    let fault = try #require(throws: NetFault.self) { try net(text) }
    let place = String((text + " ").dropFirst(fault.place.lowerBound).prefix(fault.place.count))
    #expect(place == part, "\(fault.message)")
  }

  /// The operations and parameters that the words stand for, in torch's shapes.
  @Test func normsAndDropsAreTheFields() throws {
    let model = try model(
      "conv(6) lrn prelu prelu(each) layernorm groupnorm(2) instancenorm(yes) dropblock channeldropout droppath pool"
    )
    #expect(
      model.graph.nodes.dropFirst().prefix(8).map(\.op.name) == [
        "local response norm", "prelu", "prelu", "layer norm", "group norm", "group norm",
        "drop block", "dropout",
      ])
    let lrn = try #require(model.graph.nodes[1].op as? LocalResponseNormOp)
    #expect(lrn.size == 5 && lrn.alpha == 5e-4 && lrn.beta == 0.75 && lrn.k == 2)
    #expect(
      model.parameters.dropFirst(2).map { "\($0.name) \($0.torchShape)" }.prefix(8) == [
        "2.weight [1]", "3.weight [6]", "4.weight [6]", "4.bias [6]", "5.weight [6]", "5.bias [6]",
        "6.weight [6]", "6.bias [6]",
      ])
    let norms = model.graph.nodes.map(\.op).filter { $0.name == "group norm" }
    #expect(norms.map(\.details) == ["2 groups", "6 groups"])
  }

  @Test func anotherSizeIsAnotherNetwork() throws {
    let spec = try net("conv(8) pool fc(16) relu")
    let larger = try #require(try Net.spec(named: spec.name, side: 64))
    #expect(larger.parameterShapes["3.weight"] == [16, 8 * 32 * 32])
    #expect(
      larger.input.side == 64 && larger.name == "net(\"input(64) conv(8) pool fc(16) relu\")")
    #expect(try Net.spec(named: "resnet20", side: 64) == nil)
  }

  /// Its weights are for places: beyond them there are none.
  @Test func locallyConnectedLayersTakeOneSize() throws {
    let model = try model("input(16) local(3, 3) relu gap")
    let error = graftError {
      try model.graph.shapes(forInputs: ["image": [1, 20, 20, 3]], reaching: [model.logits.id])
    }
    #expect(
      error?.message
        == "0: a locally connected layer has no weights for the 18 positions of [1, 20, 20, 3]")
  }

  @Test func aModelFileBringsItsNetwork() throws {
    let model = try model("conv(4) bn relu pool gap")
    let folder = try TemporaryFolder()
    let path = folder.path + "/net.safetensors"
    try ModelFile.save(model, to: path)
    let loaded = try ModelFile.load(path: path).model
    #expect(loaded.weightsHash == model.weightsHash && loaded.spec.name == model.spec.name)
  }

  /// The published LeNet on the first digits of MNIST, logits as PyTorch has them.
  @Test(.needsShared("weights/reference_outputs.safetensors", "weights/lenet_mnist.safetensors"))
  func lenetLoadsIntoItsFormula() throws {
    let spec = try net(
      "input(28, 1) conv1: conv(20, 5, valid) pool conv2: conv(50, 5, valid) pool "
        + "fc1: fc(500) relu fc2: fc(10)")
    #expect(spec.parameterCount == 431_080)
    let weights = try #require(SharedFiles.url("weights/lenet_mnist.safetensors")).path
    let outputs = try #require(SharedFiles.url("weights/reference_outputs.safetensors")).path
    let references = try Safetensors.read(path: outputs)
    let model = try Model(
      spec: spec, head: .own, classes: tenClasses, seed: 0, weights: WeightFile(path: weights))
    let images = try #require(references["mnist.images_u8"])
    let logits = try #require(references["lenet_mnist.logits"]).floats()
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits],
      inputShapes: model.inputShapes(batch: images.shape[0]), pool: ThreadPool(threads: 2))
    for (index, byte) in images.bytes.enumerated() {
      plan.input("image").pointer[index] = Float(byte) / 255
    }
    plan.forward()
    let largest = logits.reduce(0) { max($0, abs($1)) }
    let found = Array(plan.value(model.logits).buffer)
    let error = zip(found, logits).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    #expect(error / largest < 1e-4)
  }
}
