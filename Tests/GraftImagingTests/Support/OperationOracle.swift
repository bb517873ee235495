import Foundation
import GraftImaging

/// What Pillow, torchvision, numpy and OpenCV made of the images; see Fixtures/transforms.
struct OperationOracle: Decodable {
  /// A result that is compared within one level; its bytes lie at `offset` of `near.bin`.
  struct Near: Decodable {
    let input: String
    let op: String
    let numbers: [Double]
    let offset: Int
  }

  /// torchvision's map for corners that move to `targets`, from the top left clockwise.
  struct Perspective: Decodable {
    let width: Int
    let height: Int
    let targets: [[Double]]
    let coefficients: [Double]
  }

  let cases: [TransformOracle.Case]
  let near: [Near]
  let perspectives: [Perspective]

  static func load(from folder: URL = TransformOracle.kept) throws -> OperationOracle {
    let data = try Data(contentsOf: folder.appending(path: "operations.json"))
    return try JSONDecoder().decode(OperationOracle.self, from: data)
  }
}
