import Foundation
import GraftBase
import GraftImaging
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Images with masks, from `data` to `predict`.
  @Suite struct SegmentationTests {
    /// Bright discs on noise, 26×22 pixels, sides train and val.
    private static func place(
      threads: Int = 2, folder: String? = nil, _ lines: String = ""
    ) throws -> Workplace {
      let place = try Workplace(threads: threads, folder: folder)
      for (side, count) in [("train", 6), ("val", 2)] where folder == nil {
        for number in 0..<count {
          let (image, mask) = image(number + (side == "val" ? 50 : 0))
          for (kind, content) in [("images", image), ("masks", mask)] {
            let path = place.path("discs/\(side)/\(kind)")
            try FileManager.default.createDirectory(
              atPath: path, withIntermediateDirectories: true)
            try ImageFile.writePNG(content, to: "\(path)/\(number).png")
          }
        }
      }
      let start =
        "encoder unet_retina weights=random size=16\nhead fcn\ndata discs\npolicy B lr=3e-3\n"
      #expect(place.type(start + lines) == 0, "\(place.errors)")
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
        image.pixels[place] = UInt8(random.integer(in: isInside ? 120...220 : 20...130))
      }
      return (image, mask)
    }

    @Test func trainsMeasuresAndPredicts() throws {
      let place = try Self.place(
        "augment flip rotate(10)\ntrain epochs=6 batch=4 loss=ce+dice as=D\nevaluate")
      #expect(place.output.contains("mean IoU") && place.output.contains("ROC area"))
      #expect(place.type("expect D.val.iou > 0.6\nexpect D.val.dice.foreground > 0.6") == 0)
      #expect(place.type("predict discs/val") == 4)
      #expect(
        place.errors.contains("images in a subfolder: \(place.path("discs/val/images"))"))
      #expect(place.type("predict discs/val/images/0.png to=out") == 0, "\(place.errors)")
      let mask = try ImageFile.read(place.path("out/0.png"), keepsGray: true)
      #expect(mask.size == ImageSize(width: 26, height: 22))
      #expect(Set(mask.pixels).isSubset(of: [0, 255]))
      #expect(try ImageFile.read(place.path("out/0-overlay.png")).channels == 3)
      #expect(place.type("save model.safetensors\nload model.safetensors\nevaluate") == 0)
      #expect(
        place.type("preview 4 to=sheet.png\ncheck augment samples=16") == 0, "\(place.errors)")
      #expect(place.output.contains("object lost"))
    }

    @Test func bitsDoNotDependOnThreadsOrStops() throws {
      let lines = "augment flip cutmix\ntrain epochs=2 batch=4 as=D"
      let one = try Self.place(threads: 1, lines)
      let folder = one.folder
      let two = try Self.place(threads: 2, folder: folder, lines)
      let hash = one.session.workbench.run(named: "D")?.model.weightsHash
      #expect(two.session.workbench.run(named: "D")?.model.weightsHash == hash)
      let stopped = try Self.place(
        threads: 2, folder: folder, "augment flip cutmix\ntrain epochs=2 batch=4 stop=5 as=D")
      #expect(stopped.type("resume D") == 0, "\(stopped.errors)")
      #expect(stopped.session.workbench.run(named: "D")?.model.weightsHash == hash)
    }

    @Test func aFrozenEncoderStaysAndItsDecoderLearns() throws {
      let place = try Self.place(
        "encoder resnet20 weights=random size=16\nhead unet width=4\n"
          + "train policy=A lr=3e-3 epochs=2 batch=6 as=A\n"
          + "train policy=C lr=1e-4..3e-3 epochs=1 batch=6 loss=dice from=A as=C")
      #expect(place.session.metrics["A.val.iou"] != nil)
      let proof = place.session.workbench.run(named: "A")?.result?.freezeProof
      #expect(proof?.changedFrozen.isEmpty == true && (proof?.frozenCount ?? 0) > 50)
      #expect(proof?.unchangedTrainable.isEmpty == true)
    }

    @Test func whatDoesNotFitIsOneSentence() throws {
      let place = try Self.place("head linear")
      #expect(place.type("train epochs=1") == 1)
      #expect(
        place.errors.contains(
          "discs has one class per pixel, but the head predicts one class per image"))
      #expect(place.type("head fcn\naugment mixup\ntrain epochs=1") == 2)
      #expect(place.errors.contains("a pixel has one class only"))
      #expect(place.type("augment none\ntrain epochs=1 smooth=0.1") == 2)
      #expect(place.errors.contains("labels of pixels cannot be smoothed"))
      #expect(place.type("data demo:shapes:20\ntrain epochs=1") == 1)
      #expect(place.errors.contains("but the head predicts one class per pixel"))
      #expect(place.type("encoder googlenet weights=random size=32 aux=yes\ntrain epochs=1") == 2)
      #expect(
        place.errors.contains(
          "the auxiliary classifiers of googlenet predict one class per image, but the head predicts "
            + "one class per pixel"))
    }
  }
}
