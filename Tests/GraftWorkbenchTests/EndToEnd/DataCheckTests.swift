import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftTestSupport
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `check data`: what is wrong with the images.
  @Suite struct DataCheckTests {
    private static func write(_ bytes: [UInt8], _ name: String, in place: Workplace) throws {
      let path = place.path(name)
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(filePath: path))
    }

    @Test func nearCopiesInAnotherSplitFailTheCheck() throws {
      let place = try Workplace()
      for number in 0..<8 {
        let name = "\(number < 4 ? "train" : "val")/\(number.isMultiple(of: 2) ? "a" : "b")"
        try Self.write(
          PNGEncoder.encode(.photograph(number)), "set/\(name)/\(number).png", in: place)
      }
      #expect(place.type("data set ; check data") == 0, "\(place.errors)")
      #expect(place.errors.contains("compared 8 images with each other in"))
      let copy = Image.photograph(1).oriented(.flippedHorizontally)
      try Self.write(JPEGEncoder.encode(copy, quality: 50), "set/val/a/1.jpg", in: place)
      #expect(place.type("data set ; check data") == 1)
      #expect(
        place.output.contains(
          "near copies in two splits: 1, the most alike first\n  val/a/1.jpg ~ "))
      #expect(place.output.contains(" train/b/1.png (mirrored, 0.99"), "\(place.output)")
      #expect(place.output.contains(", validation and train, labels a and b)"))
      #expect(place.errors.contains("set: 1 images have near copies in another split"))
      // Looking for them takes time, so that training warns of exact copies only.
      #expect(!place.errors.contains("are in two splits"))
    }

    /// A brighter copy, which thumbnails do not match, is listed by features, and does not fail the check.
    @Test func likelyCopiesAreListedByFeatures() throws {
      let place = try Workplace(format: .json)
      var rows = ["file,tags"]
      for number in 0..<60 {
        try Self.write(
          PNGEncoder.encode(.photograph(number)), "set/\(number).png", in: place)
        rows.append("\(number).png,\(number % 2 == 0 ? "a;b" : "b")")
      }
      let original = Image.photograph(7)
      let bright = Image(
        width: original.width, height: original.height, channels: original.channels,
        pixels: original.pixels.map { UInt8(min(255, 24 + Int($0))) })
      try Self.write(PNGEncoder.encode(bright), "set/bright.png", in: place)
      rows.append("bright.png,b")
      try Self.write(Array(rows.joined(separator: "\n").utf8), "tags.csv", in: place)
      let encoder =
        "encoder resnet20 weights=\"\(SourceTexts.repository.path)/pretrained/resnet20_cifar10.safetensors\""
      #expect(
        place.type("\(encoder)\ndata set labels=tags.csv\ncheck data") == 0, "\(place.errors)")
      let check = try #require(place.events("check_data").last)
      #expect((check["near_copies"] as? [Any])?.isEmpty == true)
      #expect((check["near_copies_inside"] as? [Any])?.isEmpty == true)
      let pairs = try #require(check["feature_copies"] as? [[String: Any]])
      let names = pairs.map { Set([$0["path"] as? String, $0["of"] as? String]) }
      #expect(names.contains(["bright.png", "7.png"]), "\(pairs)")
      #expect(pairs.count < 4, "\(pairs)")
      #expect(place.type("check data labels=no") == 0)
      #expect(try place.events("check_data").last?["feature_copies"] is NSNull)
    }
  }
}
