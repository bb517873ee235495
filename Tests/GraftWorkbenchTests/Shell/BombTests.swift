import Foundation
import Testing

/// Small files that ask for a lot: each costs the program under 100 MB beyond what it takes anyway, and
/// under a second, and is answered by a sentence.
@Suite(.serialized, .enabled(if: GraftProcess.isBuilt, "graft is not built beside the tests"))
struct BombTests {
  private let folder: String

  init() throws { folder = try TemporaryFolder.make() }

  #if DEBUG
    private static let mostSeconds = 10.0
  #else
    private static let mostSeconds = 1.0
  #endif
  private static let mostBytes = 100_000_000

  private func check(
    _ commands: String, says: String, location: SourceLocation = #_sourceLocation
  ) throws {
    let base = try MeasuredProcess(["-c", "seed 1"], folder: folder).peak
    let run = try MeasuredProcess(["--no-color", "-c", commands], folder: folder)
    let text = String(run.output.prefix(600))
    #expect(!run.hasTrapped && (0...4).contains(run.status), "\(text)", sourceLocation: location)
    #expect(text.contains(says), "\(text)", sourceLocation: location)
    #expect(run.peak - base < Self.mostBytes, "\(text)", sourceLocation: location)
    #expect(run.peak > 1_000_000, sourceLocation: location)
    #expect(run.seconds < Self.mostSeconds, "\(text)", sourceLocation: location)
  }

  private func write(_ name: String, _ bytes: [UInt8]) throws {
    let path = URL(fileURLWithPath: folder + "/" + name)
    try FileManager.default.createDirectory(
      at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: path)
  }

  /// A header and zeros, packed by gzip.
  private func gzip(_ header: [UInt8], zeros: Int) throws -> [UInt8] {
    try write("header", header)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "{ cat header; head -c \(zeros) /dev/zero; } | gzip -n1 > packed",
    ]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    try process.run()
    process.waitUntilExit()
    return Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/packed")))
  }

  private func number(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  private func littleEndian(_ value: Int, _ count: Int = 4) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  // MARK: Data sets

  @Test func aPackedDataSetOfAGigabyteIsNotUnpacked() throws {
    try write(
      "data/train-images-idx3-ubyte.gz",
      gzip([0, 0, 8, 3] + number(60_000) + number(130) + number(130), zeros: 60_000 * 130 * 130))
    try write(
      "data/train-labels-idx1-ubyte.gz", gzip([0, 0, 8, 1] + number(60_000), zeros: 60_000))
    try check("data data", says: "its header promises 1.0 GB")
  }

  @Test func labelsAreUnpackedOnlyWhereTheyAreAsManyAsImages() throws {
    try write(
      "data/train-images-idx3-ubyte.gz",
      gzip([0, 0, 8, 3] + number(20) + number(4) + number(4), zeros: 320))
    try write(
      "data/train-labels-idx1-ubyte.gz", gzip([0, 0, 8, 1] + number(60_000_000), zeros: 60_000_000))
    try check("data data", says: "60000000 labels")
  }

  @Test func aTableIsRefusedAtItsFirstLongLine() throws {
    try write("t.csv", Array("file,label\n".utf8) + [UInt8](repeating: 0x78, count: 100_000_000))
    try check("data t.csv", says: "has a line of over 1.0 MB, from byte 11 on")
    try write("t.csv", Array("file,label\n".utf8) + [UInt8](repeating: 0x2C, count: 900_000))
    try check("data t.csv", says: "line 2 of \(folder)/t.csv has more than 10000 fields")
  }

  // MARK: Images

  /// A PNG whose pixels are zeros; checksums are none, since what is refused is refused before.
  private func png(_ width: Int, _ height: Int, bits: Int, color: Int) throws -> [UInt8] {
    let samples = [0: 1, 2: 3, 3: 1, 6: 4][color] ?? 1
    let count = height * (1 + (width * bits * samples + 7) / 8)
    // Deflate alone is what gzip writes without its ten bytes before and eight after.
    let data: [UInt8] =
      try [0x78, 0x9C] + gzip([], zeros: count).dropFirst(10).dropLast(8)
      + number((count % 65_521) << 16 | 1)
    func chunk(_ kind: String, _ body: [UInt8]) -> [UInt8] {
      let checked = Array(kind.utf8) + body
      return number(body.count) + checked + number(Int(Self.checksum(checked)))
    }
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk(
        "IHDR", number(width) + number(height) + [UInt8(bits), UInt8(color), 0, 0, 0])
      + chunk("IDAT", data) + chunk("IEND", [])
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var table = [UInt32](repeating: 0, count: 256)
    for place in 0..<256 {
      table[place] = (0..<8).reduce(UInt32(place)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
      }
    }
    return ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 255)] ^ $0 >> 8 }
  }

  private func preview(_ name: String, _ bytes: [UInt8], says: String) throws {
    try write(name, bytes)
    try check("preview \(name) to=out.png", says: says)
  }

  @Test func pngImages() throws {
    try preview(
      "color.png", png(8000, 8000, bits: 8, color: 2),
      says: "kB become 8000×8000 pixels, 192 MB in memory")
    try preview(
      "side.png", png(30_000, 30_000, bits: 1, color: 0), says: "30000×30000 pixels, more than")
    // A mask of one color is what a mask may be, and is read.
    try write("masks/a/gray.png", png(8000, 8000, bits: 8, color: 0))
    try check("data masks bad=skip ; data bad", says: "a")
  }

  @Test func jpegOfAThousandScans() throws {
    var bytes: [UInt8] = [0xFF, 0xD8, 0xFF, 0xC2, 0, 11, 8, 4, 0, 4, 0, 1, 1, 0x11, 0]
    for _ in 0..<1000 { bytes += [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x55] }
    try preview("scans.jpg", bytes + [0xFF, 0xD9], says: "it has 1000 scans")
  }

  @Test func headersThatClaimMillionsOfPixels() throws {
    let bmp =
      Array("BM".utf8) + littleEndian(154) + littleEndian(0) + littleEndian(54) + littleEndian(40)
      + littleEndian(16_000) + littleEndian(4000) + littleEndian(1, 2) + littleEndian(24, 2)
      + [UInt8](repeating: 0, count: 124)
    try preview("a.bmp", bmp, says: "it is cut short")
    let gif =
      Array("GIF89a".utf8) + [255, 255, 255, 255, 0x80, 0, 0] + [UInt8](repeating: 0, count: 6)
      + [0x2C, 0, 0, 0, 0, 255, 255, 255, 255, 0, 2, 2, 0x44, 1, 0, 0x3B]
    try preview("a.gif", gif, says: "promises 4294836225 pixels")
    let tiff: [(Int, Int)] = [
      (256, 1 << 31), (257, 1 << 31), (258, 8), (259, 1), (262, 2), (273, 8), (277, 3),
      (278, 1 << 31), (279, 8),
    ]
    let entries = tiff.flatMap { tag, value in
      littleEndian(tag, 2) + littleEndian(4, 2) + littleEndian(1) + littleEndian(value)
    }
    let page: [UInt8] = [0x49, 0x49, 42, 0] + littleEndian(16) + [UInt8](repeating: 0, count: 8)
    try preview(
      "a.tif", page + littleEndian(tiff.count, 2) + entries + littleEndian(0),
      says: "2147483648×2147483648 pixels, more than")
    // Lossless, 16384×16384.
    let body: [UInt8] = [0x2F, 0xFF, 0xFF, 0xFF, 0x0F] + [UInt8](repeating: 0, count: 11)
    let webp =
      Array("RIFF".utf8) + littleEndian(12 + body.count) + Array("WEBPVP8L".utf8)
      + littleEndian(body.count) + body
    try preview("a.webp", webp, says: "it has 268 million pixels")
  }

  // MARK: Weights

  /// The old form of a PyTorch file: magic number, version, facts, and an object of these opcodes.
  private func torch(_ opcodes: [UInt8]) -> [UInt8] {
    func text(_ text: String) -> [UInt8] {
      [0x58] + littleEndian(text.utf8.count) + Array(text.utf8)
    }
    let magic: [UInt8] = [
      0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]
    let facts: [UInt8] = [0x80, 2, 0x7D] + text("little_endian") + [0x88, 0x73, 0x2E]
    return magic + [0x80, 2, 0x4D, 0xE9, 3, 0x2E] + facts + [0x80, 2] + opcodes + [0x2E]
      + [0x80, 2, 0x5D, 0x2E]
  }

  @Test func pickles() throws {
    // One in another, 900,000 times.
    try write("tuples.pth", torch([0x29] + [UInt8](repeating: 0x85, count: 900_000)))
    try check("encoder resnet18 weights=tuples.pth", says: "it holds no tensors under names")
    // Each has the one before it twice: 2⁶⁰ values.
    var doubled: [UInt8] = [0x29, 0x71, 0]
    for place in 0..<UInt8(60) {
      doubled += [0x68, place, 0x68, place, 0x86, 0x71, place + 1]
    }
    try write("shared.pth", torch([0x28] + doubled + [0x74]))
    try check("encoder resnet18 weights=shared.pth", says: "it holds no tensors under names")
  }

  @Test func headersOfWeightFiles() throws {
    let entries = (0..<100_000).map {
      "\"l\($0)\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[\($0),\($0 + 1)]}"
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    try write(
      "many.safetensors",
      littleEndian(header.count, 8) + header
        + [UInt8](repeating: 0, count: 100_000))
    try check("load many.safetensors", says: "is not a model saved by Graft")
    // 'w' of shape 2⁶³ - 1, four times.
    let most = [UInt8](repeating: 0xFF, count: 8) + [0x7F]
    let size: [UInt8] = [0x08] + most
    let tensor: [UInt8] = size + size + size + size + [0x10, 1, 0x42, 1, 0x77]
    let graph: [UInt8] = [0x2A, UInt8(tensor.count)] + tensor
    let start: [UInt8] = [0x08, 8, 0x12, 1, 0x78]
    try write("shape.onnx", start + [0x3A, UInt8(graph.count)] + graph)
    try check("load shape.onnx", says: "has a size that overflows")
    // Two bytes of the file for an attribute that takes hundreds in memory.
    let attributes: [UInt8] = (0..<800_000).map { $0.isMultiple(of: 2) ? 0x2A : 0 }
    func length(_ count: Int) -> [UInt8] {
      [UInt8(count & 127 | 128), UInt8(count >> 7 & 127 | 128), UInt8(count >> 14)]
    }
    let node: [UInt8] = [0x0A] + length(attributes.count) + attributes
    try write("nodes.onnx", start + [0x3A] + length(node.count) + node)
    try check("load nodes.onnx", says: "more than 200000 nodes and attributes")
  }

  // MARK: Texts

  @Test func recipesAndFormulas() throws {
    let open = String(repeating: "[", count: 5000)
    let close = String(repeating: "]", count: 5000)
    try write("a.graft", Array("encoder net(\"\(open)conv(8)\(close)\")".utf8))
    try check("run a.graft", says: "groups are nested more than 32 deep")
    try write("a.graft", Array("note ".utf8) + [UInt8](repeating: 0x78, count: 20_000_000))
    try check("run a.graft", says: "a.graft` has more than 1.0 MB")
    let deep = String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000)
    try write("a.graft", Array("augment \(deep)".utf8))
    try check("run a.graft", says: "values are nested more than 32 deep")
    let run = try MeasuredProcess(["run", "a.graft"], folder: folder)
    #expect(run.output.utf8.count < 2000)
    #expect(try MeasuredProcess(["run", "/dev/zero"], folder: folder).peak < 2 * Self.mostBytes)
  }

  @Test func annotations() throws {
    try write("i/a.png", png(8, 8, bits: 8, color: 2))
    let lists = ["[", "]"].map { String(repeating: $0, count: 500_000) }
    try write(
      "i/a.json",
      Array("{\"images\":[\(lists[0])\(lists[1])],\"annotations\":[],\"categories\":[]}".utf8))
    try check("render i to=out boxes=coco", says: "a.json: The given data was not valid JSON")
    try write("i/a.xml", Array(String(repeating: "<a>", count: 1_000_000).utf8))
    try check("render i to=out boxes=voc", says: "elements lie too deep in each other")
    try write("i/a.txt", Array(String(repeating: "0 ", count: 5_000_000).utf8))
    try check("render i to=out boxes=yolo", says: "line 1 has 10000000 bytes")
  }
}
