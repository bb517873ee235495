import Foundation
import GraftBase
import GraftImaging
import GraftModels
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Dense scoring and folded batch norms, as they are typed.
  @Suite struct SurgeryTests {
    private static let recipe = """
      encoder net("input(16) conv(8, 3, valid) bn relu pool gap")
      data demo:shapes limit=40
      policy B
      train epochs=1 as=A
      """

    private func trained() throws -> Workplace {
      let place = try Workplace()
      #expect(place.type(Self.recipe) == 0, "\(place.errors)")
      place.capture.clear()
      return place
    }

    @Test func evaluatesAtEveryPlace() throws {
      let place = try trained()
      #expect(place.type("evaluate dense=yes size=32 stride=1") == 0, "\(place.errors)")
      #expect(place.output.contains("17×17 places of 32 px, one every 1 px"))
      // At its own size, where images are resized to, there is one place: the usual evaluation.
      #expect(place.type("evaluate on=train\nsave a.graft") == 0, "\(place.errors)")
      let usual = try #require(place.session.metrics["A.train.loss"])
      #expect(place.type("evaluate on=train dense=yes") == 0, "\(place.errors)")
      let dense = try #require(place.session.metrics["A.train.loss"])
      #expect(abs(dense - usual) < 1e-5 * usual)

      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(place.recipe.contains("evaluate A dense=yes size=32 stride=1"))
      let loss = "A.val.loss"
      #expect(again.session.metrics[loss] == place.session.metrics[loss])
    }

    @Test func predictsAndDrawsWhere() throws {
      let place = try trained()
      let image = Image(
        width: 40, height: 30, channels: 3, pixels: (0..<3600).map { UInt8($0 % 251) })
      try ImageFile.writePNG(image, to: place.path("a.png"))
      let classes = DemoShapes.classNames.count
      let line = "predict a.png top=\(classes) dense=yes size=24 stride=1"
      #expect(place.type("\(line) to=where.png\n\(line) to=labels.csv") == 0, "\(place.errors)")
      let drawn = try ImageFile.read(place.path("where.png"))
      #expect(drawn.size == ImageSize(width: 24, height: 24) && drawn.channels == 3)
      let table = try String(contentsOfFile: place.path("labels.csv"), encoding: .utf8)
      let shares = table.split(separator: "\n").dropFirst()
        .compactMap { Double($0.split(separator: ",").last ?? "") }
      #expect(shares.count == classes && abs(shares.reduce(0, +) - 1) < 1e-3)
      #expect(place.type("predict a.png a.png dense=yes to=where.png") == 2)
      #expect(place.errors.contains("a PNG shows one image, and 2"))
    }

    @Test func forwardGivesAMap() throws {
      let place = try trained()
      try Safetensors.write(
        SafetensorsFile(tensors: [
          SafetensorsTensor(
            name: "input", shape: [2, 3, 20, 24],
            floats: (0..<2880).map { Float($0 % 17) / 17 })
        ]), to: place.path("in.safetensors"))
      let line = "forward in.safetensors to=out.safetensors dense=yes"
      #expect(place.type(line) == 0, "\(place.errors)")
      let classes = DemoShapes.classNames.count
      let file = try Safetensors.read(path: place.path("out.safetensors"))
      #expect(file.tensors.map(\.name) == ["logits"])
      #expect(file["logits"]?.shape == [2, classes, 3, 5])
      #expect(place.type("\(line) stride=1") == 0, "\(place.errors)")
      let fine = try Safetensors.read(path: place.path("out.safetensors"))
      #expect(fine["logits"]?.shape == [2, classes, 5, 9])
    }

    @Test func saysWhatDoesNotFit() throws {
      let place = try trained()
      for (line, sentence) in [
        ("evaluate size=48", "`size` is for scoring an image at every position"),
        ("predict a.png stride=2", "`stride` is for scoring an image at every position"),
        ("forward a.safetensors to=b.safetensors dense=yes gradients=yes", "gives only logits"),
        ("evaluate dense=yes stride=3", "stride=3 does not divide the 2 pixels"),
        ("save a.graft fold=yes", "a recipe has no batch norms"),
      ] {
        try "".write(toFile: place.path("a.safetensors"), atomically: true, encoding: .utf8)
        try ImageFile.writePNG(Image(width: 16, height: 16), to: place.path("a.png"))
        place.capture.clear()
        let status = place.type(line)
        #expect(status == 2, "\(line): \(status) \(place.errors)")
        #expect(place.errors.contains(sentence), "\(line): \(place.errors)")
      }
    }

    @Test func foldedModelsAreSavedLoadedAndExported() throws {
      let place = try trained()
      #expect(place.type("evaluate on=train") == 0, "\(place.errors)")
      let usual = try #require(place.session.metrics["A.train.loss"])
      place.capture.clear()
      #expect(
        place.type("save f.safetensors fold=yes\nexport f.onnx fold=yes") == 0, "\(place.errors)")
      #expect(place.output.contains("1 batch norms folded, weights "))
      #expect(place.type("load f.safetensors as=F\nevaluate F on=train") == 0, "\(place.errors)")
      let folded = try #require(place.session.metrics["F.train.loss"])
      #expect(abs(folded - usual) < 1e-5 * usual)
      #expect(place.type("encoder f.safetensors\nsummary") == 0, "\(place.errors)")
      #expect(place.type("load f.safetensors as=G\nsave g.safetensors fold=yes") == 2)
      #expect(place.errors.contains("has no batch norms to fold"))
    }
  }
}
