import Foundation
import GraftBase
import Testing

@testable import GraftModels

@Suite struct SafetensorsWritingTests {
  @Test func writesTheSameBytesAgain() throws {
    for seed in 0..<200 {
      let bytes = try Safetensors.bytes(of: RandomFile.make(seed: seed))
      #expect(try Safetensors.bytes(of: Safetensors.read(bytes: bytes)) == bytes, "set \(seed)")
    }
  }

  @Test func padsTheHeaderToEight() throws {
    for seed in 0..<20 {
      let bytes = try Safetensors.bytes(of: RandomFile.make(seed: seed))
      #expect(bytes[0] % 8 == 0)
    }
  }

  /// `safetensors_python.safetensors` was written by the Python package (make_safetensors.py).
  @Test func agreesWithPythonByteForByte() throws {
    let path = fixture("safetensors_python.safetensors")
    let written = try RegularFile(path: path)
    let bytes = try written.read(at: 0, count: written.size)
    let file = try Safetensors.read(path: path)
    #expect(file.metadata == ["format": "pt"])
    #expect(file["half"]?.type == .f16)
    #expect(try file["half"]?.floats() == [0, 1, -2.5, 65504, .infinity, 5.960464477539063e-08])
    #expect(try file["brain"]?.floats() == [1, -0.15625, 3.3895314e38])
    #expect(try file["double"]?.floats() == [0.1, -1e-3])
    #expect(try file["float.matrix"]?.floats() == [0, 1, 2, 3, 4, 5])
    #expect(file["float.matrix"]?.shape == [2, 3])
    #expect(try file["scalar"]?.integers() == [42])
    #expect(file["scalar"]?.shape == [])
    #expect(file["empty"]?.shape == [0, 3])
    #expect(file[ByteString("quote\"back\\slash\nnew é")]?.type == .u8)
    #expect(try Safetensors.bytes(of: file) == bytes)
  }

  @Test func refusesWhatCannotBeReadBack() {
    let tensor = SafetensorsTensor(name: "__metadata__", shape: [], floats: [1])
    #expect(
      graftError { try Safetensors.bytes(of: .init(tensors: [tensor])) }?.message
        == "cannot write safetensors: the name '__metadata__' is reserved")
    let twice = SafetensorsTensor(name: "a", shape: [], floats: [1])
    #expect(
      graftError { try Safetensors.bytes(of: .init(tensors: [twice, twice])) }?.message
        == "cannot write safetensors: the name 'a' comes twice")
    let long = SafetensorsTensor(
      name: ByteString(String(repeating: "n", count: 1025)), shape: [], floats: [1])
    #expect(
      graftError { try Safetensors.bytes(of: .init(tensors: [long])) }?.message
        == "cannot write safetensors: a name of 1025 bytes; 1024 can be read back")
  }

  @Test func neverCrashesOnMutants() throws {
    let original = try Safetensors.bytes(of: RandomFile.make(seed: 7))
    var accepted = 0
    for mutant in 0..<10_000 {
      var stream = RandomStream(seed: 99, purpose: .drawing, sample: mutant)
      var bytes = original
      for _ in 0...stream.integer(in: 0...3) {
        let place = stream.integer(in: 0...bytes.count - 1)
        switch stream.integer(in: 0...3) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: stream.bits())
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8(truncatingIfNeeded: stream.bits()), at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { break }
      }
      do {
        let file = try Safetensors.read(bytes: bytes)
        accepted += 1
        #expect(file.tensors.reduce(0) { $0 + $1.bytes.count } <= bytes.count)
      } catch let error as GraftError {
        #expect(error.code == .input)
      }
    }
    #expect(accepted > 0 && accepted < 9_000)
  }
}

/// Random legal files: every type, ranks 0 to 4, empty sizes, odd names.
enum RandomFile {
  static func make(seed: Int) -> SafetensorsFile {
    var stream = RandomStream(seed: 1, purpose: .drawing, sample: seed)
    let tensors = (0..<stream.integer(in: 0...12)).map { index in
      let type = TensorType.allCases[stream.integer(in: 0...TensorType.allCases.count - 1)]
      var shape = (0..<stream.integer(in: 0...4)).map { _ in stream.integer(in: 0...4) }
      if type.bits % 8 != 0 { shape.append(4) }
      let count = type.byteCount(of: shape) ?? 0
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: stream.bits()) }
      let tail = ["", ".weight", "\u{1}\"\\", "é", "e\u{301}"][stream.integer(in: 0...4)]
      return SafetensorsTensor(
        name: ByteString("t\(index)\(tail)"), type: type, shape: shape, bytes: bytes[...])
    }
    let metadata = (0..<stream.integer(in: 0...3)).map {
      (ByteString("key\($0)"), ByteString("value \(stream.bits())\n"))
    }
    return SafetensorsFile(
      metadata: Dictionary(uniqueKeysWithValues: metadata), tensors: tensors)
  }
}
