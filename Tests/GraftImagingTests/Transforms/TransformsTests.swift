import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// What holds for every transform of the registry.
@Suite struct TransformsTests {
  private static let context = TransformContext(outputSize: ImageSize(width: 20, height: 20))

  @Test func namesAndSynonymsAreUnique() {
    let names = Pipeline.operations.map { $0.name }
    #expect(Set(names).count == names.count)
    let synonyms = Pipeline.operations.flatMap { $0.synonyms }
    #expect(Set(synonyms).count == synonyms.count)
    #expect(Set(synonyms).isDisjoint(with: names))
    #expect(names.allSatisfy { $0 == $0.lowercased() && !$0.contains(" ") })
  }

  @Test func everyOperationHasLegalDefaultsAndRunnableExamples() throws {
    for operation in Pipeline.operations {
      #expect(!operation.examples.isEmpty)
      #expect(!operation.summary.isEmpty && !operation.summary.hasSuffix("."))
      for example in operation.examples {
        let pipeline = try Pipeline(line: example)
        let names = pipeline.calls.map(\.name)
        #expect(operation is FastMode.Type ? names[0] == "fast" : names == [operation.name])
      }
      for argument in operation.arguments.map(\.declaration) {
        if let text = argument.defaultText { _ = try argument.kind.parse(text) }
        if let usual = argument.usual { _ = try argument.kind.parse(usual) }
      }
    }
  }

  /// Odd sizes through every example: no trap, same channels, and the same bytes again.
  @Test(arguments: [(1, 1), (1, 7), (7, 1), (2, 2), (33, 17)])
  func everySizeGoesThrough(width: Int, height: Int) throws {
    for channels in [1, 3] {
      let image = Self.texture(width, height, channels)
      for type in Transforms.all {
        for example in type.examples {
          let pipeline = try Pipeline(line: example)
          for sample in 0..<6 {
            let key = SampleKey(seed: 5, sample: sample)
            let result = pipeline.apply(to: image, key: key, context: Self.context)
            #expect(result.channels == channels)
            #expect(result == pipeline.apply(to: image, key: key, context: Self.context))
          }
        }
      }
    }
  }

  /// What a file held before it was decoded makes no difference: 16 bits, ink, alpha, palettes.
  @Test(arguments: [
    "gray16.png", "grayalpha16.png", "rgb16.png", "rgba16.png", "rgba8.png", "palette1.png",
    "transparent_palette.png", "one_pixel.png", "cmyk.jpg", "gray.jpg", "progressive.jpg",
    "orientation6.jpg",
  ])
  func everyKindOfFileGoesThrough(name: String) throws {
    let bytes = try ImagingFixtures.bytes(name)
    for keepsGray in [true, false] {
      let image = try ImageCodec.decode(bytes, name: name, keepsGray: keepsGray)
      let key = SampleKey(seed: 7, sample: 3)
      for type in Transforms.all {
        for example in type.examples {
          let pipeline = try Pipeline(line: example)
          let result = pipeline.apply(to: image, key: key, context: Self.context)
          #expect(result.channels == image.channels, "\(example)")
          #expect(result.pixels.count == result.size.width * result.size.height * image.channels)
        }
      }
    }
  }

  /// Long strips, once through every example.
  @Test(arguments: [(16384, 1, 3), (1, 16384, 1)])
  func stripsGoThrough(width: Int, height: Int, channels: Int) throws {
    let key = SampleKey(seed: 6, sample: 0)
    let image = Self.texture(width, height, channels)
    for type in Transforms.all {
      for example in type.examples {
        let result = try Self.applied(CheckedCall(example).transform(), to: image, key: key)
        #expect(result.channels == channels, "\(example)")
      }
    }
  }

  private static func applied<Kind: Transform>(
    _ transform: Kind, to image: Image, key: SampleKey
  ) -> Image {
    var random = RandomStream(seed: key.seed, purpose: .augmentation, sample: key.sample)
    let drawn = transform.sample(size: image.size, context: context, random: &random)
    return transform.apply(image, drawn)
  }

  @Test func everyTransformChangesATexture() throws {
    let image = Self.texture(31, 23, 3)
    for type in Transforms.all {
      let changed = try (0..<40).contains { sample in
        let key = SampleKey(seed: 1, sample: sample)
        let pipeline = try Pipeline(line: type.examples[0])
        return pipeline.apply(to: image, key: key, context: Self.context) != image
      }
      #expect(changed, "\(type.name)")
    }
  }

  @Test func transformsAndTheirDrawsSurviveJSON() throws {
    for type in Transforms.all {
      for example in type.examples { try Self.expectRoundTrip(CheckedCall(example).transform()) }
    }
  }

  private static func expectRoundTrip<Kind: Transform>(_ transform: Kind) throws {
    let image = texture(31, 23, 3)
    let copy = try JSONDecoder().decode(Kind.self, from: JSONEncoder().encode(transform))
    for slot in 0..<5 {
      var random = RandomStream(seed: 3, purpose: .augmentation, slot: slot)
      var again = random
      let drawn = transform.sample(size: image.size, context: context, random: &random)
      let drawnAgain = copy.sample(size: image.size, context: context, random: &again)
      let restored = try JSONDecoder().decode(
        Kind.Parameters.self, from: JSONEncoder().encode(drawn))
      let expected = transform.apply(image, drawn)
      #expect(copy.apply(image, drawnAgain) == expected, "\(Kind.name)")
      #expect(transform.apply(image, restored) == expected, "\(Kind.name)")
      #expect(transform.describe(restored) == transform.describe(drawn))
    }
  }

  static func texture(_ width: Int, _ height: Int, _ channels: Int) -> Image {
    var random = RandomStream(seed: 77, purpose: .drawing)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<channels {
          let smooth = 5 * x + 3 * y + 40 * channel
          pixels.append(UInt8(truncatingIfNeeded: smooth % 200 + random.integer(in: 0...40)))
        }
      }
    }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }
}
