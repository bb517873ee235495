import Foundation
import GraftBase
import GraftImaging
import Testing

/// Compares whole folders of real images with Pillow; `Fixtures/pillow_pixels.py` says how.
@Suite struct PillowAgreementTests {
  private static let list = ProcessInfo.processInfo.environment["GRAFT_PILLOW_LIST"]

  @Test(.enabled(if: list != nil, "GRAFT_PILLOW_LIST names no list of images"))
  func everyListedFileHasPillowsPixels() throws {
    let text = try String(contentsOfFile: Self.list ?? "", encoding: .utf8)
    var different: [String] = []
    var count = 0
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "\t").map(String.init)
      let image = try ImageFile.read(fields[0])
      count += 1
      if "\(image.width) \(image.height)" != "\(fields[1]) \(fields[2])"
        || image.pixelHash != fields[3]
      {
        different.append(fields[0])
      }
    }
    print("\(count) images compared with Pillow, \(different.count) differ")
    #expect(count > 0)
    #expect(different == [])
  }
}
