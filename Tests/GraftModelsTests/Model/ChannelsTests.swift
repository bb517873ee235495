import GraftBase
import GraftEngine
import Testing

@testable import GraftModels

@Suite struct ChannelsTests {
  private func model(_ channels: Int, from source: Model) throws -> Model {
    try Model(
      spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 3,
      input: ImageInput.cifar.withChannels(channels), weights: source.weightFile())
  }

  private func source() throws -> Model {
    try Model(spec: .named("resnet20"), head: .own, classes: tenClasses, seed: 1)
  }

  @Test func grayTakesTheSumOverColors() throws {
    let source = try source()
    let gray = try model(1, from: source)
    let color = try #require(source.parameter("conv1.weight")).torchValues()
    let weight = try #require(gray.parameter("conv1.weight"))
    #expect(weight.torchShape.dimensions == [16, 1, 3, 3])
    let values = weight.torchValues()
    for index in values.indices {
      let (output, place) = (index / 9, index % 9)
      let sum = (0..<3).reduce(Float(0)) { $0 + color[(output * 3 + $1) * 9 + place] }
      #expect(abs(values[index] - sum) < 1e-6)
    }
    #expect(
      gray.loadReport?.notes == ["conv1.weight was trained for 1 of 3 channels"])
    #expect(
      gray.parameter("layer1.0.conv1.weight")?.contentHash
        == source.parameter("layer1.0.conv1.weight")?.contentHash)
  }

  @Test func moreChannelsTakeTheColorsInTurn() throws {
    let source = try source()
    let color = try #require(source.parameter("conv1.weight")).torchValues()
    let five = try #require(try model(5, from: source).parameter("conv1.weight"))
    #expect(five.torchShape.dimensions == [16, 5, 3, 3])
    let values = five.torchValues()
    for index in values.indices {
      let (output, channel, place) = (index / 45, index / 9 % 5, index % 9)
      #expect(abs(values[index] - color[(output * 3 + channel % 3) * 9 + place] * 0.6) < 1e-7)
    }
  }

  @Test func aModelFileKeepsItsChannels() throws {
    let gray = try model(1, from: source())
    let file = WeightFile(try ModelFile.contents(of: gray), name: "gray.safetensors")
    let loaded = try ModelFile.load(file).model
    #expect(loaded.input == gray.input && loaded.input.channels == 1)
    #expect(loaded.weightsHash == gray.weightsHash)
    #expect(loaded.image.shape == [1, 32, 32, 1])
  }

  @Test func grayIsNormalizedByLuma() {
    let gray = ImageInput.imageNet.withChannels(1)
    #expect(abs(gray.mean[0] - (0.299 * 0.485 + 0.587 * 0.456 + 0.114 * 0.406)) < 1e-6)
    #expect(abs(gray.std[0] - (0.299 * 0.229 + 0.587 * 0.224 + 0.114 * 0.225)) < 1e-6)
    let four = ImageInput.imageNet.withChannels(4)
    #expect(four.mean == [0.485, 0.456, 0.406, 0.485])
    #expect(ImageInput.imageNet.withChannels(3) == .imageNet)
  }

  @Test(arguments: [0, 65]) func refusesImpossibleCounts(_ count: Int) {
    let input = ImageInput.cifar.withChannels(count)
    let error = graftError {
      try Model(recording: .named("resnet20"), head: .own, classes: tenClasses, input: input)
    }
    #expect(error?.message == "images of \(count) channels for resnet20; 1 to 64 are supported")
  }
}
