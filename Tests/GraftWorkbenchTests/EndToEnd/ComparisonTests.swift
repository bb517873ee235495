import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `compare` of runs that are there, and of trainings that are not.
  @Suite struct ComparisonTests {
    /// The runs by the names of the table's rows, and the event.
    private func compared(_ place: Workplace) throws -> [String: Any] {
      try #require(try place.events("compare").last)
    }

    @Test func finishedRunsAreComparedAsTheyAre() throws {
      let place = try Workplace(format: .json)
      place.type(Workplace.ingredients)
      #expect(place.type("train epochs=1 policy=A as=A\ntrain epochs=1 policy=B as=B") == 0)
      let hashes = try [place.hash("A"), place.hash("B")]
      #expect(place.type("compare A B to=all.csv") == 0, "\(place.errors)")
      let event = try compared(place)
      let entries = try #require(event["entries"] as? [[String: Any]])
      #expect(entries.map { $0["label"] as? String } == ["A", "B"])
      #expect(
        entries.map { $0["score"] as? Double } == [
          place.session.metrics["A.val.accuracy"], place.session.metrics["B.val.accuracy"],
        ])
      #expect(try [place.hash("A"), place.hash("B")] == hashes)
      // The table of predictions agrees with the counts.
      let rows = try String(contentsOfFile: place.folder + "/all.csv", encoding: .utf8)
        .split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
      #expect(rows.count == event["images"] as? Int)
      let right = (2...3).map { column in rows.count { $0[1] == $0[column] } }
      #expect(
        entries.map { $0["score"] as? Double } == right.map { Double($0) / Double(rows.count) })
      let loser = try #require(entries.first { $0["label"] as? String != event["best"] as? String })
      let (own, best) = loser["label"] as? String == "A" ? (2, 3) : (3, 2)
      #expect(
        loser["worse"] as? Int == rows.count { $0[1] == $0[best] && $0[1] != $0[own] })
    }

    @Test func whatIsMissingIsTrainedWithTheSameSeeds() throws {
      let folder = try TemporaryFolder.make()
      let place = try Workplace(stateFolder: folder + "/state")
      place.type(Workplace.ingredients)
      #expect(place.type("compare A B seeds=2 epochs=1 batch=16") == 0, "\(place.errors)")
      #expect(place.session.workbench.runs.map(\.name) == ["A_1", "B_1"])
      #expect(place.session.seed == 0 && place.session.workbench.policy.letter == "A")
      #expect(place.type("load run=B_2 as=second") == 0, "\(place.errors)")
      // A training of its own with that seed has the same weights.
      let alone = try Workplace()
      alone.type(Workplace.ingredients)
      alone.type(
        "train policy=B epochs=1 batch=16 as=B1\nseed 1\ntrain policy=B epochs=1 batch=16 as=B2")
      #expect(try alone.hash("B1") == place.hash("B_1"))
      #expect(try alone.hash("B2") == place.hash("second"))
    }

    @Test func theSameTrainingIsNotRepeated() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      place.type(Workplace.ingredients)
      #expect(place.type("train policy=A epochs=1 as=mine") == 0)
      #expect(place.type("compare A B epochs=1") == 0, "\(place.errors)")
      #expect(place.errors.contains("mine is the same training and is not repeated"))
      #expect(place.session.workbench.runs.map(\.name) == ["mine", "B"])
      let table = place.output
      let steps = place.errors.count { $0 == "\n" }
      #expect(place.type("compare A B epochs=1") == 0)
      #expect(place.errors.contains("B is the same training"))
      #expect(
        !place.errors.split(separator: "\n").dropFirst(steps).contains { $0.hasPrefix("train ") })
      #expect(place.output.hasPrefix(table))
      // In another session the disk has them.
      let again = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      again.type(Workplace.ingredients)
      #expect(again.type("compare A B epochs=1") == 0)
      #expect(again.errors.contains("B is taken from disk"))
      #expect(try again.hash("B") == place.hash("B"))
    }

    @Test func headsPipelinesAndEncodersCompareToo() throws {
      let place = try Workplace(format: .json)
      place.type(Workplace.ingredients)
      place.type("augment flip as=mild")
      #expect(place.type("compare heads=[linear, mlp] epochs=1") == 0, "\(place.errors)")
      #expect(
        place.session.workbench.runs.map { $0.model.headKind.description.prefix(3) } == [
          "lin", "mlp",
        ])
      #expect(
        place.type("compare pipelines=[none, mild, [flip, noise(0.1)]] policy=B epochs=1") == 0,
        "\(place.errors)")
      let entries = try #require(try compared(place)["entries"] as? [[String: Any]])
      #expect(entries.map { $0["label"] as? String } == ["none", "mild", "[flip, noise(0.1)]"])
      #expect(place.session.workbench.pipeline.text == "flip")
      #expect(place.type("compare A B heads=[linear, mlp] epochs=1") == 0, "\(place.errors)")
      #expect(try (compared(place)["entries"] as? [Any])?.count == 4)
    }

    /// A solved head is the baseline of trainings; earlier runs of a name count by their own.
    @Test(arguments: [true, false])
    func runsAndVariantsAreComparedTogether(_ hasDisk: Bool) throws {
      let state = hasDisk ? try TemporaryFolder.make() : nil
      let place = try Workplace(format: .json, stateFolder: state)
      place.type(Workplace.ingredients)
      place.type("solve\ntrain epochs=1 as=R\ntrain epochs=2 as=R")
      let base = try place.hash("head")
      #expect(place.type("compare head R~1 A B epochs=1") == 0, "\(place.errors)")
      let entries = try #require(try compared(place)["entries"] as? [[String: Any]])
      #expect(entries.map { $0["label"] as? String } == ["head", "R~1", "A", "B"])
      // R~1 was trained as A is.
      #expect(entries[1]["score"] as? Double == entries[2]["score"] as? Double)
      #expect(entries.allSatisfy { $0["score"] is Double && $0["cpu_seconds"] is Double })
      #expect(try place.hash("head") == base)
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("head") == base)
    }

    @Test func aComparisonReplays() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(place.type("compare A B epochs=1 batch=16\nuse B\nsave b.safetensors") == 0)
      let recipe = place.recipe
      #expect(recipe.contains("compare A B epochs=1 batch=16") && !recipe.contains("train"))
      let again = try Workplace()
      #expect(again.replay(recipe) == 0, "\(again.errors)")
      #expect(try again.hash("B") == place.hash("B"))
      #expect(again.recipe == recipe)
    }

    /// Its trainings are no lines of their own, neither in the journal nor in the file of `record`.
    @Test func onlyTheLineThatComparesIsRecorded() throws {
      let place = try Workplace()
      let journal = Journal(stateFolder: place.folder + "/state")
      place.session.journal = journal
      place.type(Workplace.ingredients)
      place.type("record session.graft\ncompare A B seeds=2 epochs=1 batch=16\nrecord off")
      #expect(place.session.seed == 0)
      for path in [place.path("session.graft"), journal.path] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("compare A B seeds=2 epochs=1 batch=16"), "\(text)")
        #expect(!text.contains("train policy") && !text.contains("seed 1"), "\(text)")
      }
    }

    @Test func aRateIsFoundForEachTrainingAndOnce() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(place.type("compare A B lr=auto epochs=1 batch=16") == 0, "\(place.errors)")
      #expect(place.recipe.contains("compare A B lr=auto epochs=1 batch=16"))
      #expect(place.errors.split(separator: "\n").count { $0.contains("lr=auto is") } == 2)
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try ["A", "B"].map(again.hash) == ["A", "B"].map(place.hash))
      let alone = try Workplace()
      alone.type(Workplace.ingredients)
      alone.type("train policy=B lr=auto epochs=1 batch=16 as=B")
      #expect(try alone.hash("B") == place.hash("B"))
      #expect(!alone.recipe.contains("lr=auto"))
    }

    @Test func aStoppedComparisonGoesOn() throws {
      let state = try TemporaryFolder.make()
      let place = try Workplace(stateFolder: state) { text, interrupts in
        if text.contains("train B") { interrupts.press() }
      }
      place.type(Workplace.ingredients)
      #expect(place.type("compare A B epochs=3 batch=16") != 0)
      #expect(place.errors.contains("the same line goes on from there"))
      let again = try Workplace(folder: place.folder, stateFolder: state)
      again.type(Workplace.ingredients)
      #expect(again.type("compare A B epochs=3 batch=16") == 0, "\(again.errors)")
      #expect(again.errors.contains("A is taken from disk"))
      #expect(again.errors.contains("B continues from step"))
      let whole = try Workplace()
      whole.type(Workplace.ingredients)
      whole.type("train policy=B epochs=3 batch=16 as=B")
      #expect(try again.hash("B") == whole.hash("B"))
    }

    @Test(arguments: [
      ("compare", "there are no two runs to compare"), ("compare A", "only one way to train"),
      ("compare A B Z", "`Z` is neither a run nor one of the variants A, B, C and gradual"),
      ("compare a B", "did you mean `A`?"),
      ("train epochs=1 as=R ; compare R A seeds=2", "`R` is one training"),
      (
        "train epochs=1 as=R ; train epochs=1 as=S ; compare R S batch=16",
        "`batch` is for trainings"
      ), ("compare A B on=test", "has no test images"),
      ("compare A B metric=iou epochs=1", "has no score `iou`"),
      ("compare A B lr=1e-4..1e-2", "policy A has one rate, not a range"),
      ("compare A B to=nowhere/at/../../../../../all.csv", "only inside its own folder"),
      ("compare A B loss=dice", "loss=dice"),
    ])
    func whatCannotBeComparedIsRefusedBeforeAnythingRuns(_ line: String, _ message: String) throws {
      let place = try Workplace()
      let status = place.replay(Workplace.ingredients + "\n" + line)
      #expect(status == (message.contains("score") ? 1 : 2), "\(place.errors)")
      #expect(place.errors.contains(message), "\(place.errors)")
      if status == 2 { #expect(!place.errors.contains("epoch 1/")) }
    }
  }
}
