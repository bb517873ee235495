import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import Testing

@testable import GraftWorkbench

/// What may be written where.
struct OutputPlaceTests {
  private let folder: String

  init() throws {
    folder = try TemporaryFolder.make()
    let image = Image(width: 4, height: 4, channels: 3)
    for path in ["in/a.png", "data/x/1.png", "data/y/2.png"] {
      try FileManager.default.createDirectory(
        atPath: FilePath.folder(of: self.path(path)), withIntermediateDirectories: true)
      try ImageFile.writePNG(image, to: self.path(path))
    }
    try FileManager.default.createSymbolicLink(
      atPath: path("link.png"), withDestinationPath: "in/a.png")
    try FileManager.default.createSymbolicLink(
      atPath: path("folderlink"), withDestinationPath: "in")
    #expect(Foundation.link(path("in/a.png"), path("hard.png")) == 0)
  }

  private func path(_ name: String) -> String { folder + "/" + name }

  private func refusal(
    _ name: String, _ kind: OutputPlace.Kind = .file, reading inputs: [String] = ["in/a.png"],
    data: DataSet? = nil
  ) -> String? {
    do {
      _ = try OutputPlace(path(name), kind, reading: inputs.map { BytePath(path($0)) }, data: data)
      return nil
    } catch { return (error as? GraftError)?.message ?? "\(error)" }
  }

  @Test(arguments: ["in/a.png", "link.png", "hard.png", "folderlink/a.png", "in/../in/a.png"])
  func inputsStayUnderAnyName(_ name: String) {
    #expect(refusal(name)?.contains("would replace an input of this command") == true)
    #expect(refusal(name, reading: ["data/x/1.png"]) == nil)
  }

  @Test func foldersThatAreReadGetNoNewImages() {
    for name in ["in", "in/masks", "folderlink/masks", "in/"] {
      #expect(refusal(name, .folder, reading: ["in"])?.contains("would mix with") == true)
    }
    #expect(refusal("in/new.png", reading: ["in"])?.contains("would mix with") == true)
    #expect(refusal("in/labels.csv", reading: ["in"]) == nil)
    #expect(refusal("inside", .folder, reading: ["in"]) == nil)
  }

  @Test func dataStays() throws {
    var options = DataOptions()
    options.isForMeasuring = true
    let data = try DataSet.open(path("data"), options: options, pool: ThreadPool(threads: 1))
    #expect(
      refusal("data/x", .folder, data: data)?.contains("would become part of the data") == true)
    #expect(refusal("data/sheet.png", data: data)?.contains("become part of the data") == true)
    #expect(refusal("data/model.safetensors", data: data) == nil)
    try FileManager.default.createSymbolicLink(
      atPath: path("table.csv"), withDestinationPath: "data/y/2.png")
    #expect(refusal("table.csv", data: data)?.contains("a file of the data set data") == true)
  }

  @Test func whatCannotBeWrittenIsRefusedAtOnce() throws {
    #expect(refusal("in")?.contains("is a folder, and a file was to be written") == true)
    #expect(refusal("in/a.png", .folder)?.contains("is a file, and a folder") == true)
    #expect(refusal("new/")?.contains("names a folder") == true)
    #expect(refusal("in/a.png/b.csv")?.contains("a.png is not a folder") == true)
    #expect(refusal(String(repeating: "n", count: 240))?.contains("more than 230 bytes") == true)
    #expect(refusal("/dev/null") == nil)
    try FileManager.default.createDirectory(
      atPath: path("closed"), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o500])
    // Permissions do not bind root.
    if geteuid() != 0 {
      #expect(refusal("closed/new/a.csv")?.contains("Permission denied") == true)
    }
    #expect(!FileManager.default.fileExists(atPath: path("closed/new")))
  }

  @Test func missingFoldersAreMadeWhenWritingStarts() throws {
    let place = try OutputPlace(path("a/b/c.csv"), .file)
    #expect(!FileManager.default.fileExists(atPath: path("a")))
    try AtomicFile.write("text", to: place.prepared())
    #expect(try String(contentsOfFile: path("a/b/c.csv"), encoding: .utf8) == "text")
    #expect(try OutputPlace(path("masks/new/"), .folder).prepared() == path("masks/new"))
    #expect(FilePath.isFolder(path("masks/new")) == true)
  }
}
