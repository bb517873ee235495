import Foundation
import GraftBase
import GraftImaging
import GraftModels
import GraftTraining
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// One test a fault that was found, named after it.
  @Suite struct RegressionTests {
    private static let ingredients = "encoder resnet20 weights=random ; data demo:shapes limit=60"

    @Test func aCheckpointDoesNotServeAnotherSplitOrInput() throws {
      let state = try TemporaryFolder.make()
      func identity(_ text: String) throws -> [String: String] {
        let place = try Workplace(stateFolder: state)
        #expect(place.type(text) == 0, "\(place.errors)")
        let session = place.session
        let data = try session.requireData()
        let ingredients = RunIngredients(
          data: data, balance: session.workbench.balance, batchSize: 8,
          phases: [TrainingPhase(.headOnly, TrainingSettings(epochs: 1))])
        let run = try PreparedRun(
          name: "A", model: session.makeModel(classes: data.classes), ingredients)
        return run.startingHere().identity
      }
      let first = try identity(Self.ingredients)
      for other in [
        Self.ingredients + " split=50/50",
        "encoder resnet20 weights=random size=48 ; data demo:shapes limit=60",
        "encoder resnet20 weights=random mean=0.1 ; data demo:shapes limit=60",
        Self.ingredients + " balance=sampler",
        "seed 5 ; " + Self.ingredients,
      ] {
        #expect(try identity(other) != first, "\(other)")
      }
      #expect(try identity(Self.ingredients) == first)
    }

    @Test func aFolderToMeasureOnIsMeasuredWhole() throws {
      let place = try Workplace()
      for name in ["disc", "ring"] {
        let folder = place.path("val/\(name)")
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        for index in 0..<10 {
          let image = DemoShapes.image(seed: 1, index: index * 10 + (name == "disc" ? 3 : 6)).0
          try ImageFile.writePNG(image, to: "\(folder)/\(index).png")
        }
      }
      #expect(place.type(Self.ingredients + " ; train epochs=1 as=A") == 0)
      let before = place.session.metrics["A.val.accuracy"]
      #expect(place.type("evaluate on=val/") == 0, "\(place.errors)")
      #expect(place.output.contains("A on val-folder, 20 images"))
      #expect(place.session.metrics["A.val.accuracy"] == before)
    }

    @Test func drawnDataIsTakenWhereverDataIs() throws {
      let place = try Workplace()
      #expect(place.type(Self.ingredients + " ; train epochs=1 as=A") == 0)
      #expect(place.type("evaluate on=demo:shapes:50") == 0, "\(place.errors)")
      #expect(place.output.contains("A on demo:shapes:50, 50 images"))
    }

    @Test func anEditedPipelineKeepsWhatItEdits() throws {
      let place = try Workplace()
      #expect(
        place.type(
          Self.ingredients + " ; augment flip as=mild\naugment vflip\n"
            + "train epochs=1 augment=[mild, +rotate(10)] as=A") == 0, "\(place.errors)")
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("A") == place.hash("A"))
    }

    @Test func anEvaluationNamesItsRunInTheRecipe() throws {
      let place = try Workplace()
      #expect(
        place.type(
          Self.ingredients + "\ntrain epochs=1 as=A ; train epochs=1 as=B\n"
            + "use A ; evaluate\nuse B") == 0)
      #expect(place.recipe.contains("evaluate A"))
    }

    @Test func finetuneKeepsWhatIsFrozen() throws {
      let place = try Workplace(format: .json)
      #expect(
        place.type(
          Self.ingredients + " ; policy C ; freeze layer1\nfinetune epochs=1 as=F") == 0,
        "\(place.errors)")
      let event = try #require(try place.events("run").last)
      #expect(event["frozen"] as? Int == 30)
      #expect(event["frozen_changed"] as? Int == 0)
    }

    @Test func finetuneTakesItsMomentum() throws {
      func hash(_ argument: String) throws -> String {
        let place = try Workplace()
        #expect(place.type(Self.ingredients + "\nfinetune epochs=1 as=F \(argument)") == 0)
        return try place.hash("F")
      }
      #expect(try hash("momentum=0.5") != hash("momentum=0.9"))
    }

    @Test(arguments: [
      #""width":32"# + "|" + #""width":0"#, #""channels":3"# + "|" + #""channels":0"#,
      #""resizeShortSide":32"# + "|" + #""resizeShortSide":1152921504606846976"#,
      #""interpolation":"bilinear""# + "|" + #""interpolation":"foo""#,
      #""std":[0.229,0.224,0.225]"# + "|" + #""std":[]"#,
    ])
    func damagedPreprocessingIsRefused(_ change: String) throws {
      let place = try Workplace()
      #expect(place.type(Self.ingredients + "\ntrain epochs=1 as=A ; save a.safetensors") == 0)
      var file = try Safetensors.read(path: place.path("a.safetensors"))
      let key = ByteString(ModelFile.Key.preprocessing.rawValue)
      let text = try #require(file.metadata[key]?.text)
      let parts = change.split(separator: "|").map(String.init)
      #expect(text.contains(parts[0]))
      file.metadata[key] = ByteString(text.replacing(parts[0], with: parts[1]))
      try Safetensors.write(file, to: place.path("b.safetensors"))
      #expect(place.type("load b.safetensors") == 4)
      #expect(place.type("encoder b.safetensors size=64") == 4)
    }

    @Test func deeplyNestedLoopsAreRefused() throws {
      let place = try Workplace()
      let text =
        (0..<1000).map { "for a\($0) in [1]\n" }.joined() + "note x\n"
        + String(repeating: "end\n", count: 1000)
      #expect(place.replay(text) == 2)
      #expect(place.errors.contains("nested more than 32 deep"))
    }

    @Test(arguments: [
      "data demo:shapes split=80/20 val=50%", "train lr=1e-5..1e-2 policy=A",
      "preview 4 steps=yes grid=1x4", "preview 8 grid=2x2", "preview 8 4",
      "encoder resnet20 weights=random mean=[]",
    ])
    func nothingIsAcceptedAndIgnored(_ line: String) throws {
      let place = try Workplace()
      #expect(place.type(Self.ingredients) == 0)
      #expect(place.type(line) == 2, "\(line)")
    }

    @Test func patienceCountsAfreshAfterResume() throws {
      let place = try Workplace()
      #expect(
        place.type(
          Self.ingredients + "\npolicy A lr=1e-9 ; train epochs=9 batch=64 patience=2 as=A") == 0)
      let run = try place.session.requireRun("A")
      let done = try #require(run.state).progress.history.count
      #expect(done < 9)
      #expect(place.type("resume A epochs=+5") == 0, "\(place.errors)")
      let after = try #require(try place.session.requireRun("A").state).progress.history.count
      #expect(after >= done + 2)
    }
  }
}
