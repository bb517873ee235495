import Foundation
import GraftBase
import GraftEngine

@testable import GraftModels

let tenClasses = (0..<10).map { "class \($0)" }

extension Encoders {
  /// One of each kind, and all where `GRAFT_EVERY_ENCODER` is set, as the slow suite does: sizes of a
  /// family differ in numbers alone, and their names, shapes and counts are compared for all.
  static let tested: [String] = {
    guard ProcessInfo.processInfo.environment["GRAFT_EVERY_ENCODER"] == nil else {
      return all.map(\.name)
    }
    var kinds: Set<String> = []
    return all.filter { kinds.insert($0.family + $0.summary).inserted }.map(\.name)
  }()
}

extension EncoderSpec {
  static func named(_ name: String) throws -> EncoderSpec { try Encoders.named(name) }

  /// Names for the classes of the own classifier.
  var ownClassNames: [String] { (0..<ownClassCount).map(String.init) }
}

extension Model {
  /// The model with the encoder's own classifier and all parameters zero.
  static func own(_ spec: EncoderSpec) throws -> Model {
    try Model(recording: spec, head: .own, classes: spec.ownClassNames)
  }

  /// Gives every parameter values of about the size that keeps signals alive, a block of a formula's
  /// values repeated: quick for large encoders, too.
  func fillByBlocks() {
    for parameter in parameters {
      let shape = parameter.torchShape.dimensions
      let isLarge = parameter.count > 4099
      var block = FormulaValues.values(parameter.name, isLarge ? [4099] : shape)
      if isLarge {
        let fan = Float(shape.dropFirst().reduce(1, *))
        block = block.map { (2 * $0 - 2) * (6 / fan).squareRoot() }
      }
      var values: [Float] = []
      values.reserveCapacity(parameter.count + block.count)
      while values.count < parameter.count { values += block }
      values.removeLast(values.count - parameter.count)
      parameter.setTorchValues(values)
    }
  }

  /// A weight file with tensors of these names and shapes, all zero bytes in shared memory: enough to
  /// be recognized by.
  var outline: WeightFile {
    let zeros = [UInt8](repeating: 0, count: parameters.map(\.count).max() ?? 0)
    let tensors = parameters.map {
      SafetensorsTensor(
        name: ByteString($0.name), type: .u8, shape: $0.torchShape.dimensions,
        bytes: zeros[..<$0.count])
    }
    return WeightFile(SafetensorsFile(metadata: [:], tensors: tensors), name: "outline")
  }

  /// What a weight file of this model would hold.
  func weightFile() throws -> WeightFile {
    WeightFile(try ModelFile.contents(of: self), name: "weights.safetensors")
  }
}

/// The contents of a JSON fixture.
func decodeFixture<Contents: Decodable>(_ name: String) throws -> Contents {
  let data = try Data(contentsOf: URL(fileURLWithPath: fixture(name)))
  return try JSONDecoder().decode(Contents.self, from: data)
}
