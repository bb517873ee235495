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
    let first = lines[2].split(separator: " ", omittingEmptySubsequences: true)
    #expect(first.first == "conv1" && first.suffix(2) == ["3", "px"])
    #expect(lines[2].contains("32×32×16"))
    #expect(lines.dropLast().last?.hasPrefix("total") == true)
    #expect(lines.dropLast().last?.contains("269 722") == true)
  }
}
