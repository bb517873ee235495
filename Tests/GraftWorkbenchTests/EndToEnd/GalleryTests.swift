import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftTraining
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `mistakes` and `confusion`: what they show, in which order, and what they say.
  @Suite struct GalleryTests {
    /// Some of the built-in images.
    private static func data(_ count: Int = 40) throws -> DataSet {
      let place = try Workplace()
      place.type("data demo:shapes limit=\(count)")
      return try place.session.requireData()
    }

    private static let classes = ["ant", "bee", "cat"]

    /// Six images: the rows that numpy.random.default_rng(3).dirichlet([1, 1, 1], 6).round(3) draws, with the
    /// labels 0, 1, 2, 2, 1, 0.
    private static func result() -> EvaluationResult {
      let rows: [[Float]] = [
        [0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.85, 0.05], [0.05, 0.45, 0.5], [0.5, 0.02, 0.48],
        [0.1, 0.55, 0.35],
      ]
      var result = EvaluationResult(classes: classes)
      for (sample, (label, row)) in zip([0, 1, 2, 2, 1, 0], rows).enumerated() {
        result.add(sample: sample, label: label, probabilities: row, loss: -log(row[label]))
      }
      return result
    }

    private func samples(_ request: MistakeGallery.Request) throws -> [Int] {
      try MistakeGallery(
        .images(Self.result()), of: Self.data(), run: "A", on: "val", request
      ).items.map(\.sample)
    }

    @Test func theWorstComeFirst() throws {
      var request = MistakeGallery.Request()
      // Wrong are 1 (0.6 against 0.3), 2 (0.85, 0.05), 4 (0.5, 0.02), 5 (0.55, 0.1).
      #expect(try samples(request) == [2, 1, 5, 4])
      request.order = .loss
      #expect(try samples(request) == [4, 2, 5, 1])
      request.order = .margin
      #expect(try samples(request) == [2, 4, 5, 1])
      request.truth = "bee"
      #expect(try samples(request) == [4, 1])
      request.predicted = "cat"
      #expect(try samples(request) == [])
      request.predicted = "dog"
      let error = #expect(throws: GraftError.self) { try samples(request) }
      #expect(error?.message == "A has no class `dog`")
      request = MistakeGallery.Request()
      request.showsUnsure = true
      #expect(try samples(request) == [3, 0])
      request.predicted = "bee"
      #expect(try samples(request) == [3, 0])
    }

    @Test func labelsThatAreMissedOrAddedAreMistakes() throws {
      var result = MultiLabelResult(classes: Self.classes)
      result.add(
        sample: 0, truth: [true, false, false], probabilities: [0.9, 0.2, 0.1], loss: 0.1)
      result.add(sample: 1, truth: [true, true, false], probabilities: [0.8, 0.3, 0.6], loss: 0.8)
      result.add(
        sample: 2, truth: [false, false, true], probabilities: [0.1, 0.1, 0.1], loss: 1.2)
      result.add(sample: 3, truth: [true, false, true], probabilities: [0.6, 0.3, 0.9], loss: 0.3)
      func gallery(_ request: MistakeGallery.Request) throws -> MistakeGallery {
        try MistakeGallery(.labels(result), of: Self.data(), run: "A", on: "val", request)
      }
      var request = MistakeGallery.Request()
      let all = try gallery(request)
      #expect(all.wrongCount == 2 && all.items.map(\.sample) == [2, 1])
      #expect(all.items.map(\.rival) == ["cat", "cat"])
      request.truth = "bee"
      #expect(try gallery(request).items.map(\.sample) == [1])
      request.truth = nil
      request.predicted = "cat"
      #expect(try gallery(request).items.map(\.sample) == [1])
      request.predicted = nil
      request.showsUnsure = true
      let unsure = try gallery(request).items
      #expect(unsure.map(\.sample) == [3, 0] && unsure.map(\.rival) == ["ant", "bee"])
    }

    @Test func pairsHaveTheirCountsAndExamples() throws {
      var request = ConfusionGallery.Request()
      func pairs(_ result: EvaluationResult) throws -> [ConfusionGallery.Pair] {
        try ConfusionGallery(.images(result), of: Self.data(), run: "A", on: "val", request).pairs
      }
      let found = try pairs(Self.result())
      #expect(
        found.map { [$0.truth, $0.predicted] } == [
          ["bee", "ant"], ["ant", "bee"], ["cat", "bee"],
        ])
      #expect(found.map(\.count) == [2, 1, 1] && found.map(\.total) == [2, 2, 2])
      #expect(found[0].examples.map(\.sample) == [1, 4])
      request.each = 1
      #expect(try pairs(Self.result())[0].examples.map(\.sample) == [1])
      request.truth = "cat"
      #expect(try pairs(Self.result()).count == 1)
      // The same counts as the matrix, in many classes.
      request = ConfusionGallery.Request()
      request.order = .share
      let names = (0..<200).map { "class \($0)" }
      var result = EvaluationResult(classes: names)
      var random = RandomStream(seed: 5, purpose: .drawing)
      for sample in 0..<600 {
        var row = [Float](repeating: 0.001, count: 200)
        row[random.integer(in: 0...199)] = 0.801
        result.add(sample: sample % 8, label: sample % 200, probabilities: row, loss: 1)
      }
      let many = try pairs(result)
      let matrix = result.confusion
      #expect(many.reduce(0) { $0 + $1.count } == 600 - result.accuracy.count)
      #expect(many.count == matrix.mostConfused.count)
      #expect(zip(many, many.dropFirst()).allSatisfy { $0.share >= $1.share })
    }

    @Test func galleriesAreShownAndWritten() throws {
      let place = try Workplace()
      #expect(
        place.type(Workplace.ingredients + "\ntrain epochs=1 as=A\nmistakes\nconfusion") == 0,
        "\(place.errors)")
      guard case .images(let result)? = try place.session.requireRun("A").result?.validation else {
        Issue.record("no validation of images")
        return
      }
      let wrong = result.count - result.accuracy.count
      #expect(wrong > 2)
      #expect(place.output.contains("A on val: \(wrong) of 10 images are wrong\n"))
      #expect(!place.errors.contains("skipped"))
      #expect(
        place.type(
          "mistakes 2 to=m.png\nmistakes to=m.csv\nconfusion 3 each=2 to=c.png\nconfusion to=c.csv"
        ) == 0, "\(place.errors)")
      #expect(try ImageFile.read(place.path("m.png")).width >= 320)
      #expect(try ImageFile.read(place.path("c.png")).width >= 320)
      let rows = try String(contentsOfFile: place.path("m.csv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: ",") }
      #expect(
        rows[0] == [
          "image", "true", "predicted", "wrong", "probability", "true_probability", "loss",
        ])
      #expect(rows.count == wrong + 1)
      #expect(rows.dropFirst().allSatisfy { $0[1] != $0[2] && $0[2] == $0[3] })
      #expect(place.type("mistakes to=m.svg") == 2)
      #expect(place.errors.contains("images are written as .png, their numbers as .csv"))
      #expect(place.type("mistakes unsure=yes order=loss") == 2)
      #expect(place.type("mistakes class=nothing") == 2)
      // A recipe keeps those that write, and needs the run.
      let kept = place.recipe.split(separator: "\n").filter { $0.contains("mistakes") }
      #expect(kept.count == 2 && place.recipe.contains("train"))
    }

    @Test func testImagesAreCountedAndNothingWrongIsSaid() throws {
      let place = try Workplace(format: .json)
      place.type(
        "encoder resnet20 weights=random size=16\ndata demo:shapes limit=60 split=60/20/20\n"
          + "train epochs=1 as=A\nevaluate on=test\nmistakes on=test\nconfusion on=test")
      let event = try #require(try place.events("mistakes").last)
      #expect(event["on"] as? String == "test")
      let notes = try #require(event["notes"] as? [String])
      #expect(notes.last == "evaluation 2 on the test images; each reuse weakens the result")
      #expect(place.session.workbench.testLooks["A"] == 3)
      let pairs = try #require(try place.events("confusion").last?["pairs"] as? [[String: Any]])
      #expect(pairs.allSatisfy { $0["true"] as? String != $0["predicted"] as? String })
      // Every image right: a sheet that says so.
      var result = EvaluationResult(classes: ["ant"])
      result.add(sample: 0, label: 0, probabilities: [1], loss: 0)
      let none = try MistakeGallery(
        .images(result), of: Self.data(), run: "A", on: "val", MistakeGallery.Request()
      ).gallery(pool: place.session.pool)
      #expect(none.text == "A on val: the one image is right" && none.table.rowCount == 0)
      #expect(try none.sheet?.drawn().width ?? 0 >= 320)
    }

    /// What `neighbors` told last: images, those that it computed, and those that it left out.
    private func search(_ place: Workplace, _ line: String) throws -> [Int] {
      #expect(place.type(line) == 0, "\(place.errors)")
      let event = try #require(try place.events("neighbors").last)
      return ["images", "computed", "left_out"].compactMap { event[$0] as? Int }
    }

    @Test func anIndexNoticesWhatChanged() throws {
      let place = try Workplace(format: .json)
      place.session.workbench.features.folder = place.path("cache")
      _ = try Shapes.write(to: place.path("set"), perClass: 4)
      let files = FileManager.default
      try files.copyItem(atPath: place.path("set/red/0.png"), toPath: place.path("copy.png"))
      place.type("encoder resnet20 weights=random size=16")
      let line = "neighbors set/red/0.png 3 in=set/"
      #expect(try search(place, line) == [8, 8, 1])
      #expect(try search(place, line) == [8, 0, 1])
      // A copy elsewhere is another image, and the nearest is the one that it copies.
      #expect(try search(place, "neighbors copy.png 3 in=set/ to=n.csv") == [8, 0, 0])
      let rows = try String(contentsOfFile: place.path("n.csv"), encoding: .utf8)
        .split(separator: "\n")
      #expect(rows[0] == "image,class,distance" && rows[1].hasPrefix("red/0.png,,"))
      #expect(Double(rows[1].split(separator: ",")[1]) ?? 1 < 1e-6)
      try files.removeItem(atPath: place.path("set/green/1.png"))
      #expect(try search(place, line) == [7, 0, 1])
      try files.copyItem(atPath: place.path("copy.png"), toPath: place.path("set/red/9.png"))
      #expect(try search(place, line) == [8, 0, 1])
      try ImageFile.writePNG(
        Image(width: 9, height: 9, fill: 7), to: place.path("set/red/9.png"))
      #expect(try search(place, line) == [8, 1, 1])
      // A later session has them too; one with other weights has not.
      let later = try Workplace(format: .json, folder: place.folder)
      later.session.workbench.features.folder = place.path("cache")
      later.type("encoder resnet20 weights=random size=16")
      #expect(try search(later, line) == [8, 0, 1])
      #expect(try search(later, "seed 3\n\(line)") == [8, 8, 1])
      #expect(later.type("neighbors copy.png in=cache/") == 4)
    }

    @Test func neighborsAreShownAndWritten() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      _ = try Shapes.write(to: place.path("set"), perClass: 2)
      #expect(
        place.type("neighbors set/red/0.png 4\nneighbors set/red/0.png 4 to=n.png") == 0,
        "\(place.errors)")
      #expect(place.output.contains("the nearest 4 of 40 images of demo:shapes"))
      #expect(try ImageFile.read(place.path("n.png")).width > 600)
      #expect(place.type("data set ; neighbors set/red/0.png") == 0, "\(place.errors)")
      #expect(place.output.contains("red/0.png is the image itself, and is left out"))
      #expect(place.type("neighbors set/red/0.png to=set/red/1.png") == 2)
    }

    @Test func suspectsAreDrawnWithoutAnEncoderToo() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.path("set"), perClass: 4)
      place.type("data set")
      #expect(place.type("check data to=none.png") == 0, "\(place.errors)")
      let none = try ImageFile.read(place.path("none.png"))
      try FileManager.default.copyItem(
        atPath: place.path("set/green/0.png"), toPath: place.path("set/red/x.png"))
      place.type("data set")
      // It fails for the image with two labels, and shows it.
      #expect(place.type("check data labels=no to=s.png") == 1)
      #expect(try ImageFile.read(place.path("s.png")).height > none.height + 160)
      #expect(place.type("check data labels=no to=s.csv") == 2)
    }
  }
}
