import Foundation
import GraftBase
import GraftModels
import GraftTraining
import Synchronization
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Heads that are solved: runs like any other.
  @Suite struct SolveTests {
    private static func solved(
      _ line: String = "solve as=H", threads: Int = 2, setting: String = "seed 0"
    ) throws -> Workplace {
      let place = try Workplace(threads: threads)
      #expect(
        place.type(Workplace.ingredients + "\n\(setting)\n\(line)") == 0, "\(place.errors)")
      return place
    }

    @Test func theOutcomeIsOneLineAndTheRestIsFrozen() throws {
      let place = try Self.solved()
      #expect(
        place.output.contains(#/H: val\.accuracy .*, l2 [\d.e-]+ of \d tried by 5 folds, /#))
      #expect(place.output.contains(#/ of which features .*, weights [0-9a-f]{8}\n/#))
      #expect(
        place.output.contains(
          "H: 0 of 95 frozen tensors changed; all 2 trainable tensors changed"))
      let hash = try place.hash("H")
      #expect(
        place.recipe.contains(#/solve as=H +#= val\.accuracy 0\.\d{3}, l2 [\d.e-]+, weights /#),
        "\(place.recipe)")
      #expect(place.recipe.contains("weights \(hash.prefix(8))"))
      #expect(place.type("runs") == 0)
      #expect(place.output.contains("solve l2=auto folds=5"))
      let loss = try #require(place.session.metrics["H.train.loss"])
      let classes = try place.session.requireRun("H").model.classes.count
      #expect(loss > 0 && loss < log(Double(classes)))
      // Fewer images than features can be told apart without a mistake.
      #expect(place.type("solve l2=1e-6 as=G\nexpect G.train.accuracy == 1") == 0)
    }

    @Test func nothingChangesABit() throws {
      let hash = try Self.solved().hash("H")
      #expect(try Self.solved(threads: 1).hash("H") == hash)
      #expect(try Self.solved(setting: "set cache off").hash("H") == hash)
      #expect(try Self.solved("solve batch=7 as=H").hash("H") == hash)
      // Another seed gives the encoder other weights.
      #expect(try Self.solved("seed 1 ; solve l2=0.1 as=H").hash("H") != hash)
      let place = try Self.solved()
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("H") == hash)
    }

    @Test func theGivenStrengthIsTheChosenOne() throws {
      let place = try Self.solved()
      let strength = try #require(
        place.session.requireRun("H").state?.progress.history.last?.solution?.l2)
      #expect(place.type("solve l2=\(strength.shortText) as=G") == 0)
      let (h, g) = try (place.hash("H"), place.hash("G"))
      #expect(h == g)
      #expect(place.type("solve l2=1000 as=G2") == 0)
      #expect(try place.hash("G2") != h)
    }

    @Test func theHeadIsAnOrdinaryOne() throws {
      let place = try Self.solved()
      #expect(place.type("save h.safetensors ; evaluate H on=val") == 0, "\(place.errors)")
      let accuracy = try place.session.metric(named: "H.accuracy")
      let other = try Workplace(folder: place.folder)
      other.type("data demo:shapes limit=40 ; load h.safetensors as=L")
      #expect(other.type("evaluate L on=val") == 0, "\(other.errors)")
      #expect(try other.session.metric(named: "L.accuracy") == accuracy)
      #expect(try other.hash("L") == place.hash("H"))
      #expect(place.type("use H ; export h.onnx") == 0, "\(place.errors)")
      #expect(place.type("train policy=C from=H epochs=1 batch=16 as=C") == 0, "\(place.errors)")
      #expect(place.type("solve from=C as=H2") == 0, "\(place.errors)")
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("C") == place.hash("C"))
      #expect(try again.hash("H2") == place.hash("H2"))
    }

    @Test func classesAreWeighedHoweverTheyAreBalanced() throws {
      func hash(_ balance: String) throws -> String {
        let place = try Workplace()
        let data = Workplace.ingredients.replacing("limit=40", with: "limit=40 balance=\(balance)")
        #expect(place.type(data + "\nsolve l2=0.1 as=H") == 0, "\(place.errors)")
        return try place.hash("H")
      }
      #expect(try hash("weights") == hash("sampler"))
    }

    @Test func aRunIsKeptOnDiskAndBroughtBack() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      let recipe = Workplace.ingredients + "\nsolve as=H"
      #expect(place.replay(recipe + "\nexpect H.accuracy > 1") == 3)
      let other = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      #expect(other.replay(recipe) == 0)
      #expect(other.errors.contains("H is taken from disk"))
      #expect(other.output.contains(#/H: val\.accuracy .*, l2 [\d.e-]+, weights /#))
      #expect(try other.hash("H") == place.hash("H"))
      #expect(
        other.recipe.split(separator: "\n").dropFirst()
          == place.recipe.split(separator: "\n").dropFirst())
      #expect(other.type("runs all") == 0)
      #expect(other.output.contains("solve l2=auto folds=5"))
      #expect(other.type("load run=H as=L") == 0, "\(other.errors)")
      #expect(try other.hash("L") == place.hash("H"))
      #expect(other.type("resume H epochs=+1") == 1)
      #expect(other.errors.contains("the head of H is solved"))
    }

    @Test(arguments: [true, false]) func controlCKeepsNothingAndSaysSo(isTyped: Bool) throws {
      let press = Mutex(false)
      let place = try Workplace(stateFolder: TemporaryFolder.make()) { text, interrupts in
        guard text.contains("are computed once and kept") else { return }
        press.withLock { isPressed in
          if !isPressed { interrupts.press() }
          isPressed = true
        }
      }
      let line = Workplace.ingredients + "\nsolve as=H"
      #expect((isTyped ? place.type(line) : place.replay(line)) == (isTyped ? 0 : 130))
      let said = place.output + place.errors
      #expect(said.contains("stopped H before its first update, nothing is kept"), "\(said)")
      #expect(!place.recipe.contains("solve"))
      let again = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      #expect((isTyped ? again.type(line) : again.replay(line)) == 0, "\(again.errors)")
      #expect(try again.hash("H") == Self.solved().hash("H"))
    }

    @Test func whatCannotBeSolvedIsRefusedBeforeAnythingRuns() throws {
      for (head, sentence) in [
        ("mlp", "not of head mlp hidden=512"), ("cosine", "not of head cosine"),
      ] {
        let place = try Workplace()
        let status = place.replay(Workplace.ingredients + " ; head \(head)\nseed 3\nsolve")
        #expect(status == 2, "\(head): \(place.errors)")
        #expect(place.errors.contains(sentence), "\(place.errors)")
        #expect(place.session.seed == 0)
      }
      let place = try Workplace()
      #expect(place.type("encoder resnet20 weights=random size=16\nsolve") == 1)
      #expect(place.type("solve l2=0") == 2)
      #expect(place.type("solve l2=weak") == 2)
      #expect(place.type("solve from=X") == 1)
    }

    @Test(arguments: ["prototype", "knn k=3"]) func headsOfFeaturesAreSolvedAndNotTrained(
      head: String
    ) throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      place.type(Workplace.ingredients + "\nhead \(head)")
      #expect(place.type("solve as=H ; evaluate H on=val") == 0, "\(place.errors)")
      #expect(!place.output.contains("l2"))
      let accuracy = try place.session.metric(named: "H.accuracy")
      #expect(place.type("train epochs=1") == 2)
      #expect(place.errors.contains("is computed from the training images and not trained"))
      #expect(place.type("solve l2=1") == 2)
      #expect(place.type("save h.safetensors") == 0, "\(place.errors)")
      let recipe = place.recipe
      #expect(place.type("export h.onnx") == 1)
      #expect(place.errors.contains("cannot be exported to ONNX"))

      let other = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      other.type("data demo:shapes limit=40 ; load h.safetensors as=L")
      #expect(other.type("evaluate L on=val") == 0, "\(other.errors)")
      #expect(try other.session.metric(named: "L.accuracy") == accuracy)
      #expect(try other.hash("L") == place.hash("H"))

      let again = try Workplace(threads: 1)
      #expect(again.replay(recipe) == 0, "\(again.errors)")
      #expect(try again.hash("H") == place.hash("H"))
      let brought = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      #expect(brought.type("load run=H as=B") == 0, "\(brought.errors)")
      #expect(try brought.hash("B") == place.hash("H"))
    }

    @Test func aRehearsalTellsWhatItTakes() throws {
      let place = try Workplace()
      let file = SourceFile(
        name: "test.graft", text: Workplace.ingredients + "\nsolve as=H", folder: place.folder)
      let options = Executor.Options(isDryRun: true)
      #expect(Executor(place.session).run(file, mode: .recipe, options: options) == 0)
      #expect(place.output.contains("by       solve l2=auto folds=5"), "\(place.output)")
      #expect(place.session.workbench.runs.isEmpty)
    }
  }
}
