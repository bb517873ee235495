import Foundation
import GraftBase
import Testing

@testable import GraftTraining
@testable import GraftWorkbench

extension EndToEnd {
  /// Options of the training loop, as they are typed.
  @Suite struct LoopTests {
    @Test func keepBestEndsWithTheBestEpoch() throws {
      let place = try Workplace()
      #expect(
        place.type(
          Workplace.ingredients
            + "\ntrain epochs=8 batch=16 policy=B lr=0.003 augment=none keep=best as=B") == 0,
        "\(place.errors)")
      let run = try place.session.requireRun("B")
      let result = try #require(run.result)
      let best = try #require(result.bestEpoch)
      #expect(best < 8, "the last epoch is the best")
      #expect(result.validation?.meanLoss == result.history[best - 1].validationLoss)
      #expect(place.errors.contains("B: the weights of the epoch with the best validation score"))
      #expect(place.output.contains("B: epoch \(best) was the best; kept"))
      #expect(place.recipe.contains("keep=best"))
    }

    @Test func keepBestNeedsValidationImages() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.folder + "/images", perClass: 4)
      // A table whose classes are numbered is divided as it says.
      let rows = (0..<4).flatMap { ["green/\($0).png,0,train", "red/\($0).png,1,train"] }
      try (["file,class_index,split"] + rows).joined(separator: "\n")
        .write(toFile: place.folder + "/images/manifest.csv", atomically: true, encoding: .utf8)
      #expect(place.type("encoder resnet20 weights=random size=16 ; data images") == 0)
      #expect(place.type("train epochs=1 batch=4 keep=last") == 0, "\(place.errors)")
      #expect(place.type("train epochs=1 batch=4 keep=best") == 2)
      #expect(place.errors.contains("there are no validation images"))
      #expect(place.type("train epochs=1 batch=4 policy=B schedule=plateau") == 2)
      #expect(place.errors.contains("schedule=plateau watches the validation loss"))
    }

    @Test func averagesAndAccumulationAreTypedStoppedAndReplayed() throws {
      let place = try Workplace()
      let train = "train epochs=3 batch=8 policy=B lr=0.003 augment=none"
      let lines = """
        \(train) as=P
        \(train) accumulate=1 ema=no as=Q
        \(train) accumulate=3 as=U
        \(train) accumulate=3 stop=2 as=V
        resume V
        \(train) ema=0.9 as=E
        \(train) ema=0.9 stop=5 as=F
        resume F
        finetune epochs=2 batch=8 ema=yes accumulate=2 keep=best as=T
        """
      #expect(place.type(Workplace.ingredients + "\n" + lines) == 0, "\(place.errors)")
      let hashes = try ["P", "U", "E", "T"].map { try place.hash($0) }
      #expect(Set(hashes).count == 4)
      #expect(try place.hash("Q") == hashes[0], "what is not used changes nothing")
      #expect(try place.hash("V") == hashes[1] && place.hash("F") == hashes[2])
      #expect(try place.session.requireRun("U").prepared?.totalSteps == 6)
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try ["P", "U", "E", "T"].map { try again.hash($0) } == hashes)
      for wrong in ["ema=1", "ema=-0.1", "ema=often", "accumulate=0", "keep=first"] {
        #expect(place.type("train epochs=1 \(wrong)") == 2, "\(wrong)")
      }
    }

    @Test func schedulesTakeArgumentsInBrackets() throws {
      let place = try Workplace()
      let train = "train epochs=3 batch=16 policy=B augment=none"
      let lines = """
        \(train) schedule=step as=S
        \(train) schedule=step(parts=3) as=T
        \(train) schedule=step(factor=0.5, parts=2) as=U
        \(train) schedule=plateau(factor=0.5, patience=0) lr=0.01 as=P
        """
      #expect(place.type(Workplace.ingredients + "\n" + lines) == 0, "\(place.errors)")
      #expect(try place.hash("S") == place.hash("T"), "that is the usual")
      #expect(try place.hash("S") != place.hash("U"))
      let runs = try ["S", "T", "P"].map { try place.session.requireRun($0).prepared?.phases[0] }
      #expect(
        runs.map { "\($0.map { "\($0.settings.schedule)" } ?? "")" } == [
          "step", "step", "plateau(factor=0.5, patience=0)",
        ])
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("P") == place.hash("P") && again.hash("U") == place.hash("U"))
    }

    @Test(arguments: [
      ("plateau(factr=0.5)", "`plateau` has no parameter `factr`"),
      ("plateau(0.5)", "`plateau` has no parameter `0.5`"),
      ("plateau(factor=2)", "`factor` of `plateau` cannot be `2`"),
      ("plateau(patience=1.5)", "`patience` of `plateau` cannot be `1.5`"),
      ("plateau(patience=1, patience=2)", "twice"),
      ("plato(patience=1)", "`schedule` cannot be `plato`"),
      ("cosine(rise=0.1)", "`cosine` has no parameter `rise`"),
    ])
    func wrongArgumentsInBracketsAreRefused(text: String, message: String) throws {
      let place = try Workplace()
      #expect(place.type(Workplace.ingredients) == 0)
      #expect(place.type("train epochs=1 schedule=\(text)") == 2)
      #expect(place.errors.contains(message), "\(place.errors)")
    }
  }
}
