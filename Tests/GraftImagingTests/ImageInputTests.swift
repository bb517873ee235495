import Foundation
import GraftBase
import GraftImaging
import Testing

@Suite struct ImageInputTests {
  private struct Case: Decodable {
    var crop: [Int]?
    var filter: ResizeFilter
    var short: Int
    var width: Int
    var height: Int
    var channels: Int
    var sha256: String
  }

  @Test func evaluationImagesAreTorchvisions() throws {
    let data = try Data(contentsOf: ImagingFixtures.url("evaluation.json"))
    let cases = try JSONDecoder().decode([Case].self, from: data)
    #expect(cases.count > 30)
    for test in cases {
      var source = try ImagingFixtures.photo()
      if let crop = test.crop {
        source = source.cropped(x: crop[0], y: crop[1], width: crop[2], height: crop[3])
      }
      var preprocessing = ImageInput.imageNet
      preprocessing.side = test.width
      preprocessing.resizeShortSide = test.short
      preprocessing.filter = test.filter
      expectEqual(
        preprocessing.evaluationImage(source),
        ImagingFixtures.Oracle(
          width: test.width, height: test.height, channels: test.channels, sha256: test.sha256),
        "\(test)")
    }
  }

  @Test func anImageOfInputSizeIsLeftAlone() throws {
    let image = try ImagingFixtures.photo().cropped(x: 5, y: 6, width: 32, height: 32)
    #expect(ImageInput.cifar.evaluationImage(image) == image)
  }

  @Test func smallShortSidesNeverLeaveABorder() throws {
    var preprocessing = ImageInput.imageNet
    preprocessing.resizeShortSide = 100
    #expect(
      try preprocessing.evaluationImage(ImagingFixtures.photo()).size == preprocessing.outputSize)
  }

  @Test func valuesAreNormalizedInTorchvisionsOrder() throws {
    let image = Image(width: 2, height: 1, channels: 3, pixels: [0, 128, 255, 31, 77, 200])
    var output = [Float](repeating: 0, count: 6)
    output.withUnsafeMutableBufferPointer { ImageInput.imageNet.write(image, into: $0) }
    // numpy, float32 throughout: (bytes * (1 / 255) - mean) / std
    let expected: [Float] = [
      -2.117_903_947_830_2, 0.205_182_194_709_777_83, 2.640_000_104_904_175,
      -1.587_036_609_649_658_2, -0.687_674_999_237_060_5, 1.681_394_696_235_656_7,
    ]
    #expect(output == expected)
  }

  @Test func grayImageFillAllChannels() {
    let image = Image(width: 1, height: 1, channels: 1, pixels: [100])
    var output = [Float](repeating: 0, count: 3)
    output.withUnsafeMutableBufferPointer { ImageInput.imageNet.write(image, into: $0) }
    let color = Image(width: 1, height: 1, channels: 3, pixels: [100, 100, 100])
    var wanted = [Float](repeating: 1, count: 3)
    wanted.withUnsafeMutableBufferPointer { ImageInput.imageNet.write(color, into: $0) }
    #expect(output == wanted)
  }

  @Test func descriptionsReadWell() {
    #expect(
      "\(ImageInput.imageNet)" == "224 px (short side 256, bilinear), ImageNet normalization")
    var other = ImageInput.cifar
    other.mean = [0.5, 0.5, 0.5]
    other.std = [0.25, 0.5, 0.5]
    #expect(
      "\(other)" == "32 px (short side 32, bilinear), mean 0.5/0.5/0.5, std 0.25/0.5/0.5")
  }

  @Test func extremeShapesTakeLittleMemory() {
    let image = Image(width: 1, height: 16_000, fill: 9)
    #expect(
      ImageInput.imageNet.evaluationImage(image) == Image(width: 224, height: 224, fill: 9))
  }
}
