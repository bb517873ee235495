import Foundation
import GraftBase
import GraftTestSupport
import Testing

@testable import GraftModels

@Suite struct TorchFileTests {
  private static func read(_ name: String) throws -> TorchStateDict {
    try TorchFile.read(ByteSource(RegularFile(path: fixture("torch/\(name)"))))
  }

  private static func values(_ file: TorchStateDict, _ name: ByteString) throws -> SafetensorsTensor
  {
    try #require(file.tensors.first { $0.name == name })
  }

  @Test(arguments: ["types_zip.pth", "types_legacy.pth"])
  func readsEveryType(_ name: String) throws {
    let file = try Self.read(name)
    #expect(
      file.tensors.map(\.name.text) == [
        "f32", "f64", "f16", "bf16", "i64", "i32", "i16", "i8", "u8", "bool", "scalar", "empty",
        "transposed", "sliced", "shared", "parameter",
      ])
    for type in ["f32", "f64", "f16", "bf16"] {
      let tensor = try Self.values(file, ByteString(type))
      #expect(tensor.type.rawValue == type.uppercased() && tensor.shape == [2, 3])
      #expect(try tensor.floats() == [-0.5, -0.25, 0, 0.25, 0.5, 0.75])
    }
    for type in ["i64", "i32", "i16", "i8"] {
      let tensor = try Self.values(file, ByteString(type))
      #expect(tensor.type.rawValue == type.uppercased())
      #expect(try tensor.integers() == [-3, -2, -1, 0, 1, 2])
    }
    #expect(try Self.values(file, "u8").integers() == [0, 1, 2, 3, 4, 5])
    #expect(Array(try Self.values(file, "bool").bytes) == [1, 0, 1, 0, 1, 0])
    #expect(try Self.values(file, "scalar").integers() == [7])
    #expect(try Self.values(file, "scalar").shape == [])
    #expect(try Self.values(file, "empty").shape == [0, 3])
  }

  @Test(arguments: ["types_zip.pth", "types_legacy.pth"])
  func gathersStrides(_ name: String) throws {
    let file = try Self.read(name)
    let transposed = try Self.values(file, "transposed")
    #expect(transposed.shape == [4, 2, 3])
    var expected: [Float] = []
    for c in 0..<4 {
      for a in 0..<2 {
        for b in 0..<3 { expected.append(Float(a * 12 + b * 4 + c)) }
      }
    }
    #expect(try transposed.floats() == expected)
    #expect(try Self.values(file, "sliced").floats() == [7, 9, 11, 13, 15, 17])
    #expect(try Self.values(file, "shared").floats() == [20, 21, 22, 23])
    #expect(try Self.values(file, "parameter").floats() == [1.5, -2.5])
  }

  @Test(arguments: ["checkpoint_zip.pth", "checkpoint_legacy.pth"])
  func takesTheWeightsOutOfACheckpoint(_ name: String) throws {
    let file = try Self.read(name)
    #expect(file.tensors.map(\.name.text) == ["module.conv.weight", "module.conv.bias"])
    #expect(file.notes == ["the weights are those under 'state_dict'"])
    #expect(try file.tensors[0].floats() == [0, 1, 2, 3])
  }

  @Test func aTensorBesideTheWeightsIsNoWeight() throws {
    let file = try Self.read("checkpoint_best.pth")
    #expect(file.tensors.map(\.name.text) == ["conv.weight", "conv.bias"])
    #expect(try file.tensors[0].floats() == [0, 1, 2, 3])
    #expect(
      file.notes == [
        "the weights are those under 'state_dict'",
        "the weights under 'state_dict_ema' were not read; ema=yes takes these averages",
      ])
  }

  /// As timm's training script saves it: Namespace, path and NumPy's numbers beside the weights.
  @Test func objectsBesideTheWeightsAreSkipped() throws {
    let file = try Self.read("checkpoint_objects.pth")
    #expect(file.tensors.map(\.name.text) == ["conv.weight", "conv.bias", "scale"])
    #expect(try file.tensors[0].floats() == [0, 1, 2, 3])
    #expect(try file.tensors[2].floats() == [1.5])
    #expect(file.metadata["arch"] == "resnet18")
    #expect(file.metadata["graft.classes"]?.text == #"["ant","bee"]"#)
    #expect(file.notes[0] == "the weights are those under 'state_dict'")
    #expect(
      file.notes[1]
        == "the weights under 'state_dict_ema' were not read; ema=yes takes these averages")
    #expect(file.notes.last?.contains("skipped without building them: argparse.Namespace") == true)
    let source = ByteSource(try RegularFile(path: fixture("torch/checkpoint_objects.pth")))
    let averages = try TorchFile.read(source, isAveraged: true)
    #expect(try averages.tensors[0].floats() == [1, 2, 3, 4])
    #expect(averages.notes[0] == "the weights are those under 'state_dict_ema'")
  }

  @Test func readsAModulesStateDict() throws {
    let file = try Self.read("state_dict.pth")
    #expect(
      file.tensors.map(\.name.text) == [
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var",
        "1.num_batches_tracked",
      ])
    #expect(file.notes.isEmpty)
  }

  @Test func requiresChecksumsByDefault() throws {
    let source = ByteSource(try RegularFile(path: fixture("torch/no_crc32.pth")))
    let error = graftError { try TorchFile.read(source) }
    #expect(error?.message.hasSuffix("the checksum of 'byteorder' does not match") == true)
    let file = try TorchFile.read(source, verifyingChecksums: false)
    #expect(try file.tensors[0].floats() == [0, 1, 2])
  }

  @Test func aChangedValueIsFoundByItsChecksum() throws {
    var bytes = try RegularFile(path: fixture("torch/state_dict.pth")).readAll(limit: 1 << 20)
    let name = Array("data/0".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
    // After the name and four bytes of an extra field's head comes its filling of Z.
    let value = try #require(bytes[(place + 10)...].firstIndex { $0 != UInt8(ascii: "Z") })
    bytes[value] ^= 0x10
    let error = graftError { try TorchFile.read(ByteSource(bytes: bytes)) }
    #expect(error?.message.contains("the checksum of 'data/0' does not match") == true)
  }

  /// What each hostile pickle is answered with; nil where it is harmless.
  private static let answers: [String: String?] = [
    "fine": nil, "os_system": "the global 'posix.system'",
    "stack_global": "does not start with PROTO 2", "stack_global_2": "STACK_GLOBAL (0x93)",
    "inst": "INST (0x69)", "ext1": "EXT1 (0x82)", "newobj": "holds no tensors", "dup": "DUP (0x32)",
    "pop": "POP (0x30)", "eval": "the global '__builtin__.eval'",
    "torch_load": "the global 'torch.load'", "call_storage": "called like a function",
    "self_reference": "nested deeper than 4", "bomb": "refer to each other more than 500000 times",
    "long_text": "a text of 2147483648 bytes", "underflow": "no mark on the stack",
    "setitem_on_integer": "items for something other than a dictionary",
    "memo": "holds no tensors", "memo_empty": "the memo 5, which is empty",
    "two_values": "ends with 2 values", "no_stop": "the pickle ends early",
    "offset": "a tensor of shape [4], strides [1] at 1 in the storage '0' of 4 values",
    "negative_offset": "at -1 in the storage", "stride": "strides [2]",
    "expanded": "a tensor of shape [64], strides [0]", "overflow": "a tensor of shape [46116",
    "negative_size": "a size that is not a whole number", "rank": "9 sizes; up to 8 are read",
    "two_storages": "two descriptions of the storage '0'",
    "big_storage": "has 4611686018427387904 values, which no file can hold",
    "tensor_alone": "holds no tensors under names", "empty": "holds no tensors under names",
    "deep": "nested deeper than 4", "ordered_arguments": "an OrderedDict with arguments",
    "whole_model": "an object of '__main__.Net'", "object_of_os": "the global 'posix.stat_result'",
    "skipped_beside": nil,
  ]

  /// The archives of hostile.bin by name.
  static func hostileFiles() throws -> [(name: String, bytes: [UInt8])] {
    let all = try RegularFile(path: fixture("torch/hostile.bin")).readAll(limit: 1 << 20)
    var place = 0
    var result: [(String, [UInt8])] = []
    while place < all.count {
      let nameCount = Int(all.littleEndian(at: place, bytes: 4))
      let count = Int(all.littleEndian(at: place + 4, bytes: 4))
      let start = place + 8 + nameCount
      result.append(
        (
          String(decoding: all[place + 8..<start], as: UTF8.self), Array(all[start..<start + count])
        ))
      place = start + count
    }
    return result
  }

  @Test func answersHostilePicklesWithOneSentence() throws {
    let files = try Self.hostileFiles()
    #expect(Set(files.map(\.name)) == Set(Self.answers.keys))
    for (name, bytes) in files {
      let error = graftError { try TorchFile.read(ByteSource(bytes: bytes, name: name)) }
      guard let answer = Self.answers[name] ?? nil else {
        #expect(error == nil, "\(name): \(error?.message ?? "")")
        continue
      }
      #expect(error?.message.contains(answer) == true, "\(name): \(error?.message ?? "accepted")")
    }
    #expect(!FileManager.default.fileExists(atPath: "/tmp/graft-was-here"))
  }

  @Test(arguments: [
    ([0x29] + [UInt8](repeating: 0x85, count: 900_000), "holds no tensors under names"),
    ([UInt8](repeating: 0x28, count: 200_000), "more than 100000 marks"),
    ([UInt8](repeating: 0x4E, count: 200_000), "more than 100000 values on the stack"),
    ([UInt8](repeating: 0x88, count: 99_999), "ends with 99999 values"),
  ]) func survivesManyOpcodes(_ opcodes: [UInt8], _ answer: String) throws {
    // The old form wraps a pickle without lengths and checksums.
    let head = try RegularFile(path: fixture("torch/types_legacy.pth")).readAll(limit: 1 << 20)
    let object = try #require(
      head.indices.dropFirst(20).first { head[$0...].starts(with: [0x75, 0x2E, 0x80, 0x02]) })
    let tail: [UInt8] = [0x80, 0x02, 0x5D, 0x2E]
    let bytes = head[...(object + 3)] + opcodes + [0x2E] + tail
    let error = graftError { try TorchFile.read(ByteSource(bytes: Array(bytes))) }
    #expect(error?.message.contains(answer) == true, "\(error?.message ?? "accepted")")
  }

  @Test func refusesWhatOnlyLooksLikeAFile() throws {
    func message(_ bytes: [UInt8]) -> String {
      graftError { try TorchFile.read(ByteSource(bytes: bytes)) }?.message ?? "accepted"
    }
    let bytes = try RegularFile(path: fixture("torch/state_dict.pth")).readAll(limit: 1 << 20)
    #expect(message(bytes.dropLast()).contains("is not at the end of the file"))
    #expect(message(bytes + [0]).contains("is not at the end of the file"))
    #expect(message(Array(bytes.prefix(100))).contains("is not at the end of the file"))
    let legacy = try RegularFile(path: fixture("torch/types_legacy.pth")).readAll(limit: 1 << 20)
    #expect(message(legacy + [0]).contains("1 bytes follow its last storage"))
    #expect(message(legacy.dropLast(9)).contains("it ends within the storage"))
    #expect(message(Array(legacy.prefix(20))).contains("the pickle ends early"))
  }

  @Test(.needsShared("weights/resnet20_cifar10_original.th"))
  func readsAnOldFileAsItsConversion() throws {
    let path = try #require(SharedFiles.url("weights/resnet20_cifar10_original.th")).path
    let converted = try #require(SharedFiles.url("weights/resnet20_cifar10.safetensors")).path
    let weights = try WeightFile(path: path)
    let reference = try WeightFile(path: converted)
    #expect(weights.recognizedEncoder?.name == "resnet20")
    let model = try Model.own(.named("resnet20"))
    let report = try model.load(weights: weights)
    #expect(report.matched.count == model.parameters.count)
    #expect(report.notes.contains("2 names follow akamaster and were translated"))
    let other = try Model.own(.named("resnet20"))
    try other.load(weights: reference)
    #expect(model.weightsHash == other.weightsHash)
  }
}
