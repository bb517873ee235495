import Foundation
import Testing

@testable import GraftImaging

/// Boxes against Albumentations' (`Fixtures/boxes.py`), and which of them are dropped.
@Suite struct MovedBoxTests {
  private struct Case: Decodable {
    let size: [Int]
    /// Label, left, top, right, bottom.
    let boxes: [[Double]]
  }

  private static let size = ImageSize(width: 120, height: 80)
  private static let boxes = [
    [10, 12, 40, 30], [0, 0, 60, 40], [70.25, 41.5, 118.75, 79.5], [55, 30, 58, 76],
    [100, 5, 119, 18],
  ].map { BoundingBox(left: $0[0], top: $0[1], right: $0[2], bottom: $0[3]) }

  private static func cases() throws -> [String: Case] {
    let data = try Data(contentsOf: ImagingFixtures.url("boxes.json"))
    return try JSONDecoder().decode([String: Case].self, from: data)
  }

  private static func edit(_ name: String) throws -> Edit {
    switch name {
    case "hflip": return .move(.orient(.flippedHorizontally))
    case "vflip": return .move(.orient(.flippedVertically))
    case "transpose": return .move(.orient(.transposed))
    case "resize": return .resize(from: size, to: ImageSize(width: 90, height: 150), filter: .box)
    case _ where name.hasPrefix("crop"):
      return .move(.window(ImageBox(x: 20, y: 10, width: 70, height: 50), fill: .black))
    case _ where name.hasPrefix("rotate"):
      let degrees = Double(name.split(separator: " ")[1]) ?? 0
      return .rotation(degrees: degrees, size: size)
    default: throw CocoaError(.featureUnsupported)
    }
  }

  @Test func boxesGoWhereAlbumentationsMovesThem() throws {
    let cases = try Self.cases()
    #expect(cases.count == 10)
    for (name, expected) in cases {
      let edit = try Self.edit(name)
      let output = edit.outputSize(from: Self.size)
      #expect([output.width, output.height] == expected.size, "\(name)")
      // Of one box exactly half is left, which rounding decides.
      let moved = Self.boxes.edited(
        by: [edit], size: Self.size, minimumShare: name.hasSuffix("half") ? 0.5 + 1e-6 : 0)
      // Slivers of less than a pixel, which Albumentations keeps, show nothing.
      let kept = expected.boxes.filter { $0[3] - $0[1] >= 1 && $0[4] - $0[2] >= 1 }
      #expect(moved.map(\.place) == kept.map { Int($0[0]) }, "\(name)")
      for (box, other) in zip(moved.map(\.box), kept) {
        for (side, wanted) in zip([box.left, box.top, box.right, box.bottom], other.dropFirst()) {
          #expect(abs(side - wanted) < 1e-3, "\(name) \(side) \(wanted)")
        }
      }
    }
  }

  @Test func sharesOfSeveralEditsAreMultiplied() throws {
    let box = [BoundingBox(left: 0, top: 0, right: 40, bottom: 40)]
    let left = Edit.move(.window(ImageBox(x: 20, y: 0, width: 100, height: 80), fill: .black))
    let top = Edit.move(.window(ImageBox(x: 0, y: 20, width: 100, height: 60), fill: .black))
    let moved = try #require(box.edited(by: [left, top], size: Self.size).first)
    #expect(moved.share == 0.25 && moved.box.area == 400)
    #expect(box.edited(by: [left, top], size: Self.size, minimumShare: 0.25).count == 1)
    #expect(box.edited(by: [left, top], size: Self.size, minimumShare: 0.26).isEmpty)
    #expect(box.edited(by: [left], size: Self.size, minimumShare: 0.5).count == 1)
  }

  /// An object that is small stays; the last sliver of one that was cut does not.
  @Test func smallBoxesStayAndSliversGo() {
    let tiny = [BoundingBox(left: 10, top: 10, right: 10.5, bottom: 12)]
    #expect(tiny.edited(by: [.move(.orient(.rotatedBy180))], size: Self.size).count == 1)
    let large = [BoundingBox(left: 0, top: 0, right: 40, bottom: 40)]
    let cut = Edit.move(
      .window(ImageBox(x: 39, y: 0, width: 60, height: 80), fill: .black))
    #expect(large.edited(by: [cut], size: Self.size).count == 1)
    let sliver = [BoundingBox(left: 0, top: 0, right: 39.5, bottom: 40)]
    #expect(sliver.edited(by: [cut], size: Self.size).isEmpty)
  }

  /// A box drawn as a mask and bent: all of the mask is in the moved box, and the box is tight.
  @Test func anElasticBoxHoldsItsMask() throws {
    let object = ImageBox(x: 30, y: 20, width: 50, height: 36)
    let mask = Image(width: 120, height: 80, channels: 1).painted(object, FillColor(gray: 1))
    let box = BoundingBox(left: 30, top: 20, right: 80, bottom: 56)
    for seed in 0..<6 {
      let edit = Edit.warp(
        .elastic(ElasticBend(size: Self.size, alpha: 120, sigma: 6, seed: UInt64(seed))),
        size: Self.size, filter: .nearest, fill: .black)
      let moved = try #require([box].edited(by: [edit], size: Self.size).first?.box)
      let bent = edit.applied(toMask: mask)
      let places = bent.pixels.indices.filter { bent.pixels[$0] > 0 }
      let columns = places.map { $0 % 120 }
      let rows = places.map { $0 / 120 }
      let extent = [
        columns.min() ?? 0, rows.min() ?? 0, (columns.max() ?? 0) + 1, (rows.max() ?? 0) + 1,
      ].map(Double.init)
      // Pixels are taken to a half; a box may be wider than what is seen of it by two.
      let room = [
        extent[0] - moved.left, extent[1] - moved.top, moved.right - extent[2],
        moved.bottom - extent[3],
      ]
      #expect(room.allSatisfy { (-1...2).contains($0) }, "seed \(seed): \(room)")
    }
  }
}
