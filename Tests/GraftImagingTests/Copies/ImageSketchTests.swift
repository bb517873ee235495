import Foundation
import GraftBase
import GraftTestSupport
import Testing

@testable import GraftImaging

@Suite struct ImageSketchTests {
  /// The hash by its definition: cosine transform of type 2 in doubles, signs of the 8×8 lowest.
  private static func differences(_ image: Image, _ hash: UInt64) -> Int {
    let fine = image.converted(toChannels: 1).resized(
      to: ImageSize(width: 32, height: 32), filter: .box)
    var count = 0
    for v in 0..<8 {
      for u in 0..<8 {
        var sum = 0.0
        for y in 0..<32 {
          for x in 0..<32 {
            sum +=
              Double(fine.pixels[y * 32 + x]) * cos(.pi * Double((2 * x + 1) * u) / 64)
              * cos(.pi * Double((2 * y + 1) * v) / 64)
          }
        }
        if u + v == 0 { sum -= 1024 * 127.5 }
        let bit = hash >> UInt64(63 - 8 * v - u) & 1 == 1
        // Rounded cosines may decide otherwise right at the limit.
        if abs(sum - 64) > 1, bit != (sum > 64) { count += 1 }
      }
    }
    return count
  }

  @Test func hashesAreSignsOfTheLowestWaves() {
    for seed in 0..<8 {
      let image = Image.photograph(seed, width: 50, height: 70)
      #expect(Self.differences(image, ImageSketch(image).hashes[0]) == 0)
    }
  }

  @Test(arguments: Orientation.allCases)
  func hashesOfLaidImagesNeedNoSecondTransform(_ orientation: Orientation) throws {
    for seed in 10..<16 {
      let image = Image.photograph(seed, width: 64, height: 96)
      let laid = ImageSketch(image.oriented(orientation))
      let sketch = ImageSketch(image)
      let place = try #require(Orientation.allCases.firstIndex(of: orientation))
      // Resizing rounds between columns and rows, so that transposing changes a value by one.
      let differences = zip(laid.image.pixels, sketch.image.oriented(orientation).pixels).map {
        abs(Int($0) - Int($1))
      }
      #expect(differences.max() ?? 0 <= (orientation.swapsSides ? 1 : 0))
      #expect((laid.hashes[0] ^ sketch.hashes[place]).nonzeroBitCount <= 2)
    }
  }

  @Test func flatAndPlainImagesAreKnown() {
    #expect(ImageSketch(Image(width: 9, height: 5, fill: 77)).isFlat)
    #expect(!ImageSketch(.photograph(1)).isFlat && !ImageSketch(.photograph(1)).isPlain)
    var paper = Image(width: 32, height: 32, channels: 1, fill: 250)
    for place in 300..<420 { paper.pixels[place] = 10 }
    #expect(ImageSketch(paper).isPlain && !ImageSketch(paper).isFlat)
  }

  @Test func theIndexFindsWhatComparingAllPairsFinds() throws {
    var images: [Image] = []
    for seed in 0..<30 {
      let image = Image.photograph(seed)
      images.append(image)
      let copy = image.oriented(Orientation.allCases[seed % 8])
      let jpeg = try JPEGEncoder.encode(copy, quality: 30 + 2 * seed)
      images.append(
        try ImageCodec.decode(jpeg, name: "copy").resized(
          to: ImageSize(width: 40 + seed, height: 64)))
    }
    let sketches = images.map(ImageSketch.init)
    let index = SketchIndex(sketches)
    for number in sketches.indices {
      var found: Set<Int> = []
      #expect(index.forEachMatch(of: number) { found.insert($0.other) })
      #expect(found == Self.alike(to: number, sketches), "image \(number)")
      #expect(number.isMultiple(of: 2) || found == [number - 1])
    }
  }

  /// By the definition, with sums in doubles.
  private static func alike(to number: Int, _ sketches: [ImageSketch]) -> Set<Int> {
    let sketch = sketches[number]
    func matches(_ other: ImageSketch) -> Bool {
      zip(sketch.hashes, Orientation.allCases).contains { hash, orientation in
        guard (hash ^ other.hashes[0]).nonzeroBitCount <= 11 else { return false }
        let left = sketch.image.oriented(orientation).pixels.map(Double.init)
        let right = other.image.pixels.map(Double.init)
        let means = [left, right].map { $0.reduce(0, +) / Double($0.count) }
        var (product, squares, others, error) = (0.0, 0.0, 0.0, 0.0)
        for (x, y) in zip(left, right) {
          product += (x - means[0]) * (y - means[1])
          squares += (x - means[0]) * (x - means[0])
          others += (y - means[1]) * (y - means[1])
          error += (x - y) * (x - y)
        }
        return product / (squares * others).squareRoot() >= 0.97
          && (error / Double(left.count)).squareRoot() <= 14
      }
    }
    return Set((0..<number).filter { matches(sketches[$0]) })
  }
}
