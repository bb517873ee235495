import Foundation
import GraftBase
import GraftData
import GraftTestSupport
import Testing

@Suite struct DataScanTests {
  /// A hundred and twenty images and some files that are none.
  static func mixedFolder(bad: [(name: String, bytes: [UInt8])]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 60), ("b", 60)])
    for file in bad { try folder.write(file.bytes, to: file.name) }
    return folder
  }

  static let badFiles: [(name: String, bytes: [UInt8])] = [
    ("a/cut.png", Array((try? TestImages.png(900).dropLast(30)) ?? [])),
    ("a/empty.jpg", []),
    ("a/page.jpeg", Array("<!DOCTYPE html><html>".utf8)),
  ]

  @Test(arguments: [1, 2]) func everyBadFileIsListedWithItsReason(threads: Int) throws {
    let folder = try Self.mixedFolder(bad: Self.badFiles)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/b/dangling.png", withDestinationPath: "nowhere.png")
    #expect(mkfifo(folder.path + "/b/pipe.png", 0o644) == 0)
    let data = try TestImages.open(folder, threads: threads)
    #expect(data.samples.count == 120)
    #expect(
      data.badFiles.map(\.path)
        == ["a/cut.png", "a/empty.jpg", "a/page.jpeg", "b/dangling.png", "b/pipe.png"])
    #expect(data.badFiles.allSatisfy { !$0.reason.isEmpty && !$0.reason.hasPrefix("a/") })
    #expect(data.badFiles[3].reason == "cannot be opened: No such file or directory")
    #expect(data.badFiles[4].reason == "is a pipe, not a regular file")
    for index in [0, 60, 119] {
      #expect(try data.image(at: index).size == data.samples[index].size)
    }
  }

  @Test func moreThanAFewBadFilesStopUnlessAllowed() throws {
    let bad = (0..<7).map { (name: "a/bad\($0).png", bytes: Array("no image".utf8)) }
    let folder = try Self.mixedFolder(bad: bad)
    let error = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(error?.message.hasPrefix("7 of 127 images cannot be read") == true)
    let data = try TestImages.open(folder) { $0.badFiles = .skip }
    #expect(data.badFiles.count == 7 && data.samples.count == 120)
  }

  @Test func theFirstBadFileStopsWhenAsked() throws {
    let folder = try Self.mixedFolder(bad: Self.badFiles)
    let error = #expect(throws: GraftError.self) {
      try TestImages.open(folder, threads: 2) { $0.badFiles = .stop }
    }
    #expect(error?.message.hasPrefix("a/cut.png ") == true)
  }

  @Test func aClassThatLosesAllItsImagesStopsUnlessAllowed() throws {
    let folder = try Self.mixedFolder(bad: [("c/only.png", Array("no image".utf8))])
    let error = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(error?.message.hasPrefix("no image of class c can be read") == true)
    let data = try TestImages.open(folder) { $0.badFiles = .skip }
    #expect(data.classes == ["a", "b", "c"])
  }

  @Test func userFilesAreNotTouched() throws {
    let folder = try Self.mixedFolder(bad: Self.badFiles)
    func state() throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().map { name in
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
        return "\(name) \(attributes[.size] ?? "") \(attributes[.modificationDate] ?? "")"
      }
    }
    let before = try state()
    let data = try TestImages.open(folder, threads: 2)
    _ = try data.image(at: 3)
    #expect(try state() == before)
  }

  @Test func progressMayStopTheScan() throws {
    struct Stop: Error {}
    let folder = try Self.mixedFolder(bad: [])
    #expect(throws: Stop.self) {
      try DataSet.open(folder.path, pool: .init(threads: 1)) { _, _ in throw Stop() }
    }
  }
}
