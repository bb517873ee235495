import Foundation
import GraftBase
import GraftImaging
import GraftTestSupport
import Testing

/// Photographs out of the shared archives, some progressive, gray or turned by EXIF, decoded to
/// the bytes Pillow gets; `Fixtures/real_images.py` made the list.
@Suite struct RealImageTests {
  @Test(.needsShared("data"))
  func pixelsArePillows() throws {
    let list = try String(contentsOf: ImagingFixtures.url("real_images.tsv"), encoding: .utf8)
    let lines = list.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    #expect(lines.count == 10)
    for fields in lines {
      let archive = try #require(SharedFiles.url("data/\(fields[0])")).path
      let bytes = try member(fields[1], of: archive)
      let image = try ImageCodec.decode(bytes, name: fields[1])
      #expect("\(image.width) \(image.height)" == "\(fields[2]) \(fields[3])", "\(fields[1])")
      #expect(image.pixelHash == fields[4], "\(fields[1])")
    }
  }

  private func member(_ name: String, of archive: String) throws -> [UInt8] {
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/tar")
    tar.arguments = ["-xOf", archive, name]
    let output = Pipe()
    tar.standardOutput = output
    try tar.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    tar.waitUntilExit()
    try #require(tar.terminationStatus == 0)
    return Array(data)
  }
}
