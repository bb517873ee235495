import Foundation
import GraftBase
import GraftImaging
import Testing

@Suite struct ResizeTests {
  private struct Case: Decodable {
    var file: String
    var crop: [Int]?
    var isGray: Bool
    var filter: ResizeFilter
    var width: Int
    var height: Int
    var channels: Int
    var sha256: String
  }

  @Test(arguments: ResizeFilter.allCases) func bytesArePillows(filter: ResizeFilter) throws {
    let data = try Data(contentsOf: ImagingFixtures.url("resize.json"))
    let cases = try JSONDecoder().decode([Case].self, from: data).filter { $0.filter == filter }
    #expect(cases.count > 20)
    for test in cases {
      let source = try ImageCodec.decode(ImagingFixtures.bytes(test.file), name: test.file)
        .converted(toChannels: test.isGray ? 1 : 3)
      let box = test.crop.map { ImageBox(x: $0[0], y: $0[1], width: $0[2], height: $0[3]) }
      let size = ImageSize(width: test.width, height: test.height)
      expectEqual(
        source.resized(to: size, filter: filter, crop: box),
        ImagingFixtures.Oracle(
          width: test.width, height: test.height, channels: test.channels, sha256: test.sha256),
        "\(test)")
      if let box {
        let cropped = source.cropped(box).resized(to: size, filter: filter)
        #expect(source.resized(to: size, filter: filter, crop: box) == cropped)
      }
    }
  }

  @Test func theSameSizeIsTheSameImage() throws {
    let photo = try ImagingFixtures.photo()
    for filter in ResizeFilter.allCases {
      #expect(photo.resized(to: photo.size, filter: filter) == photo)
    }
  }

  @Test func flatImageStayFlat() {
    let flat = Image(width: 40, height: 30, fill: 77)
    for filter in ResizeFilter.allCases {
      let size = ImageSize(width: 17, height: 63)
      #expect(
        flat.resized(to: size, filter: filter) == Image(width: 17, height: 63, fill: 77),
        "\(filter)"
      )
    }
  }

  @Test(arguments: ResizeFilter.allCases) func windowsAreCropsOfTheWhole(filter: ResizeFilter)
    throws
  {
    let photo = try ImagingFixtures.photo()
    for (width, height) in [(40, 33), (150, 100), (96, 30), (200, 10), (96, 75)] {
      let size = ImageSize(width: width, height: height)
      let window = ImageBox(x: width / 3, y: height / 4, width: width / 2, height: height / 2)
      #expect(
        photo.resized(to: size, filter: filter, keeping: window)
          == photo.resized(to: size, filter: filter).cropped(window), "\(size)")
    }
  }

  @Test func windowsOfEnormousImageAreCheap() {
    let thin = Image(width: 1, height: 16_000, fill: 50)
    let window = ImageBox(x: 10, y: 2_000_000, width: 32, height: 32)
    let size = ImageSize(width: 256, height: 4_096_000)
    #expect(thin.resized(to: size, keeping: window) == Image(width: 32, height: 32, fill: 50))
  }
}
