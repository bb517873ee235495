import Foundation
import GraftBase
import GraftTestSupport
import Testing

@Suite struct RegularFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func message(_ body: () throws -> some Any) throws -> String {
    try #require(throws: GraftError.self) { _ = try body() }.message
  }

  @Test func wholeFilesAndPiecesAreRead() throws {
    let path = try folder.write([1, 2, 3, 4], to: "x")
    let file = try RegularFile(path: path)
    #expect(file.size == 4 && file.name == path)
    #expect(try file.read(at: 1, count: 2) == [2, 3])
    #expect(try file.read(at: 4, count: 0) == [])
    #expect(try file.readAll(limit: 4) == [1, 2, 3, 4])
    #expect(
      try message { try file.readAll(limit: 3) }
        == "\(path) has 4 bytes, more than the 3 that are read")
    #expect(try RegularFile(path: folder.write([], to: "empty")).readAll(limit: 0) == [])
  }

  @Test func whatIsNoRegularFileIsNamed() throws {
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    for (path, sentence) in [
      (folder.path, "is a folder, not a regular file"), (pipe, "is a pipe, not a regular file"),
      ("/dev/zero", "is a device, not a regular file"),
      (folder.path + "/none", "cannot be opened: No such file or directory"),
    ] {
      #expect(try message { try RegularFile(path: path) } == "\(path) \(sentence)")
      #expect(try message { try RegularFile(path: path, name: "it") } == "it \(sentence)")
    }
  }

  @Test func pathsNeedNotBeText() throws {
    let bytes = Array("\(folder.path)/".utf8) + [0xFF, 0x0A]
    let descriptor = (bytes + [0]).withUnsafeBytes { raw in
      raw.withMemoryRebound(to: CChar.self) { path in
        path.baseAddress.map { open($0, O_WRONLY | O_CREAT, 0o600) } ?? -1
      }
    }
    try #require(descriptor >= 0)
    close(descriptor)
    #expect(try RegularFile(pathBytes: bytes, name: "odd").size == 0)
  }

  @Test func aFileCutMeanwhileIsAnError() throws {
    let path = try folder.write([UInt8](repeating: 7, count: 9), to: "x")
    let file = try RegularFile(path: path)
    #expect(truncate(path, 5) == 0)
    #expect(
      try message { try file.readAll(limit: 9) }
        == "\(path) was cut from 9 to at most 5 bytes while it was read")
  }
}
