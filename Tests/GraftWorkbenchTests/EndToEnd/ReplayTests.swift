import Foundation
import GraftModels
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// The same recipe gives the same weights, whatever runs it.
  @Suite struct ReplayTests {
    private static let training = """
      \(Workplace.ingredients)
      seed 3 ; head mlp hidden=16 dropout=0.2
      augment flip randaugment(n=1) mixup(0.2) as=strong
      train epochs=2 batch=16 policy=C augment=strong as=C
      """

    @Test func threadsAndRepetitionChangeNoBit() throws {
      let hashes = try [1, 2, 2].map { threads in
        let place = try Workplace(threads: threads)
        #expect(place.replay(Self.training) == 0, "\(place.errors)")
        return try place.hash("C")
      }
      #expect(Set(hashes).count == 1)
      let other = try Workplace()
      #expect(other.replay(Self.training.replacing("seed 3", with: "seed 4")) == 0)
      #expect(try other.hash("C") != hashes[0])
    }

    /// Patterns are recorded as typed, and match what the recipe itself has written by then.
    @Test func patternsAreRecordedAndReplayed() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.path("new"), perClass: 2)
      #expect(
        place.type(
          """
          \(Workplace.ingredients)
          train epochs=1 as=A
          render new/red/*.png to=out copies=2
          predict out/*-1.png new/*/0.png
          predict 'new/[gr]*/?.png' to=labels.csv
          """) == 0, "\(place.errors)")
      let predicted = place.output.matches(of: /(?m)^(\S+\.png)\t/).map { String($0.1) }
      #expect(
        predicted == [
          "out/0-1.png", "out/1-1.png", "new/green/0.png", "new/red/0.png", "new/green/0.png",
          "new/green/1.png", "new/red/0.png", "new/red/1.png",
        ])
      let recipe = place.recipe
      let again = try Workplace()
      _ = try Shapes.write(to: again.path("new"), perClass: 2)
      #expect(again.replay(recipe) == 0, "\(recipe)\n\(again.errors)")
      #expect(again.recipe == recipe && recipe.contains("predict out/*-1.png"), "\(recipe)")
      let labels = try [place, again].map {
        try String(contentsOfFile: $0.path("labels.csv"), encoding: .utf8)
      }
      #expect(labels[0] == labels[1] && labels[0].split(separator: "\n").count == 5)
    }

    @Test func recordReplayRecordGivesTheSameTextAndWeights() throws {
      let place = try Workplace()
      #expect(
        place.type(
          """
          encoder resnet20 weights=random size=16
          data demo:shapes limit=30
          data demo:shapes limit=40
          augment flip as=mild
          train epochs=1 policy=A augment=mild
          policy C lr=1e-4..1e-2
          unfreeze all
          train epochs=2 stop=1 as=half
          resume
          train epochs=1 from=half augment=none
          drop A
          preview 2 to=sheet.png
          evaluate half
          use half
          save model.safetensors
          """) == 0, "\(place.errors)")
      let again = try Workplace(folder: place.folder)
      #expect(again.replay(place.recipe) == 0, "\(place.recipe)\n\(again.errors)")
      #expect(again.recipe == place.recipe)
      #expect(try again.hash("half") == place.hash("half"))
      #expect(place.recipe.contains("resume half"))
      #expect(!place.recipe.contains("limit=30") && !place.recipe.contains("policy=A"))
    }

    /// Forty commands with dead ends; `shapes/` is a folder of images.
    private static let longSession = """
      param rate = 1e-3 in 1e-6..1 "peak rate"
      param unused = 3
      seed 1
      encoder resnet20 weights=random size=16
      encoder net("conv(4) relu pool fc(8)") size=16
      data demo:shapes limit=20
      data shapes/ split=50/50
      data
      head mlp hidden=4
      head linear
      augment rotate(20) as=wild
      augment flip as=mild
      augment
      policy A
      train epochs=1 batch=4 as=bad
      evaluate bad
      policy B
      train epochs=1 batch=4 augment=wild lr=$rate as=wilder
      train epochs=1 batch=4 augment=none lr=$rate as=plain
      seed 2
      encoder net("conv(4) relu pool fc(4)") size=16
      seed 1
      encoder net("conv(4) relu pool fc(8)") size=16
      data shapes/ split=50/50
      augment flip as=mild
      train epochs=2 stop=2 batch=4 augment=mild lr=$rate as=good
      runs
      resume good
      freeze all
      unfreeze all
      drop bad
      drop wilder
      drop plain
      runs
      use good
      evaluate good
      expect good.val.accuracy >= 0
      save model.safetensors
      note "kept"
      save good.graft
      """

    @Test func aLongSessionDistillsToWhatMatters() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.path("shapes"), perClass: 6)
      #expect(Self.longSession.split(separator: "\n").count == 40)
      #expect(place.type(Self.longSession) == 0, "\(place.errors)")
      let recipe = try String(contentsOfFile: place.path("good.graft"), encoding: .utf8)
      let commands = parsed(recipe).statements.count
      #expect((10...15).contains(commands), "\(recipe)")
      for word in [
        "bad", "wild", "plain", "unused", "resnet20", "demo", "mlp", "seed 2", "policy A",
      ] {
        #expect(!recipe.contains(word), "\(word) in \(recipe)")
      }
      #expect(recipe.contains("param rate = 1e-3 in 1e-6..1 \"peak rate\""), "\(recipe)")
      #expect(recipe.contains("lr=$rate"), "\(recipe)")

      // The same again, byte for byte: the recipe and the model.
      let model = try Data(contentsOf: URL(fileURLWithPath: place.path("model.safetensors")))
      let again = try Workplace(folder: place.folder)
      #expect(again.replay(recipe) == 0, "\(again.errors)")
      #expect(again.recipe == recipe)
      #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("model.safetensors"))) == model)

      // Elsewhere, on moved images.
      let other = try Workplace()
      try FileManager.default.moveItem(atPath: place.path("shapes"), toPath: other.path("moved"))
      try recipe.write(toFile: other.path("good.graft"), atomically: true, encoding: .utf8)
      #expect(other.type("run good.graft data=moved/") == 0, "\(other.errors)")
      #expect(try other.hash("good") == place.hash("good"))
      #expect(receipts(of: other.recipe) == receipts(of: recipe))
    }

    private func receipts(of recipe: String) -> [Substring] {
      recipe.split(separator: "\n").compactMap { $0.split(separator: "#= ").dropFirst().first }
    }

    /// The name of a file becomes one that a run can have.
    @Test func loadedRunsHaveNamesThatReplay() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients + "\ntrain epochs=1 batch=16 as=A")
      place.type("save \"2 small models.v1.safetensors\"\nload \"2 small models.v1.safetensors\"")
      #expect(place.recipe.contains(" as=_2_small_models"), "\(place.recipe)\(place.errors)")
      let again = try Workplace(folder: place.folder)
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(again.recipe == place.recipe)
    }

    @Test func rawTensorsAreKnobs() throws {
      let place = try Workplace()
      try Safetensors.write(
        SafetensorsFile(tensors: [
          SafetensorsTensor(
            name: "input", shape: [1, 3, 16, 16], floats: [Float](repeating: 0.5, count: 768))
        ]), to: place.path("in.safetensors"))
      place.type(Workplace.ingredients)
      #expect(place.type("forward in.safetensors to=out.safetensors") == 0, "\(place.errors)")
      #expect(place.recipe.contains("\nparam tensors: path = in.safetensors\n"))
      #expect(place.recipe.hasSuffix("\nforward $tensors to=out.safetensors\n"), "\(place.recipe)")
      let first = try Data(contentsOf: URL(fileURLWithPath: place.path("out.safetensors")))
      #expect(try Workplace(folder: place.folder).replay(place.recipe) == 0)
      #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("out.safetensors"))) == first)
    }

    @Test func runsAreComparedAsTheirLines() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      place.type("augment flip as=mild\ntrain epochs=1 batch=16 policy=A augment=mild as=A")
      place.type("evaluate A\npreview 2 to=a.png\nseed 3")
      place.type("train epochs=1 batch=16 policy=A lr=1e-2 augment=mild as=B")
      place.capture.clear()
      #expect(place.type("diff A B") == 0, "\(place.errors)")
      let lines = place.output.split(separator: "\n")
      let changed = lines.filter { $0.hasPrefix("- ") || $0.hasPrefix("+ ") }
        .map { $0.split(separator: "  #=")[0] }
      #expect(
        changed == [
          "- A", "+ B", "- train epochs=1 batch=16 policy=A augment=mild as=A", "+ seed 3",
          "+ train epochs=1 batch=16 policy=A lr=1e-2 augment=mild as=B",
        ], "\(place.output)")
      #expect(place.type("diff A nothing") == 2)
      place.capture.clear()
      #expect(place.type("diff A A") == 0)
      #expect(place.output == "A and A are the same, line by line\n")
    }

    @Test func previewReplaysWithItsPipeline() throws {
      let place = try Workplace()
      place.type("encoder resnet20 weights=random\ndata demo:shapes limit=20\naugment rotate(90)")
      place.type("preview 4 to=sheet.png")
      let first = try Data(contentsOf: URL(fileURLWithPath: place.path("sheet.png")))
      let recipe = place.recipe
      #expect(recipe.contains("augment rotate(90)") && recipe.contains("encoder resnet20"))
      #expect(try Workplace(folder: place.folder).replay(recipe) == 0)
      #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("sheet.png"))) == first)
    }

    @Test(arguments: ["my shapes", "a\"b", "n\nl", "d$data", "b\\c", "it's \"a\"", "#1"])
    func dataFoldersBecomeKnobs(_ name: String) throws {
      let place = try Workplace()
      let shapes = try Shapes.write(to: place.path(name), perClass: 4)
      #expect(shapes == 8)
      let typed = Printer.text(literal: name)
      #expect(place.type("encoder resnet20 weights=random size=16") == 0)
      #expect(
        place.type("data \(typed) split=50/50\ntrain epochs=1 as=A") == 0, "\(place.errors)")
      #expect(place.recipe.contains("param data: path = " + Printer.text(literal: name + "/")))
      #expect(place.recipe.contains("data $data split=50/50"))
      let again = try Workplace(folder: place.folder)
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("A") == place.hash("A"))
    }

    /// A recipe made with built-in data replays on a folder, and at another rate of one run.
    @Test func builtInDataBecomeAKnob() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.path("flowers"), perClass: 4)
      #expect(place.type("encoder resnet20 weights=random size=16") == 0)
      #expect(
        place.type("data demo:shapes\npolicy C lr=1e-3..1e-2 ; train epochs=1 stop=1 as=C") == 0)
      #expect(place.recipe.contains("param data: path = demo:shapes"), "\(place.recipe)")
      let again = try Workplace(folder: place.folder)
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("C") == place.hash("C"))
      let path = place.path("shapes.graft")
      try place.recipe.write(toFile: path, atomically: true, encoding: .utf8)
      let other = try Workplace(folder: place.folder)
      #expect(other.type("run shapes.graft data=flowers/") == 0, "\(other.errors)")
      #expect(other.output.contains("8 images"), "\(other.output)")
    }
  }
}
