import Foundation
import GraftImaging
import GraftTestSupport
import Testing

/// Byte equality with the Pillow that `$GRAFT_PYTHON` has, on photographs out of the shared archives.
///
/// Fixtures/transforms/make_fixtures.py and operations.py do the same to them as to the images whose
/// results are kept.
@Suite struct LivePillowTests {
  private static let python = ProcessInfo.processInfo.environment["GRAFT_PYTHON"]
  private static let photographs = [
    ("hymenoptera.tar", "hymenoptera/train/ants/0013035.jpg"),
    ("imagenet_sample_100.tar", "imagenet_sample_100/images/n01440764_tench.JPEG"),
  ]

  @Test(.enabled(if: python != nil, "GRAFT_PYTHON names no Python"), .needsShared("data"))
  func photographsComeOutAlike() throws {
    let folder = try TemporaryFolder()
    var names: [String] = []
    for (archive, member) in Self.photographs {
      let archive = try #require(SharedFiles.url("data/\(archive)")).path
      let bytes = try Self.run("/usr/bin/tar", ["-xOf", archive, member], in: folder.path)
      let photograph = try ImageCodec.decode(Array(bytes), name: member)
      // A part with odd sides: enough of a photograph, and quick.
      let part = photograph.cropped(x: 90, y: 70, width: 161, height: 121)
      names.append("\(names.count).png")
      try ImageFile.writePNG(part, to: "\(folder.path)/\(names[names.count - 1])")
    }
    let python = try #require(Self.python)
    for (script, arguments) in [("make_fixtures.py", names), ("operations.py", [])] {
      let path = TransformOracle.kept.appending(path: script).path
      _ = try Self.run("/usr/bin/env", [python, path] + arguments, in: folder.path)
    }
    let url = URL(fileURLWithPath: folder.path)
    let oracle = try TransformOracle.load(from: url)
    let images = try oracle.images(in: url)
    let operations = try OperationOracle.load(from: url)
    #expect(images.count == 4 && oracle.cases.count > 700 && operations.cases.count > 250)
    for example in oracle.cases { try PillowExactnessTests.expectEqual(example, images) }
    for example in operations.cases { try OperationExactnessTests.expectEqual(example, images) }
  }

  /// What a program prints; a failure ends the test.
  private static func run(
    _ program: String, _ arguments: [String], in folder: String
  ) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return data
  }
}
