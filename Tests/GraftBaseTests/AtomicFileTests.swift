import Foundation
import GraftBase
import GraftTestSupport
import Testing

@Suite struct AtomicFileTests {
  @Test func replacesTheFileAndLeavesNothingElse() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], to: "w")
    try AtomicFile.write([[4, 5][...], [6][...]], to: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([4, 5, 6]))
    try AtomicFile.write("é\n", to: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([0xC3, 0xA9, 0x0A]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["w"])
  }

  @Test func aLinkStaysAndItsFileIsWritten() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "real")
    for (link, target) in [("near", "real"), ("far", path), ("twice", "near"), ("new", "made")] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/" + link, withDestinationPath: target)
    }
    for (value, link) in zip(UInt8(2)..., ["near", "far", "twice"]) {
      try AtomicFile.write([[value][...]], to: folder.path + "/" + link)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([value]))
    }
    try AtomicFile.write("x", to: folder.path + "/new")
    #expect(try String(contentsOfFile: folder.path + "/made", encoding: .utf8) == "x")
    for link in ["near", "far", "twice", "new"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + link)
      #expect(attributes[.type] as? FileAttributeType == .typeSymbolicLink, "\(link)")
    }
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/loop", withDestinationPath: "loop")
    let error = #expect(throws: GraftError.self) {
      try AtomicFile.write("x", to: folder.path + "/loop")
    }
    #expect(error?.message.hasSuffix("is a link that leads to itself") == true)
  }

  @Test func devicesAndPipesAreWrittenInto() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let reader = open(pipe, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try AtomicFile.write("line\n", to: pipe)
    var bytes = [UInt8](repeating: 0, count: 16)
    #expect(read(reader, &bytes, 16) == 5)
    #expect(bytes.prefix(5) == Array("line\n".utf8)[...])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pipe"])
    // As standard output is, behind /dev/stdout.
    var ends: [Int32] = [0, 0]
    #expect(Foundation.pipe(&ends) == 0)
    try AtomicFile.write("ab", to: "/proc/self/fd/\(ends[1])")
    #expect(read(ends[0], &bytes, 16) == 2)
    ends.forEach { close($0) }
    try AtomicFile.write("x", to: "/dev/null")
    var status = stat()
    #expect(lstat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    let full = #expect(throws: GraftError.self) { try AtomicFile.write("x", to: "/dev/full") }
    #expect(full?.message.contains("No space left on device") == true)
  }

  @Test func permissionsOfAReplacedFileStay() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "private")
    chmod(path, 0o600)
    try AtomicFile.write("x", to: path)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test func aFolderIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: GraftError.self) { try AtomicFile.write("x", to: folder.path) }
    #expect(error?.message.hasSuffix("is a folder, and a file was to be written") == true)
  }

  @Test func namesPathAndBytesOnAFullDisk() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    let error = try #require(throws: GraftError.self) {
      try AtomicFile.writeAll([[1, 2, 3][...]], to: descriptor, path: "m.safetensors")
    }
    #expect(
      error.message
        == "cannot write 'm.safetensors': No space left on device after 0 of 3 bytes")
    #expect(error.help == "free 3 bytes or save elsewhere")
  }

  @Test func appendsWholeLines() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("a\n".utf8), to: "list")
    try AtomicFile.append("b\nc\n", to: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("a\nb\nc\n".utf8))
    #expect(throws: GraftError.self) { try AtomicFile.append("d\n", to: folder.path + "/none") }
    let full = #expect(throws: GraftError.self) { try AtomicFile.append("d\n", to: "/dev/full") }
    #expect(full?.message.contains("No space left on device") == true)
  }

  @Test func leftoversOfTheDeadAreRemoved() throws {
    let folder = try TemporaryFolder()
    // The kernel gives no process this number.
    let dead = Int(Int32.max)
    for name in [
      ".a.png.\(dead).0.partial", ".a.png.\(dead).17.partial", ".a.png.\(getpid()).0.partial",
      ".b.png.\(dead).0.partial", ".a.png.x.0.partial", "a.png.\(dead).0.partial", ".partial",
      ".a.png.\(dead).0.partial.txt", "a.png",
    ] { try folder.write([1], to: name) }
    AtomicFile.removeLeftovers(of: [folder.path + "/a.png"], in: folder.path)
    #expect(
      try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == [
        ".a.png.\(getpid()).0.partial", ".b.png.\(dead).0.partial", ".a.png.x.0.partial",
        "a.png.\(dead).0.partial", ".partial", ".a.png.\(dead).0.partial.txt", "a.png",
      ])
    AtomicFile.removeLeftovers(of: ["x"], in: folder.path + "/none")
  }

  @Test func saysWhyItCannotStart() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/none/w"
    let error = try #require(throws: GraftError.self) { try AtomicFile.write([], to: path) }
    #expect(error.message == "cannot create '\(path)': No such file or directory")
    #expect(error.help == "check that its folder exists")
  }
}
