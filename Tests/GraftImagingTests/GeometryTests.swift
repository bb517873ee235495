import GraftImaging
import Testing

@Suite struct GeometryTests {
  /// A 3 by 2 image whose pixel values encode their positions: 10 * row + column.
  private let small = Image(width: 3, height: 2, channels: 1, pixels: [0, 1, 2, 10, 11, 12])

  @Test(arguments: [
    (Orientation.upright, [0, 1, 2, 10, 11, 12]),
    (.flippedHorizontally, [2, 1, 0, 12, 11, 10]),
    (.rotatedBy180, [12, 11, 10, 2, 1, 0]),
    (.flippedVertically, [10, 11, 12, 0, 1, 2]),
    (.transposed, [0, 10, 1, 11, 2, 12]),
    (.rotatedBy270, [10, 0, 11, 1, 12, 2]),
    (.transversed, [12, 2, 11, 1, 10, 0]),
    (.rotatedBy90, [2, 12, 1, 11, 0, 10]),
  ])
  func orientationsMovePixels(orientation: Orientation, expected: [UInt8]) {
    let result = small.oriented(orientation)
    #expect(result.pixels == expected)
    #expect(result.width == (orientation.swapsSides ? 2 : 3))
  }

  @Test func colorPixelsStayWhole() throws {
    let photo = try ImagingFixtures.photo()
    for orientation in Orientation.allCases {
      let turned = photo.oriented(orientation)
      for channel in 0..<3 {
        let plane = Image(
          width: photo.width, height: photo.height, channels: 1,
          pixels: stride(from: channel, to: photo.pixels.count, by: 3).map { photo.pixels[$0] })
        let turnedPlane = stride(from: channel, to: turned.pixels.count, by: 3)
          .map { turned.pixels[$0] }
        #expect(plane.oriented(orientation).pixels == turnedPlane)
      }
    }
  }

  @Test func fourQuarterTurnsAreNone() throws {
    let photo = try ImagingFixtures.photo()
    #expect(photo.oriented(.turned(quarters: 1)).oriented(.turned(quarters: -1)) == photo)
    #expect(Orientation.turned(quarters: 6) == .turned(quarters: 2))
    #expect(Orientation.turned(quarters: 4) == .upright)
  }

  @Test func cropAndPadAreInverse() throws {
    let photo = try ImagingFixtures.photo()
    let padded = photo.padded(left: 3, top: 1, right: 0, bottom: 5, fill: [9, 8, 7])
    #expect(padded.size == ImageSize(width: 99, height: 81))
    #expect(Array(padded.pixels.prefix(3)) == [9, 8, 7])
    #expect(Array(padded.pixels.suffix(3)) == [9, 8, 7])
    #expect(padded.cropped(x: 3, y: 1, width: 96, height: 75) == photo)
    #expect(small.cropped(x: 1, y: 1, width: 2, height: 1).pixels == [11, 12])
  }

  @Test func grayIsPillowsLuma() throws {
    let oracle = try ImagingFixtures.codecOracles().luma
    expectEqual(try ImagingFixtures.photo(gray: true), oracle, "luma")
  }

  @Test func grayBecomesThreeEqualChannels() {
    #expect(small.converted(toChannels: 3).pixels.prefix(6) == [0, 0, 0, 1, 1, 1])
  }
}
