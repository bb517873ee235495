import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Runs whose name a later run took: `A~1`, as in Git.
  @Suite struct EarlierRunTests {
    private static func train(_ epochs: Int) -> String { "train epochs=\(epochs) batch=16 as=A" }

    /// Three runs of one name; returns their weights, the latest first.
    private static func trained(_ place: Workplace) throws -> [String] {
      var hashes: [String] = []
      #expect(place.type(Workplace.ingredients) == 0)
      for epochs in 1...3 {
        #expect(place.type(train(epochs)) == 0, "\(place.errors)")
        hashes.insert(try place.hash("A"), at: 0)
      }
      return hashes
    }

    @Test(arguments: [true, false])
    func earlierRunsAreUsedByTheirNames(_ hasDisk: Bool) throws {
      let place = try Workplace(stateFolder: hasDisk ? TemporaryFolder.make() : nil)
      let hashes = try Self.trained(place)
      #expect(Set(hashes).count == 3)
      #expect(place.errors.contains("the earlier A is now A~1"))
      // Weights that are on the disk take no memory.
      #expect(place.session.workbench.runs.count == (hasDisk ? 1 : 3))
      #expect(place.session.vocabulary.names(.run).sorted() == ["A", "A~1", "A~2"])
      place.capture.clear()
      #expect(place.type("runs") == 0)
      for name in ["A", "A~1", "A~2"] { #expect(place.output.contains("  \(name) ")) }
      #expect(try ["A", "A~1", "A~2"].map(place.hash) == hashes)
      let losses = try ["A", "A~1", "A~2"].map {
        try place.session.metric(named: $0 + ".train.loss")
      }
      #expect(Set(losses).count == 3)
      #expect(
        place.type("use A~2\nevaluate\nexpect A~1.accuracy >= 0\ndiff A~1 A\nevaluate A~1") == 0,
        "\(place.errors)")
      #expect(place.output.contains("A~2 on val") && place.output.contains("A~1 on val"))
      #expect(place.type("train epochs=1 batch=16 from=A~1 as=B") == 0)
      #expect(place.type("resume A~1 epochs=+1") == 1)
      #expect(place.errors.contains("`resume` continues the latest"))
      #expect(place.type("drop A~1") == 2 && place.type("use A~3") == 2)
      if hasDisk {
        #expect(place.type("load run=A~1 as=old") == 0, "\(place.errors)")
        #expect(try place.hash("old") == hashes[1])
      }
      #expect(place.type("use B ; drop A") == 0)
      #expect(!place.session.vocabulary.names(.run).contains { $0.hasPrefix("A") })
      #expect(!place.session.metrics.keys.contains { $0.hasPrefix("A") })
    }

    @Test func recipesHaveTheEarlierRunsTheyNeed() throws {
      let place = try Workplace()
      let hashes = try Self.trained(place)
      func trainings() -> [String] {
        place.recipe.matches(of: /epochs=(\d)/).map { String($0.1) }
      }
      #expect(trainings() == ["3"])
      #expect(place.type("expect A~1.train.loss >= 0") == 0)
      #expect(trainings() == ["2", "3"])
      #expect(place.type("use A~2 ; save out/m.safetensors") == 0)
      #expect(trainings() == ["1", "2", "3"])
      let recipe = place.recipe
      let again = try Workplace()
      #expect(again.replay(recipe) == 0, "\(recipe)\(again.errors)")
      #expect(again.recipe == recipe)
      #expect(try ["A", "A~1", "A~2"].map(again.hash) == hashes)
      // A file holds what leads to its own run.
      #expect(again.type("load out/m.safetensors as=M") == 0)
      #expect(try again.hash("M") == hashes[2])
      let own = try #require(again.session.requireRun("M").recipe)
      #expect(own.contains("epochs=1") && own.contains("epochs=3"), "\(own)")
    }

    /// Where the folder on disk is that of the new training as well, the earlier weights stay.
    @Test func theSameTrainingAgainKeepsTheEarlierWeights() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      let hashes = try Self.trained(place)
      #expect(place.type(Self.train(1) + " stop=1") == 0, "\(place.errors)")
      #expect(place.type("use A~3") == 0)
      #expect(try (1...3).map { try place.hash("A~\($0)") } == hashes)
      // What the new state replaced on the disk cannot come back by `undo`.
      #expect(place.type("undo") == 0 && place.type("undo") == 1)
    }

    @Test func undoTakesTheNamesBack() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      let hashes = try Self.trained(place)
      #expect(place.type("undo") == 0)
      #expect(try ["A", "A~1"].map(place.hash) == [hashes[1], hashes[2]])
      #expect(place.type("redo") == 0)
      #expect(try ["A", "A~1", "A~2"].map(place.hash) == hashes)
    }

    @Test func aPlanKnowsItsEarlierRuns() throws {
      let place = try Workplace()
      let lines = "\(Workplace.ingredients)\n\(Self.train(1))\n\(Self.train(2))\n"
      #expect(place.replay(lines + "use A~2") == 2)
      #expect(place.errors.contains("there is no run `A~2`"), "\(place.errors)")
      #expect(place.session.workbench.runs.isEmpty)
      #expect(place.replay(lines + "use A~1") == 0, "\(place.errors)")
    }
  }
}
