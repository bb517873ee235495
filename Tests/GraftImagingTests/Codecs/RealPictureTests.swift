import Foundation
import GraftBase
import GraftImaging
import Testing

/// Photographs out of the shared archives, some progressive, gray or turned by EXIF, decoded to
/// the bytes Pillow gets; `Fixtures/real_pictures.py` made the list.
@Suite struct RealPictureTests {
  /// The folder of archives: GRAFT_SHARED, or `shared` beside the package.
  private static let archives: String? = {
    let besidePackage = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared")
    let shared =
      ProcessInfo.processInfo.environment["GRAFT_SHARED"] ?? besidePackage.standardized.path
    let folder = shared + "/data"
    return FileManager.default.fileExists(atPath: folder) ? folder : nil
  }()

  @Test(.enabled(if: archives != nil, "the shared archives are absent; set GRAFT_SHARED"))
  func pixelsArePillows() throws {
    let list = try String(contentsOf: ImagingFixtures.url("real_pictures.tsv"), encoding: .utf8)
    let lines = list.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    #expect(lines.count == 10)
    for fields in lines {
      let archive = "\(Self.archives ?? "")/\(fields[0])"
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
