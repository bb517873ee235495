import Foundation
import GraftBase
import GraftImaging
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  @Suite struct PreviewTests {
    private static func place(_ more: String = "") throws -> Workplace {
      let place = try Workplace()
      #expect(place.type("data demo:shapes limit=60\n" + more) == 0, "\(place.errors)")
      return place
    }

    private func sheet(
      _ place: Workplace, _ pipeline: String, _ change: (inout PreviewSheet.Request) -> Void
    ) throws -> ContactSheet {
      #expect(place.type("augment " + pipeline) == 0, "\(place.errors)")
      var request = PreviewSheet.Request()
      change(&request)
      return try PreviewSheet(
        session: place.session, request: request,
        pipelines: [("", place.session.workbench.pipeline)]
      ).sheet()
    }

    @Test func captionsSayWhatMixedImagesCountFor() throws {
      let sheet = try sheet(Self.place(), "flip mixup(5)") { $0.count = 12 }
      let captions = sheet.rows.flatMap(\.cells).map(\.caption)
      #expect(captions.count == 12)
      for caption in captions {
        let isPair = caption.contains(/^0\.\d\d [a-z]+ \+ 0\.\d\d [a-z]+$/)
        #expect(
          isPair || caption.hasSuffix("with the same class") || caption.hasSuffix("with itself"))
      }
      #expect(captions.contains { $0.contains(" + ") })
      #expect(sheet.subtitle == "epoch 1, mixed in batches of 32: flip mixup(5)")
    }

    @Test func stepsEndWithThePartnerAndTheMixture() throws {
      let place = try Self.place()
      let sheet = try sheet(place, "rotate(30..30) cutmix(1)") {
        $0.count = 2
        $0.showsSteps = true
      }
      for row in sheet.rows {
        #expect(row.cells.count == 4)
        #expect(row.cells[0].caption == "original" && row.cells[1].caption == "rotate 30.0°")
        #expect(row.cells[2].caption.hasPrefix("partner: "))
        #expect(row.cells[3].caption.hasPrefix("cutmix: "))
      }
    }

    /// The image that is shown for an epoch is the one that training's batch of it holds.
    @Test func anEpochIsThatOfTraining() throws {
      let place = try Self.place("seed 3")
      let first = try sheet(place, "flip rotate(40)") { $0.epoch = 2 }.rows.flatMap(\.cells)
      let data = try place.session.requireData()
      let view = try place.session.epochView(
        place.session.workbench.pipeline, of: data, epoch: 1, preprocessing: .imageNet)
      let all = try view.images(at: Array(view.samples.indices)).map(\.image)
      for cell in first { #expect(all.contains(cell.image)) }
      let second = try sheet(place, "flip rotate(40)") { $0.epoch = 3 }.rows.flatMap(\.cells)
      #expect(first.map(\.image) != second.map(\.image))
    }

    @Test func strengthsAreARowOfOneImage() throws {
      let place = try Self.place()
      #expect(
        place.type("preview 1 augment=[rotate(5..45), blur(0.1..3)] strengths=4 to=s.png") == 0,
        "\(place.errors)")
      #expect(place.type("preview 1 strengths=4") == 2)
      #expect(place.errors.contains("`strengths` needs an op to show"))
      #expect(place.type("preview 1 augment=flip strengths=4 to=s.png") == 2)
      #expect(place.errors.contains("`flip` has no range LO..HI"))
      #expect(place.type("preview 1 augment=rotate(5..45) strengths=4 steps=yes to=s.png") == 2)
    }

    @Test func strengthsOfAPolicyHaveARowForEachOp() throws {
      let place = try Self.place("augment flip rotate(5..45) trivialaugment mixup(1) as=mine")
      var request = PreviewSheet.Request()
      (request.count, request.strengths) = (1, 5)
      func sheet(_ name: String) throws -> ContactSheet {
        let pipeline = try place.session.pipeline([TransformCall(name: name)])
        return try PreviewSheet(
          session: place.session, request: request, pipelines: [(name, pipeline)]
        ).sheet()
      }
      // torchvision's 14, of which identity, autocontrast and equalize have no strength.
      let policy = try sheet("trivialaugment")
      #expect(policy.title == "strengths of trivialaugment")
      #expect(policy.rows.count == 14)
      #expect(policy.rows.count { $0.cells.count == 1 } == 3)
      let rotations = try #require(policy.rows.first { $0.label == "rotate" })
      #expect(rotations.cells.first?.caption == "rotate −135.0°")
      #expect(rotations.cells.last?.caption == "rotate 135.0°")
      // What mixes is left out, what has no range is there once.
      let mine = try sheet("mine")
      #expect(mine.rows.map(\.label).prefix(2) == ["flip", "rotate(degrees=5..45)"])
      #expect(mine.rows.map(\.cells.count).prefix(2) == [1, 5])
      #expect(mine.rows.count == 16)
      for name in ["randaugment", "autoaugment", "augmix", "imagenet", "cifar", "timm"] {
        #expect(try sheet(name).rows.count > 8, "\(name)")
      }
    }

    /// The images stay the same ones, and each frame is the sheet of its epoch.
    @Test func animationsAreTheSheetsOfTheirEpochs() throws {
      let place = try Self.place("augment flip rotate(40)")
      var request = PreviewSheet.Request()
      (request.count, request.epoch) = (4, 2)
      let pipelines = [("", place.session.workbench.pipeline)]
      let animation = try PreviewAnimation(
        session: place.session, request: request, pipelines: pipelines, epochs: 3, pause: 0.25
      ).animation()
      #expect(animation.frames.count == 3)
      var captions: Set<[String]> = []
      for (index, frame) in animation.frames.enumerated() {
        request.epoch = 2 + index
        let sheet = try PreviewSheet(
          session: place.session, request: request, pipelines: pipelines
        ).sheet()
        #expect(sheet.subtitle == "epoch \(2 + index): flip rotate(40)")
        #expect(try sheet.drawn() == frame)
        captions.insert(sheet.rows.flatMap(\.cells).map(\.caption))
      }
      #expect(captions.count == 1)
      #expect(Set(animation.frames.map(\.pixels)).count == 3)
      let line = "preview 2 epochs=2 pause=0.5 to=e."
      for suffix in ["apng", "gif"] {
        #expect(place.type(line + suffix) == 0, "\(place.errors)")
        #expect(place.output.contains("2 frames"))
        let first = try ImageFile.read(place.path("e." + suffix))
        #expect(first.width == animation.size.width || first.width > 300)
      }
    }

    @Test func differencesAreStretchedAndSay() throws {
      let place = try Self.place()
      let none = try sheet(place, "none") { ($0.count, $0.showsDifference) = (1, true) }
      #expect(none.rows[0].cells.map(\.caption).last == "no difference")
      let inverted = try sheet(place, "invert(p=1)") { ($0.count, $0.showsDifference) = (1, true) }
      let cells = inverted.rows[0].cells
      #expect(cells.map(\.caption).first == "original" && cells.count == 3)
      let (original, changed, shown) = (cells[0].image, cells[1].image, cells[2].image)
      #expect(zip(original.pixels, changed.pixels).allSatisfy { $0.0 == 255 - $0.1 })
      let distances = zip(original.pixels, changed.pixels).map { abs(Int($0) - Int($1)) }
      let factor = 255 / Double(try #require(distances.max()))
      #expect(
        zip(distances, shown.pixels).allSatisfy { Double($0) * factor - Double($1) < 0.51 })
      #expect(shown.pixels.max() == 255)
      #expect(cells[2].caption == "difference ×\(factor.fixedText(1))")
    }

    @Test func boxesAndMasksMoveWithTheirImage() throws {
      let place = try Self.place()
      let image = Image(width: 40, height: 40, channels: 3, fill: 90)
      var mask = Image(width: 40, height: 40, channels: 3)
      for index in 0..<40 * 20 { mask.pixels[3 * index] = 128 }
      try ImageFile.writePNG(image, to: place.path("a.png"))
      try ImageFile.writePNG(mask, to: place.path("mask.png"))
      var request = PreviewSheet.Request()
      request.paths = [place.path("a.png")]
      request.maskPath = place.path("mask.png")
      request.boxes = [
        NamedBox(name: "cat", box: BoundingBox(left: 0, top: 0, right: 10, bottom: 20))
      ]
      let calls = [TransformCall(name: "flip", arguments: [.init(label: "p", value: .word("1"))])]
      let sheet = try PreviewSheet(
        session: place.session, request: request,
        pipelines: [("plain", .none), ("flip", Pipeline(calls))]
      ).sheet()
      let marks = try sheet.rows.flatMap(\.cells).map { try #require($0.marks) }
      // The center crop of the evaluation is 224 of 256 pixels, so 6.4 a pixel.
      #expect(
        marks[0].annotation.boxes == [
          BoundingBox(left: 0, top: 0, right: 48, bottom: 112, label: 0)
        ])
      #expect(
        marks[1].annotation.boxes == [
          BoundingBox(left: 176, top: 0, right: 224, bottom: 112, label: 0)
        ])
      #expect(marks[0].names == ["cat"])
      let moved = try #require(marks[0].annotation.mask)
      #expect(moved.pixels[0] == 1 && moved.pixels[moved.pixels.count - 1] == 0)
    }

    @Test(arguments: [
      ("preview 2 mask=a.png", 2, "`mask` belongs to one image file"),
      ("preview a.png boxes=cat(1,2,3)", 2, "expected box NAME(LEFT, TOP, RIGHT, BOTTOM)"),
      ("preview a.png boxes=cat(9,2,3,9)", 2, "ends before it starts"),
      ("preview a.png boxes=cat(50,50,60,60) to=b.png", 4, "lies outside the image, which is 8×8"),
      ("preview a.png mask=big.png to=b.png", 4, "the mask big.png is 9×9, its image 8×8"),
      ("preview a.png batch=4", 2, "`batch` is for images of the data"),
      ("preview epoch=0", 2, "`epoch` cannot be `0`"),
      ("preview 2 epochs=3", 2, "an animation is written as .apng or .gif"),
      ("preview 2 epochs=3 to=a.png", 2, "an animation is written as .apng or .gif"),
      ("preview 2 to=b.gif", 2, "a .gif file is an animation of epochs"),
      ("preview 2 pause=1 to=b.png", 2, "`pause` is for animations"),
      ("preview 2 steps=yes difference=yes to=b.png", 2, "two kinds of rows"),
      ("preview 2 augment=rotate(9) strengths=3 epochs=2 to=b.gif", 2, "what could be drawn"),
    ])
    func whatMakesNoSenseIsSaid(_ line: String, _ status: Int32, _ message: String) throws {
      let place = try Self.place()
      try ImageFile.writePNG(Image(width: 8, height: 8, fill: 9), to: place.path("a.png"))
      try ImageFile.writePNG(Image(width: 9, height: 9, fill: 9), to: place.path("big.png"))
      #expect(place.type(line) == status)
      #expect(place.errors.contains(message), "\(place.errors)")
    }
  }
}
