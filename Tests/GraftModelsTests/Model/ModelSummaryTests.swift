import GraftBase
import GraftEngine
import Testing

@testable import GraftModels

@Suite struct ModelSummaryTests {
  /// Multiply-adds as torchvision 0.28 publishes them (`_ops` of the weights), in millions; theirs
  /// leave nothing but convolutions and linear layers.
  @Test(
    arguments: [
      ("resnet18", 1814.0), ("resnet34", 3664.0), ("resnet50", 4089.0), ("mobilenet_v2", 301.0),
      ("squeezenet1_1", 349.0),
    ])
  func countsMultiplyAddsLikeTorchvision(_ name: String, _ millions: Double) throws {
    let summary = try Model.own(.named(name)).summary()
    let products = summary.rows.filter { !$0.operation.hasPrefix("batch norm") }
      .reduce(0) { $0 + $1.multiplyAdds }
    #expect(abs(Double(products) / 1e6 / millions - 1) < 0.01)
    #expect(try summary.parameterCount == EncoderSpec.named(name).parameterCount)
  }

  /// Published by Araujo, Norris and Sim (2019), "Computing receptive fields".
  @Test(arguments: [("resnet18", 435), ("resnet34", 899), ("mobilenet_v2", 491)])
  func knowsTheReceptiveField(_ name: String, _ side: Int) throws {
    let rows = try Model.own(.named(name)).summary(.encoder).rows
    #expect(rows.last?.receptiveField == side)
  }

  /// 5, then 3 at distance 2, then 2 at distance 2 that become 4 apart, then 3 of these.
  @Test func everyWindowWidensTheField() throws {
    let net = "net(\"input(32) conv(2, 5, 2, valid) local(2, 3) pool(l2) local(2, 3, valid) gap\")"
    let rows = try Model.blank(.named(net)).summary(.encoder).rows
    #expect(rows.prefix(4).map(\.receptiveField) == [5, 9, 11, 19])
  }

  @Test func coversPartsAndSizes() throws {
    let model = try Model.own(.named("resnet20"))
    let whole = try model.summary()
    #expect(
      try model.summary(.encoder).parameterCount + model.summary(.head).parameterCount
        == whole.parameterCount)
    #expect(try model.summary(.head).rows.map(\.path) == ["avgpool", "fc"])
    #expect(try model.summary(side: 64).rows.first?.outputShape == [1, 64, 64, 16])
    #expect(
      try model.summary(.encoder, side: 64).multiplyAdds
        == 4 * model.summary(.encoder).multiplyAdds)
  }

  @Test func printsATable() throws {
    let lines = try Model.own(.named("resnet20")).summary().description.split(separator: "\n")
    #expect(lines.first == "resnet20, head own, 32×32")
    #expect(lines[1].hasPrefix("layer"))
    #expect(lines[2].hasPrefix("image") && lines[2].contains("3 072"))
    let first = lines[3].split(separator: " ", omittingEmptySubsequences: true)
    #expect(first.first == "conv1" && first.suffix(2) == ["3", "px"])
    #expect(lines[3].contains("32×32×16") && lines[3].contains("3·3·3·16"))
    let total = try #require(lines.first { $0.hasPrefix("total") })
    #expect(total.contains("269 722"))
    // Each stage's first block leaves the last row and column of its border.
    #expect(lines.contains { $0.hasPrefix("↓ 2 sizes are rounded down") })
  }

  /// The lecture's table of VGG-16 (CS231n): values and parameters of each line.
  @Test func countsAsTheLectureDoes() throws {
    let windows =
      "input(224) [conv(64) relu]*2 pool [conv(128) relu]*2 pool [conv(256) relu]*3 pool "
      + "[conv(512) relu]*3 pool [conv(512) relu]*3 pool"
    let whole = try Net.spec(NetParser.parse(windows + " [fc(4096) relu]*2 fc(1000)"))
    #expect(whole.parameterCount == 138_357_544)
    #expect(whole.parameterShapes["32.weight"] == [4096, 25_088])
    let summary = try Model.own(Net.spec(NetParser.parse(windows))).summary(.encoder)
    let rows = summary.rows.filter { $0.valueCount > 0 }
    #expect(
      rows.map(\.valueCount) == [
        3_211_264, 3_211_264, 802_816, 1_605_632, 1_605_632, 401_408, 802_816, 802_816, 802_816,
        200_704, 401_408, 401_408, 401_408, 100_352, 100_352, 100_352, 100_352, 25_088,
      ])
    let parameters = rows.filter { $0.parameterCount > 0 }
    #expect(
      parameters.map(\.parameterCount) == [
        1792, 36_928, 73_856, 147_584, 295_168, 590_080, 590_080, 1_180_160, 2_359_808, 2_359_808,
        2_359_808, 2_359_808, 2_359_808,
      ])
    #expect(parameters[2].parameterFormula == "(64·3·3 + 1)·128")
    #expect(summary.inputShape.elementCount == 150_528)
    // The lecture's lines add up to 15.2 M with its three fully connected layers.
    #expect(summary.valueCount + 4096 + 4096 + 1000 == 15_237_608)
  }

  @Test func sharingSavesParameters() throws {
    let spec = try Net.spec(NetParser.parse("input(16) conv(4, 5, valid) relu fc(10)"))
    let comparison = try Model.own(spec).sharingComparison()
    let row = try #require(comparison.rows.first)
    #expect(row.convolution == (3 * 5 * 5 + 1) * 4)
    #expect(row.locallyConnected == 3 * 5 * 5 * 4 * 12 * 12)
    #expect(row.fullyConnected == 3 * 16 * 16 * 4 * 12 * 12)
    #expect("\(comparison)".contains("1 : 142 : 1 455"))
  }
}
