import Foundation
import GraftImaging
import GraftModels
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// From an encoder to a saved model, as in the first session of the manual.
  @Suite struct FullSessionTests {
    @Test func fromEncoderToSavedModelAndBack() throws {
      let place = try Workplace()
      #expect(place.type(Workplace.ingredients) == 0)
      #expect(
        place.type(
          """
          head linear
          augment flip rotate(15) crop(scale=0.6..1) as=mild
          train epochs=1 policy=A as=A
          train epochs=1 policy=B augment=mild as=B
          train epochs=1 policy=C lr=1e-5..1e-3 from=A as=C
          evaluate C
          preview 4 augment=[none, mild] to=sheet.png
          preview 2 steps=yes to=steps.png
          preview sheet.png to=again.png
          predict sheet.png top=3
          save model.safetensors
          save session.graft
          """) == 0, "\(place.errors)")
      #expect(place.session.workbench.runs.map(\.name) == ["A", "B", "C"])
      #expect(place.output.contains("A: 0 of 95 frozen tensors changed; all 2 trainable"))
      #expect(place.output.contains("B: nothing was frozen; all 97 trainable"))
      #expect(Set(try ["A", "B", "C"].map(place.hash)).count == 3)
      for name in ["sheet.png", "steps.png", "again.png"] {
        let image = try ImageFile.read(place.path(name))
        #expect(image.width > 100 && Set(image.pixels).count > 20)
      }
      let saved = try place.hash("C")
      let labels = place.output.split(separator: "\n").filter { $0.hasPrefix("sheet.png\t") }
      #expect(labels.count == 3)

      let other = try Workplace(folder: place.folder)
      #expect(other.type("load model.safetensors\npredict sheet.png top=3") == 0)
      #expect(try other.hash("model") == saved)
      #expect(
        other.output.split(separator: "\n").filter { $0.hasPrefix("sheet.png\t") } == labels)
    }

    @Test func finetuneTrainsTheHeadAndThenEverything() throws {
      let place = try Workplace(format: .json)
      #expect(place.replay(Workplace.ingredients + "\nfinetune epochs=1 as=F") == 0)
      #expect(try place.events("epoch").count == 2)
      let run = try #require(try place.events("run").first)
      #expect(run["trainable"] as? Int == 97)
      #expect(run["frozen_changed"] as? Int == 0)
    }

    @Test func aFileCanNameTheEncoderWithoutGivingItsWeights() throws {
      let place = try Workplace()
      #expect(
        place.type(
          "encoder resnet20 weights=random ; data demo:shapes limit=60 ; seed 3\n"
            + "train epochs=1 as=A ; save a.safetensors\nencoder a.safetensors weights=random")
          == 0)
      #expect(place.session.workbench.encoder?.spec.name == "resnet20")
      #expect(place.session.workbench.encoder?.weights == nil)
      #expect(place.type("encoder a.safetensors") == 0)
      #expect(place.session.workbench.encoder?.weights != nil)
    }

    @Test func aModelFileRevealsNothingAboutTheMachine() throws {
      let place = try Workplace()
      #expect(
        place.type(
          "encoder resnet20 weights=random ; data demo:shapes limit=60\n"
            + "preview 2 to=sub.png ; train epochs=1 as=A ; save model.safetensors") == 0)
      let recipe = try #require(try ModelFile.load(path: place.path("model.safetensors")).recipe)
      #expect(recipe.contains("preview 2 to=sub.png") && recipe.contains("train epochs=1 as=A"))
      #expect(!recipe.contains(place.folder) && !recipe.contains("/"))
    }

    @Test func whatIsMissingIsNamedInTheOrderItIsChosen() throws {
      let place = try Workplace()
      #expect(place.type("train epochs=1") == 1)
      #expect(place.errors.contains("there is no encoder yet"))
      #expect(place.type("encoder resnet20 weights=random\ntrain epochs=1") == 1)
      #expect(place.errors.contains("there are no images yet"))
      #expect(place.type("predict x.png") == 4)
      #expect(place.type("resume") == 1)
      #expect(place.errors.contains("there is no run yet"))
      #expect(place.session.recorder.statements.count == 1)
    }

    @Test func checkForecastsWhatEachTrainingTakes() throws {
      let place = try Workplace(format: .json)
      let text =
        Workplace.ingredients
        + "\ntrain epochs=3 policy=A as=A\nfinetune epochs=2 as=F\nuse A ; save a.safetensors"
      let file = SourceFile(name: "test.graft", text: text, folder: place.folder)
      #expect(Executor(place.session).check(file) == 0)
      let rows = try place.events("forecast")
      #expect(rows.map { $0["run"] as? String } == ["A", "F"])
      #expect(rows.map { $0["line"] as? Int } == [3, 4])
      #expect(rows.map { $0["parameters"] as? Int } == [269_722, 269_722])
      #expect(rows.map { $0["trainable"] as? Int } == [650, 269_722])
      #expect(rows.map { $0["updates"] as? Int } == [3, 3])
      #expect(rows.allSatisfy { ($0["seconds"] as? Double ?? 0) > 0 })
      #expect(rows.allSatisfy { ($0["memory_bytes"] as? Int ?? 0) > 1_000_000 })
      #expect(place.session.workbench.runs.isEmpty && place.session.workbench.data == nil)
      #expect(!FileManager.default.fileExists(atPath: place.path("a.safetensors")))
    }

    @Test func aDryRunSaysWhatTrainingsWouldBe() throws {
      let place = try Workplace()
      let text =
        Workplace.ingredients + "\ntrain epochs=3 policy=A as=A\nfinetune epochs=2 as=F"
      let file = SourceFile(name: "test.graft", text: text, folder: place.folder)
      var options = Executor.Options()
      options.isDryRun = true
      #expect(Executor(place.session).run(file, mode: .recipe, options: options) == 0)
      let lines = place.output.split(separator: "\n").filter { !$0.hasPrefix("#   takes") }
      #expect(lines.count == 4 + 5 + 7, "\(place.output)")
      #expect(lines.contains("train epochs=3 policy=A as=A"))
      #expect(lines.contains("#            trained: head 650 at 0.002"), "\(place.output)")
      #expect(place.output.contains("# F: resnet20, head linear, 10 classes of demo:shapes"))
      #expect(place.session.workbench.runs.isEmpty && place.session.workbench.data == nil)
    }

    @Test func summaryForecastsTheMemoryOfEachVariant() throws {
      let place = try Workplace(format: .json)
      #expect(place.type("\(Workplace.ingredients)\nsummary batch=8\nsummary batch=64") == 0)
      let rows = try place.events("summary").map { row in
        ["A", "B"].compactMap { row["memory_bytes.\($0)"] as? Int }
      }
      #expect(rows.count == 2 && rows.allSatisfy { $0.count == 2 && $0[0] < $0[1] })
      // Only 32 of the 40 images are for training, so a batch has 32 of them.
      #expect(rows[0][1] + 24 * 100_000 < rows[1][1])
    }

    @Test func checkReportsWhatIsWrongWithTheData() throws {
      let place = try Workplace()
      try FileManager.default.createDirectory(
        atPath: place.path("empty"), withIntermediateDirectories: true)
      let text = "encoder resnet20 weights=random\ndata empty\ntrain"
      let file = SourceFile(name: "test.graft", text: text, folder: place.folder)
      #expect(Executor(place.session).check(file) == 4)
      #expect(place.errors.contains("test.graft:2:1"))
    }
  }
}
