import Foundation
import GraftBase
import GraftImaging
import Testing

/// What Pillow, scipy and torchvision made of the images in Fixtures/transforms.
struct TransformOracle: Decodable {
  struct Input: Decodable {
    let name: String
    let width: Int
    let height: Int
    let channels: Int
  }

  struct Case: Decodable, Sendable {
    let input: String
    let op: String
    let numbers: [Double]
    let words: [String]
    let width: Int
    let height: Int
    /// The first 16 hexadecimal digits.
    let sha256: String

    /// Fails unless what Graft made has the size and the very bytes of the reference.
    func expectEqual(_ result: Image) {
      let place = "\(op)\(numbers)\(words) on \(input)"
      #expect(result.size == ImageSize(width: width, height: height), "\(place)")
      #expect(ContentHash.of(result.pixels).hex.hasPrefix(sha256), "\(place)")
    }
  }

  struct Blur: Decodable {
    let input: String
    let sigma: Double
    let offset: Int
  }

  /// Moments of left, top, width, height and area over torchvision's draws.
  struct ResizedCrop: Decodable {
    let width: Int
    let height: Int
    let scale: [Double]
    let ratio: [Double]
    let count: Int
    let means: [Double]
    let deviations: [Double]
  }

  let inputs: [Input]
  let cases: [Case]
  let blurs: [Blur]
  let resizedCrops: [ResizedCrop]

  /// Those that are kept, or others in `folder`.
  static func load(from folder: URL = kept) throws -> TransformOracle {
    let data = try Data(contentsOf: folder.appending(path: "oracle.json"))
    return try JSONDecoder().decode(TransformOracle.self, from: data)
  }

  static let kept = ImagingFixtures.url("transforms")

  static func data(_ name: String) throws -> Data {
    try Data(contentsOf: kept.appending(path: name))
  }

  /// The input images by name.
  func images(in folder: URL = kept) throws -> [String: Image] {
    let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "inputs.bin")))
    var result: [String: Image] = [:]
    var offset = 0
    for input in inputs {
      let count = input.width * input.height * input.channels
      result[input.name] = Image(
        width: input.width, height: input.height, channels: input.channels,
        pixels: Array(bytes[offset..<(offset + count)]))
      offset += count
    }
    return result
  }
}
