import Foundation
import GraftBase
import GraftTestSupport
import Testing

@testable import GraftModels

/// The hostile and legal files that FORMATS lists, by its numbers.
@Suite struct SafetensorsCasesTests {
  struct Rejected: Sendable, CustomTestStringConvertible {
    var number: Int
    var title: String
    var bytes: [UInt8]
    var reason: String
    var testDescription: String { "\(number) \(title)" }

    init(_ number: Int, _ title: String, _ bytes: [UInt8], _ reason: String) {
      (self.number, self.title, self.bytes, self.reason) = (number, title, bytes, reason)
    }
  }

  @Test(arguments: rejected) func rejectsWithItsOwnMessage(_ file: Rejected) {
    let error = graftError { try Safetensors.read(bytes: file.bytes, name: "w.safetensors") }
    #expect(error?.message == "cannot read 'w.safetensors'" + file.reason)
    #expect(error?.code == .input)
  }

  static let rejected: [Rejected] = lengths + json + tilings + sizes + fields + foreign

  static let lengths = [
    Rejected(1, "empty file", [], " as safetensors: the file is empty"),
    Rejected(
      2, "seven bytes", [1, 2, 3, 4, 5, 6, 7],
      " as safetensors: it has 7 bytes, too few for a header length"),
    Rejected(
      3, "header longer than the file", [99, 0, 0, 0, 0, 0, 0, 0, 0x7B],
      " as safetensors: its header claims 99 bytes, but only 1 follow"),
    Rejected(
      4, "header of 2^64 - 1", [UInt8](repeating: 255, count: 8),
      " as safetensors: its header claims 18446744073709551615 bytes, "
        + "more than the limit of 16777216"),
    Rejected(
      5, "header over the limit", [1, 0, 0, 1, 0, 0, 0, 0, 0x7B],
      " as safetensors: its header claims 16777217 bytes, more than the limit of 16777216"),
    Rejected(
      6, "header of 0", safetensors("", values: 9), " as safetensors: its header has no bytes"),
  ]

  static let json = [
    Rejected(
      7, "not UTF-8", safetensors(header: [0x7B, 0x22, 0xFF, 0x22, 0x7D], values: 0),
      " as safetensors: its header is not UTF-8"),
    Rejected(
      8, "cut JSON", safetensors(#"{"a":{"dtype":"F32","#),
      " as safetensors: header byte 20: the text ends early"),
    Rejected(
      9, "text after the object", safetensors("{}x"),
      " as safetensors: header byte 2: something after the closing '}'"),
    Rejected(
      10, "an array", safetensors("[]"), " as safetensors: its header does not start with '{'"),
    Rejected(
      10, "an array after a space", safetensors(" []"),
      " as safetensors: header byte 1: expected '{'"),
    Rejected(
      35, "10,000 brackets", safetensors(#"{"a":"# + String(repeating: "[", count: 10_000)),
      " as safetensors: header byte 5: expected an object"),
    Rejected(
      35, "10,000 objects", safetensors(String(repeating: #"{"a":"#, count: 10_000)),
      " as safetensors: header byte 10: tensor 'a' has the unknown field 'a'"),
    Rejected(
      36, "lone surrogate", safetensors(#"{"\ud800":{}}"#),
      " as safetensors: header byte 2: half of a surrogate pair"),
    Rejected(
      36, "two high surrogates", safetensors(#"{"\ud800\ud800":{}}"#),
      " as safetensors: header byte 2: half of a surrogate pair"),
    Rejected(
      36, "low surrogate first", safetensors(#"{"\udc00":{}}"#),
      " as safetensors: header byte 2: half of a surrogate pair"),
    Rejected(
      37, "raw newline in a name", safetensors("{\"a\nb\":{}}"),
      " as safetensors: header byte 3: a control character inside a string"),
  ]

  static let tilings = [
    Rejected(
      13, "a byte too few", safetensors(entry("a", "U8", "[4]", "[0,4]"), values: 3),
      " as safetensors: tensor 'a' ends at byte 4 of the values, but there are only 3"),
    Rejected(
      14, "a byte too many", safetensors(entry("a", "U8", "[4]", "[0,4]"), values: 5),
      " as safetensors: 1 bytes at the end belong to no tensor"),
    Rejected(
      15, "a hole", safetensors(two("[0,2]", "[3,5]"), values: 5),
      " as safetensors: bytes 2 to 3 of the values, before tensor 'b', belong to no tensor"),
    Rejected(
      16, "an overlap", safetensors(two("[0,2]", "[1,3]"), values: 3),
      " as safetensors: tensors 'a' and 'b' overlap"),
    Rejected(
      17, "two names for one range", safetensors(two("[0,2]", "[0,2]"), values: 2),
      " as safetensors: tensors 'a' and 'b' overlap"),
    Rejected(
      18, "begin after end", safetensors(entry("a", "U8", "[4]", "[4,0]"), values: 4),
      " as safetensors: header byte 52: tensor 'a' begins at 4, after its end at 0"),
    Rejected(
      19, "first begin is not 0", safetensors(entry("a", "U8", "[4]", "[1,5]"), values: 5),
      " as safetensors: bytes 0 to 1 of the values, before tensor 'a', belong to no tensor"),
    Rejected(
      20, "end outside", safetensors(entry("a", "U8", "[4]", "[5,9]"), values: 4),
      " as safetensors: tensor 'a' ends at byte 9 of the values, but there are only 4"),
  ]

  static let sizes =
    [
      Rejected(
        21, "product overflows",
        safetensors(entry("a", "U8", "[4294967296,4294967296]", "[0,4]"), values: 4),
        " as safetensors: header byte 72: tensor 'a' of shape [4294967296, 4294967296] in U8 "
          + "has a size that overflows"),
      Rejected(
        22, "product times size overflows",
        safetensors(entry("a", "F32", "[4611686018427387904]", "[0,4]"), values: 4),
        " as safetensors: header byte 71: tensor 'a' of shape [4611686018427387904] in F32 "
          + "has a size that overflows"),
      Rejected(
        23, "shape and range differ", safetensors(entry("a", "F32", "[2]", "[0,4]"), values: 4),
        " as safetensors: header byte 53: tensor 'a' of shape [2] in F32 needs 8 bytes, "
          + "but its offsets hold 4"),
      Rejected(
        24, "unknown type", safetensors(entry("a", "F33", "[1]", "[0,4]"), values: 4),
        " as safetensors: header byte 19: tensor 'a' has the unknown type 'F33'"),
      Rejected(
        33, "overflow before a zero",
        safetensors(entry("a", "F32", "[4611686018427387904,4,0]", "[0,0]")),
        " as safetensors: header byte 75: tensor 'a' of shape [4611686018427387904, 4, 0] in F32 "
          + "has a size that overflows"),
      Rejected(
        34, "half a byte", safetensors(entry("a", "F4", "[3]", "[0,2]"), values: 2),
        " as safetensors: header byte 52: tensor 'a' of shape [3] in F4 "
          + "has a size that overflows"),
    ]
    + ["-1", "1.0", "1e3", "01", #""4""#, "true"].map {
      Rejected(
        25, "the size \($0)", safetensors(entry("a", "U8", "[\($0)]", "[0,1]"), values: 1),
        " as safetensors: header byte 28: expected a whole number of 0 or more")
    } + [
      Rejected(
        25, "the size 2^63",
        safetensors(entry("a", "U8", "[9223372036854775808]", "[0,1]"), values: 1),
        " as safetensors: header byte 28: a number beyond 2^63 - 1"),
      Rejected(
        25, "nine sizes", safetensors(entry("a", "U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), values: 1),
        " as safetensors: header byte 44: more than 8 numbers"),
      Rejected(
        26, "one offset", safetensors(entry("a", "U8", "[1]", "[1]"), values: 1),
        " as safetensors: header byte 50: tensor 'a' has 1 offsets instead of 2"),
      Rejected(
        26, "three offsets", safetensors(entry("a", "U8", "[1]", "[0,1,2]"), values: 1),
        " as safetensors: header byte 51: more than 2 numbers"),
    ]

  static let fields = [
    Rejected(
      27, "a name twice, one range",
      safetensors(
        #"{"a":\#(body("U8", "[2]", "[0,2]")),"a":\#(body("U8", "[2]", "[0,2]"))}"#, values: 2),
      " as safetensors: header byte 57: the name 'a' comes twice"),
    Rejected(
      27, "a name twice, once escaped",
      safetensors(
        #"{"a":\#(body("U8", "[2]", "[0,2]")),"\u0061":\#(body("U8", "[2]", "[2,4]"))}"#, values: 4),
      " as safetensors: header byte 62: the name 'a' comes twice"),
    Rejected(
      28, "an empty tensor twice",
      safetensors(#"{"a":\#(body("U8", "[0]", "[0,0]")),"a":\#(body("U8", "[0]", "[0,0]"))}"#),
      " as safetensors: header byte 57: the name 'a' comes twice"),
    Rejected(
      30, "metadata with a number", safetensors(#"{"__metadata__":{"a":1}}"#),
      " as safetensors: header byte 21: expected a string"),
    Rejected(
      30, "metadata as a list", safetensors(#"{"__metadata__":["a"]}"#),
      " as safetensors: header byte 16: expected an object of strings"),
    Rejected(
      30, "a metadata key twice", safetensors(#"{"__metadata__":{"a":"1","a":"1"}}"#),
      " as safetensors: header byte 32: the metadata 'a' come twice"),
    Rejected(
      31, "metadata twice", safetensors(#"{"__metadata__":{},"__metadata__":{}}"#),
      " as safetensors: header byte 34: the name '__metadata__' comes twice"),
    Rejected(
      38, "no type", safetensors(#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, values: 4),
      " as safetensors: header byte 39: tensor 'a' has no field 'dtype'"),
    Rejected(
      38, "no shape", safetensors(#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, values: 4),
      " as safetensors: header byte 41: tensor 'a' has no field 'shape'"),
    Rejected(
      38, "no offsets", safetensors(#"{"a":{"dtype":"F32","shape":[1]}}"#, values: 4),
      " as safetensors: header byte 32: tensor 'a' has no field 'data_offsets'"),
    Rejected(
      38, "an unknown field", safetensors(#"{"a":{"dtype":"F32","strides":[1]}}"#, values: 4),
      " as safetensors: header byte 30: tensor 'a' has the unknown field 'strides'"),
    Rejected(
      38, "a field twice", safetensors(#"{"a":{"dtype":"F32","dtype":"F32"}}"#, values: 4),
      " as safetensors: header byte 28: tensor 'a' has the field 'dtype' twice"),
  ]

  static let foreign = [
    Rejected(
      40, "Git LFS pointer", Array("version https://git-lfs.github.com/spec/v1\noid sha256:0".utf8),
      ": it is a Git LFS pointer, not the weights themselves"),
    Rejected(40, "HTML", Array("<!DOCTYPE html><html></html>".utf8), ": it is a web page (HTML)"),
    Rejected(
      40, "gzip", [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 7, count: 600_000),
      ": it is compressed with gzip"),
    Rejected(
      40, "zip", [0x50, 0x4B, 0x03, 0x04, 0, 0, 8, 8, 0],
      ": it is a zip archive, perhaps a PyTorch .pth file"),
    Rejected(
      40, "old .pth", [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20],
      ": it is an old PyTorch .pth file (a pickle)"),
  ]

  private static func body(_ type: String, _ shape: String, _ offsets: String) -> String {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  private static func entry(
    _ name: String, _ type: String, _ shape: String, _ offsets: String
  ) -> String {
    #"{"\#(name)":\#(body(type, shape, offsets))}"#
  }

  private static func two(_ first: String, _ second: String) -> String {
    #"{"a":\#(body("U8", "[2]", first)),"b":\#(body("U8", "[2]", second))}"#
  }

  // MARK: - Accepted

  @Test("11, 12: white space around the header", arguments: [" {}", "\n\t{}", "{} \t\r\n", "{}"])
  func acceptsWhiteSpace(_ header: String) throws {
    #expect(try Safetensors.read(bytes: safetensors(header)).tensors.isEmpty)
  }

  @Test("29: names equal only by canonical equivalence stay apart")
  func keepsCanonicallyEquivalentNamesApart() throws {
    let composed = "\u{E9}"
    let decomposed = "e\u{301}"
    let header = """
      {"\(composed)":\(Self.body("U8", "[1]", "[0,1]")),\
      "\(decomposed)":\(Self.body("U8", "[2]", "[1,3]"))}
      """
    let file = try Safetensors.read(bytes: safetensors(header, values: 3))
    #expect(file.tensors.count == 2)
    #expect(file[ByteString(composed)]?.shape == [1])
    #expect(file[ByteString(decomposed)]?.shape == [2])
    #expect(try Safetensors.read(bytes: Safetensors.bytes(of: file)).tensors.count == 2)
  }

  @Test("30: null metadata are no metadata, as the reference has it")
  func acceptsNullMetadata() throws {
    let file = try Safetensors.read(bytes: safetensors(#"{"__metadata__":null}"#))
    #expect(file.metadata.isEmpty)
  }

  @Test("32: 100,000 entries are read, one more is refused")
  func readsManyEntries() throws {
    func header(_ count: Int) -> String {
      let entries = (0..<count).map {
        #""t\#($0)":{"dtype":"U8","shape":[1],"data_offsets":[\#($0),\#($0 + 1)]}"#
      }
      return "{" + entries.joined(separator: ",") + "}"
    }
    let bytes = safetensors(header(100_000), values: 100_000)
    #expect(try Safetensors.read(bytes: bytes).tensors.count == 100_000)
    let error = graftError {
      try Safetensors.read(bytes: safetensors(header(100_001), values: 100_001))
    }
    #expect(error?.message.hasSuffix("more than 100000 tensors") == true)
  }

  @Test("33: empty and scalar shapes", arguments: [("[0]", 0), ("[]", 4), ("[3,0,2]", 0)])
  func acceptsEmptyAndScalar(_ shape: String, _ count: Int) throws {
    let file = try Safetensors.read(
      bytes: safetensors(Self.entry("a", "F32", shape, "[0,\(count)]"), values: count))
    #expect(try file.tensors.first?.floats().count == count / 4)
  }

  @Test("37: control characters in a name are kept and shown escaped")
  func escapesControlCharacters() throws {
    let file = try Safetensors.read(
      bytes: safetensors(Self.entry(#"a\u0000\u001b[31m\n"#, "U8", "[1]", "[0,1]"), values: 1))
    #expect(file.tensors.first?.name.bytes == Array("a\0\u{1B}[31m\n".utf8))
    #expect(file.tensors.first?.name.description == #"a\u{0}\u{1b}[31m\n"#)
  }

  @Test("39: weights that are not numbers are read and counted")
  func countsNotANumber() throws {
    let tensor = SafetensorsTensor(name: "w", shape: [4], floats: [1, .nan, -.infinity, 0])
    let file = try Safetensors.read(bytes: Safetensors.bytes(of: .init(tensors: [tensor])))
    let weights = WeightFile(file, name: "w.safetensors")
    #expect(
      weights.warnings == ["w.safetensors: 2 of 4 values of 'w' are not finite"])
  }

  @Test("41: only regular files are read")
  func refusesWhatIsNoRegularFile() throws {
    let folder = try TemporaryFolder()
    #expect(
      graftError { try Safetensors.read(path: folder.path) }?.message
        == "\(folder.path) is a folder, not a regular file")
  }

  @Test("42: a file cut while it is read")
  func noticesCutFile() throws {
    let folder = try TemporaryFolder()
    let bytes = safetensors(Self.entry("a", "U8", "[9]", "[0,9]"), values: 9)
    let path = try folder.write(bytes, to: "w.safetensors")
    let file = try RegularFile(path: path)
    #expect(truncate(path, bytes.count - 4) == 0)
    let error = graftError { try Safetensors.read(ByteSource(file)) }
    #expect(error?.message.hasPrefix("\(path) was cut from \(bytes.count) to at most") == true)
  }
}
