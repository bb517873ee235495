import Foundation
import GraftBase
import GraftImaging
import GraftTestSupport
import Testing

@Suite struct ImageFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func imageAreWrittenAndRead() throws {
    let photo = try ImagingFixtures.photo()
    let path = folder.path + "/photo.png"
    try ImageFile.writePNG(photo, to: path)
    #expect(try ImageFile.read(path) == photo)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["photo.png"])
  }

  @Test func nameAndContentMayDisagree() throws {
    let path = folder.path + "/really-a-png.jpg"
    try ImageFile.writePNG(ImagingFixtures.photo(), to: path)
    #expect(try ImageFile.read(path).size == ImageSize(width: 96, height: 75))
  }

  @Test func onlyRegularFilesAreRead() throws {
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    for (path, sentence) in [
      (folder.path, "is a folder, not a regular file"),
      (pipe, "is a pipe, not a regular file"),
      ("/dev/zero", "is a device, not a regular file"),
      (folder.path + "/absent.png", "cannot be opened: No such file or directory"),
    ] {
      let error = try #require(throws: GraftError.self) { try ImageFile.read(path) }
      #expect(error.code == .input)
      #expect(error.message == "\(path) \(sentence)")
    }
  }

  @Test func hugeFilesAreRefusedUnread() throws {
    let path = folder.path + "/sparse.png"
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    #expect(truncate(path, 1 << 40) == 0)
    let error = try #require(throws: GraftError.self) { try ImageFile.read(path) }
    #expect(error.message.contains("more than the 64 MiB"))
  }
}
