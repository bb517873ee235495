import GraftBase
import GraftEngine
import Testing

@testable import GraftModels

@Suite struct SamePaddingTests {
  @Test func anEncoderPadsAsTensorFlow() throws {
    let spec = try Encoders.named("mobilenet_v2 padding=same")
    let plain = try Encoders.named("mobilenet_v2")
    #expect(spec.name == "mobilenet_v2 padding=same" && spec.isOfTensorFlow)
    #expect(spec.parameterShapes == plain.parameterShapes)
    let model = try Model.own(spec)
    let pads = model.graph.nodes.filter { $0.op is PadOp }
    // The stem and one depthwise convolution of each stage that halves the image.
    #expect(pads.map(\.path).first == "features.0.0.pad" && pads.count == 5)
    // 224 is even: one row and column, below and to the right.
    let stem = try #require(pads.first?.op as? PadOp)
    #expect(stem.sides(for: [1, 224, 224, 3]) == Sides(top: 0, left: 0, bottom: 1, right: 1))
    #expect(model.graph.nodes.count == (try Model.own(plain)).graph.nodes.count + 5)
  }

  @Test func variantsOfItAreNamedAlike() throws {
    let cut = try Encoders.named("mobilenet_v2 padding=same").cut(behind: "stage1")
    #expect(cut.name == "mobilenet_v2 padding=same until=stage1")
    #expect(try Encoders.named(cut.name).stages.map(\.name) == ["stem", "stage1"])
    let folded = try Encoders.named("mobilenet_v2 padding=same folded")
    #expect(try Model.own(folded).graph.nodes.contains { $0.op is PadOp })
  }

  @Test(arguments: ["vgg11", "tf_efficientnet_lite0", "lenet5"])
  func whatItWouldNotChangeIsRefused(_ name: String) throws {
    let error = graftError { _ = try Encoders.named(name).paddedSame() }
    #expect(error?.help == "leave out padding=same")
  }
}
