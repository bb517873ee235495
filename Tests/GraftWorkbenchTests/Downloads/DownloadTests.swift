import Foundation
import GraftBase
import GraftModels
import GraftTestSupport
import Testing

@testable import GraftWorkbench

/// Downloads against a server on this machine; no other network is touched.
@Suite struct DownloadTests {
  private static let contents = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
  private static let checksum = String(ContentHash.of(contents).hex.prefix(8))

  /// The contents from wherever they are asked for; 416 after their end.
  @Sendable private static func whole(_ request: LoopbackServer.Request) -> [UInt8] {
    guard let start = request.rangeStart else { return LoopbackServer.response("200 OK", contents) }
    guard start < contents.count else {
      return LoopbackServer.response("416 Range Not Satisfiable")
    }
    return LoopbackServer.response(
      "206 Partial Content", Array(contents[start...]),
      headers: ["Content-Range: bytes \(start)-\(contents.count - 1)/\(contents.count)"])
  }

  private let folder: GraftTestSupport.TemporaryFolder
  private var path: String { folder.path + "/weights/net.pth" }

  init() throws { folder = try GraftTestSupport.TemporaryFolder() }

  private func fetch(
    _ server: LoopbackServer, _ name: String = "/net.pth", checksum: String? = checksum,
    patience: Double = 10
  ) throws -> [Download.Progress] {
    var states: [Download.Progress] = []
    var download = Download(from: server.address(name), to: path, checksum: checksum)
    download.patience = patience
    try download.run { states.append($0) }
    return states
  }

  private func error(_ body: () throws -> some Any) -> GraftError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? GraftError
    }
  }

  private func bytes(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map { [UInt8]($0) }
  }

  @Test func fetchesAndVerifies() throws {
    let server = try LoopbackServer(Self.whole)
    defer { server.stop() }
    let states = try fetch(server)
    #expect(bytes(path) == Self.contents)
    #expect(bytes(path + ".part") == nil)
    #expect(states.last == .init(received: 300_000, total: 300_000))
    #expect(server.requests.map(\.rangeStart) == [nil])
  }

  @Test func aLostConnectionKeepsTheReceivedBytesAndResumesFromThere() throws {
    let cut = try LoopbackServer { _ in
      LoopbackServer.response("200 OK", Array(Self.contents[..<100_000]), length: 300_000)
    }
    let failure = error { try fetch(cut) }
    cut.stop()
    #expect(
      failure?.code == .input && failure?.message.hasPrefix("cannot download http://127") == true)
    #expect(failure?.help == "100 kB are kept; the same command resumes from there")
    #expect(bytes(path) == nil && bytes(path + ".part")?.count == 100_000)

    let server = try LoopbackServer(Self.whole)
    defer { server.stop() }
    _ = try fetch(server)
    #expect(server.requests.map(\.rangeStart) == [100_000])
    #expect(bytes(path) == Self.contents)
  }

  @Test func aPartOfSomethingElseIsFetchedAgainFromTheStart() throws {
    try folder.write([UInt8](repeating: 7, count: 5000), to: "weights/net.pth.part")
    let server = try LoopbackServer(Self.whole)
    defer { server.stop() }
    _ = try fetch(server)
    #expect(server.requests.map(\.rangeStart) == [5000, nil])
    #expect(bytes(path) == Self.contents)
  }

  @Test func aPartThatIsTooLongIsFetchedAgain() throws {
    try folder.write([UInt8](repeating: 7, count: 400_000), to: "weights/net.pth.part")
    let server = try LoopbackServer(Self.whole)
    defer { server.stop() }
    _ = try fetch(server)
    #expect(server.requests.map(\.rangeStart) == [400_000, nil])
    #expect(bytes(path) == Self.contents)
  }

  @Test func withoutAChecksumNothingIsGoneOnWith() throws {
    try folder.write([UInt8](repeating: 7, count: 5000), to: "weights/net.pth.part")
    let server = try LoopbackServer(Self.whole)
    defer { server.stop() }
    _ = try fetch(server, checksum: nil)
    #expect(server.requests.map(\.rangeStart) == [nil])
    #expect(bytes(path) == Self.contents)
  }

  @Test func aServerWithoutRangesIsReadFromTheStart() throws {
    try folder.write(Array(Self.contents[..<5000]), to: "weights/net.pth.part")
    let server = try LoopbackServer { _ in LoopbackServer.response("200 OK", Self.contents) }
    defer { server.stop() }
    _ = try fetch(server)
    #expect(bytes(path) == Self.contents)
  }

  @Test func aWrongChecksumIsNeverPutInPlace() throws {
    let server = try LoopbackServer { _ in LoopbackServer.response("200 OK", [1, 2, 3]) }
    defer { server.stop() }
    let failure = error { try fetch(server) }
    #expect(
      failure?.message.contains("has the SHA-256 039058c6f2c0cb49…, not one that starts with")
        == true, "\(failure?.message ?? "")")
    #expect(bytes(path) == nil && bytes(path + ".part") == nil)
  }

  @Test func refusalsAreSentences() throws {
    let server = try LoopbackServer { request in
      request.path == "/loop"
        ? LoopbackServer.response("302 Found", headers: ["Location: /loop"])
        : request.path == "/moved"
          ? LoopbackServer.response("301 Moved", headers: ["Location: /net.pth"])
          : request.path == "/missing"
            ? LoopbackServer.response("404 Not Found", [1, 2])
            : Self.whole(request)
    }
    defer { server.stop() }
    #expect(
      error { try fetch(server, "/missing") }?.message
        == "cannot download \(server.address("/missing")): the server answers 404")
    #expect(
      error { try fetch(server, "/loop") }?.message
        == "cannot download \(server.address("/loop")): it redirects more than 10 times")
    #expect(bytes(path) == nil)
    _ = try fetch(server, "/moved")
    #expect(bytes(path) == Self.contents)
    #expect(
      error { try Download(from: "file:///etc/passwd", to: path, checksum: nil).run { _ in } }?
        .message
        == "'file:///etc/passwd' is not a web address")
  }

  @Test func nobodyThereIsASentence() throws {
    let server = try LoopbackServer(Self.whole)
    let address = server.address("/net.pth")
    server.stop()
    let failure = error {
      try Download(from: address, to: path, checksum: Self.checksum).run { _ in }
    }
    #expect(failure?.message == "cannot download \(address): no connection to the server")
  }

  @Test func stoppingKeepsThePart() throws {
    let server = try LoopbackServer { _ in
      LoopbackServer.response("200 OK", Array(Self.contents[..<50_000]), length: 300_000)
    }
    defer { server.stop() }
    let failure = error {
      try Download(from: server.address("/"), to: path, checksum: Self.checksum).run { _ in
        throw GraftError(.interrupted, "interrupted")
      }
    }
    #expect(failure?.code == .interrupted)
    #expect(bytes(path) == nil && bytes(path + ".part") != nil)
  }

  private func pretrained(
    _ server: LoopbackServer, offline: Bool = false
  ) throws -> PretrainedWeights {
    var environment = ["HOME": folder.path]
    if offline { environment["GRAFT_OFFLINE"] = "1" }
    var result = PretrainedWeights(environment: environment, program: "", folders: [])
    result.catalog = PretrainedCatalog(
      "net V1 \(Self.checksum) 70.5 256 224 bilinear 0.5,0.5,0.5 0.2,0.2,0.2 12 "
        + server.address("/net.pth"))
    return result
  }

  @Test func onlyAPermittedCommandFetches() throws {
    let server = try LoopbackServer(Self.whole)
    defer { server.stop() }
    var weights = try pretrained(server)
    let expected =
      "get \(server.address("/net.pth")) and put it as net.pth into pretrained/ or a folder that "
      + "GRAFT_WEIGHTS names, or start from random weights: encoder net weights=random"
    let refusal = error { try weights.requireFile(for: "net") { _ in } }
    #expect(refusal?.message == "no pretrained weights of net are available")
    #expect(refusal?.help == expected)
    var offline = try pretrained(server, offline: true)
    offline.mayFetch = true
    #expect(
      error { try offline.requireFile(for: "net") { _ in } }?.message
        == "no pretrained weights of net are available; GRAFT_OFFLINE is set")
    #expect(server.requests.isEmpty)
    weights.mayFetch = true
    let file = try weights.requireFile(for: "net") { _ in }
    #expect(bytes(file) == Self.contents)
    #expect(try weights.requireFile(for: "net", weights: "V1") { _ in } == file)
    #expect(server.requests.count == 1)
    #expect(weights.listing.first?.path == file)
    #expect(
      error { try weights.requireFile(for: "net", weights: "V2") { _ in } }?.message
        == "net has no published weights 'V2'")
  }

  /// A file in the box that is not the first of its encoder is taken by its name alone, and the published
  /// weights are found or missed as if it were not there.
  @Test func theBoxStandsBesideThePublishedWeights() throws {
    let server = try LoopbackServer(Self.whole)
    defer { server.stop() }
    var weights = PretrainedWeights(
      environment: ["HOME": folder.path], program: "", folders: [folder.path])
    weights.catalog = PretrainedCatalog(
      "net V1 \(Self.checksum) 70.5 256 224 bilinear 0.5,0.5,0.5 0.2,0.2,0.2 12 "
        + server.address("/net.pth") + """

          net PHOTOS abcd 40 128 128 bilinear 0.5,0.5,0.5 0.2,0.2,0.2 12 pretrained/net_photos.safetensors
          tiny CIFAR abcd 40 32 32 bilinear 0.5,0.5,0.5 0.2,0.2,0.2 12 pretrained/tiny_c.safetensors
          """)
    #expect(weights.catalog.entries.map(\.isInBox) == [false, true, true])
    #expect(
      error { try weights.requireFile(for: "tiny") { _ in } }?.help.map {
        $0.hasPrefix("it comes with Graft: put tiny_c.safetensors into pretrained/")
      } == true)
    let box = folder.path + "/pretrained"
    try FileManager.default.createDirectory(atPath: box, withIntermediateDirectories: true)
    for name in ["net_photos", "tiny_c"] {
      FileManager.default.createFile(atPath: "\(box)/\(name).safetensors", contents: Data([1]))
    }
    #expect(weights.file(for: "net") == nil)
    #expect(weights.file(for: "net", weights: "PHOTOS") == box + "/net_photos.safetensors")
    #expect(weights.file(for: "tiny") == box + "/tiny_c.safetensors")
    #expect(weights.listing.map(\.place) == [nil, "box", "box"])
    weights.mayFetch = true
    #expect(weights.wouldFetch(for: "net", weights: nil))
    #expect(!weights.wouldFetch(for: "net", weights: "PHOTOS"))
    #expect(try weights.requireFile(for: "net") { _ in }.hasSuffix("/weights/net.pth"))
    #expect(weights.listing.map(\.place) == ["cache", "box", "box"])
  }

  @Test func theCatalogIsWhole() throws {
    let entries = PretrainedCatalog.standard.entries
    #expect(entries.count == 190)
    for entry in entries { try entry.input.validate() }
    for entry in entries where !entry.isInBox {
      #expect(entry.address.hasPrefix("https://"))
      let isTimm = entry.address.contains("huggingface.co")
      #expect((entry.checksum == nil) == isTimm, "\(entry.fileName)")
      #expect(entry.checksum.map { entry.fileName.contains($0) } ?? true, "\(entry.fileName)")
    }
    let resnet = PretrainedCatalog.standard.entries(for: "resnet50")
    #expect(resnet.map(\.weights) == ["IMAGENET1K_V1", "IMAGENET1K_V2"])
    #expect(resnet.map(\.input.resizeShortSide) == [256, 232])
    #expect(resnet.map(\.accuracy) == [76.13, 80.858])
  }
}
