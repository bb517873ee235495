import Foundation
import GraftBase
import GraftImaging
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `mistakes` of a model that predicts pixels: the numbers are those of the masks that `predict` writes.
  @Suite struct PixelMistakesTests {
    /// Bright discs on noise in `train` and `val`, and a model that has hardly learned them.
    private static func place(format: Console.Format = .text) throws -> Workplace {
      let place = try Workplace(format: format)
      for (part, count) in [("train", 4), ("val", 3)] {
        for number in 0..<count {
          let (image, mask) = image(number + (part == "val" ? 50 : 0))
          for (kind, content) in [("images", image), ("masks", mask)] {
            let path = place.path("discs/\(part)/\(kind)")
            try FileManager.default.createDirectory(
              atPath: path, withIntermediateDirectories: true)
            try ImageFile.writePNG(content, to: "\(path)/\(number).png")
          }
        }
      }
      let lines =
        "encoder unet_retina weights=random size=16\nhead fcn\ndata discs\n"
        + "train policy=B lr=3e-3 epochs=3 batch=2 as=D"
      #expect(place.type(lines) == 0, "\(place.errors)")
      place.capture.clear()
      return place
    }

    private static func image(_ seed: Int) -> (image: Image, mask: Image) {
      var random = RandomStream(seed: UInt64(seed), purpose: .drawing)
      let (x, y) = (random.integer(in: 6...19), random.integer(in: 6...15))
      var image = Image(width: 26, height: 22, channels: 1)
      var mask = image
      for place in 0..<26 * 22 {
        let (dx, dy) = (place % 26 - x, place / 26 - y)
        let isInside = dx * dx + dy * dy < 30
        mask.pixels[place] = isInside ? 255 : 0
        image.pixels[place] = UInt8(random.integer(in: isInside ? 90...220 : 20...150))
      }
      return (image, mask)
    }

    /// Intersection over union of the mean of both classes, and wrong pixels, from files.
    private func counted(_ place: Workplace, _ number: Int) throws -> (iou: Double, wrong: Int) {
      let truth = try ImageFile.read(
        place.path("discs/val/masks/\(number).png"), keepsGray: true)
      let predicted = try ImageFile.read(place.path("out/\(number).png"), keepsGray: true)
      let pairs = Array(zip(truth.pixels, predicted.pixels))
      func overlap(_ value: UInt8) -> Double {
        let both = pairs.count { $0 == value && $1 == value }
        return Double(both) / Double(pairs.count { $0 == value || $1 == value })
      }
      return ((overlap(0) + overlap(255)) / 2, pairs.count { $0 != $1 })
    }

    @Test func numbersAreThoseOfThePredictedMasks() throws {
      let place = try Self.place()
      let files = (0..<3).map { "discs/val/images/\($0).png" }.joined(separator: " ")
      #expect(place.type("predict \(files) to=out\nmistakes to=m.csv") == 0, "\(place.errors)")
      let lines = try String(contentsOfFile: place.path("m.csv"), encoding: .utf8)
        .split(separator: "\n")
      #expect(lines[0] == "image,iou,accuracy,pixels,wrong,iou of background,iou of foreground")
      var last = -1.0
      for line in lines.dropFirst() {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        let name = String(cells[0]).lastPathComponent
        let number = try #require(Int(name.dropLast(4)))
        let (iou, wrong) = try counted(place, number)
        let told = try #require(Double(cells[1]))
        #expect(abs(told - iou) < 1e-12 && Int(cells[4]) == wrong && Int(cells[3]) == 26 * 22)
        #expect(told >= last, "the worst first")
        last = told
      }
      #expect(lines.count > 1)
      #expect(place.output.contains("wrong pixels, the smallest mean IoU first"))
    }

    @Test func aRowHasFourImagesAndItsOwnWords() throws {
      let place = try Self.place()
      #expect(
        place.type(
          "mistakes 2 to=m.png\nmistakes class=foreground order=accuracy\nmistakes as=foreground")
          == 0, "\(place.errors)")
      let image = try ImageFile.read(place.path("m.png"))
      #expect(image.width > 4 * 224 && image.height > 2 * 150)
      #expect(place.output.contains("IoU of foreground"))
      #expect(place.output.contains("the smallest IoU of foreground first"))
      for (line, message) in [
        ("mistakes order=loss", "`order=loss` is about whole images"),
        ("mistakes unsure=yes", "`unsure` is about whole images"),
        ("mistakes class=nothing", "nothing"),
      ] {
        place.capture.clear()
        #expect(place.type(line) != 0)
        #expect(place.errors.contains(message), "\(place.errors)")
      }
    }

    @Test func eventsCountImages() throws {
      let place = try Self.place(format: .json)
      #expect(place.type("mistakes 1") == 0, "\(place.errors)")
      let event = try #require(try place.events("mistakes").last)
      #expect(event["images"] as? Int == 3)
      #expect((event["wrong"] as? Int ?? 0) >= (event["found"] as? Int ?? 9))
    }

    /// Of pixels the class of most of them is explained, but for the background, on more than a patch.
    @Test func explanationsShowMoreThanAPatch() throws {
      let place = try Self.place()
      #expect(
        place.type("explain 1 to=e.csv\nexplain 1 size=16 class=background to=s.csv") == 0,
        "\(place.errors)")
      #expect(place.output.contains("of the pixels"))
      let sizes = try ["e.csv", "s.csv"].map {
        try String(contentsOfFile: place.path($0), encoding: .utf8).split(separator: "\n").count
      }
      #expect(sizes[0] > sizes[1])
    }
  }
}
