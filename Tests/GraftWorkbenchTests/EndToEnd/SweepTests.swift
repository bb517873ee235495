import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `sweep` over values of a grid, and over random ones.
  @Suite struct SweepTests {
    private func swept(_ place: Workplace) throws -> [[String: Any]] {
      let event = try #require(try place.events("sweep").last)
      return try #require(event["trials"] as? [[String: Any]])
    }

    /// The values of a trial by key.
    private func values(_ trial: [String: Any]) -> [String: String] {
      let pairs = (trial["values"] as? [[String: String]] ?? []).map {
        ($0["key"] ?? "", $0["value"] ?? "")
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    }

    @Test func aGridTriesEveryCombinationAndKeepsTheBest() throws {
      let place = try Workplace(format: .json, stateFolder: TemporaryFolder.make())
      place.type(Workplace.ingredients)
      let line = "sweep lr=[1e-3, 1e-1] batch=[8, 16] policy=A epochs=2"
      #expect(place.type(line + " to=all.csv") == 0, "\(place.errors)")
      let trials = try swept(place)
      #expect(trials.count == 4)
      let scores = trials.compactMap { $0["score"] as? Double }
      #expect(scores == scores.sorted(by: >) && scores.count == 4)
      let best = try #require(trials[0]["run"] as? String)
      #expect(place.session.currentRun == best)
      #expect(place.session.workbench.runs.map(\.name) == [best])
      let values = values(trials[0])
      // A training of its own with these values has the same weights.
      let alone = try Workplace()
      alone.type(Workplace.ingredients)
      alone.type(
        "train policy=A epochs=2 lr=\(values["lr"] ?? "") batch=\(values["batch"] ?? "") as=R")
      #expect(try alone.hash("R") == place.hash(best))
      let rows = try String(contentsOfFile: place.folder + "/all.csv", encoding: .utf8)
        .split(separator: "\n")
      #expect(rows.count == 5 && rows[0] == "run,lr,batch,accuracy,step,steps,seconds")
      #expect(place.recipe.contains(line) && place.recipe.contains("as=sweep"))
      #expect(place.type("save m.safetensors") == 0)
    }

    @Test func randomTrialsAreTheSameAgain() throws {
      func drawnValues() throws -> [[String: String]] {
        let place = try Workplace(format: .json)
        place.type(Workplace.ingredients)
        let line =
          "sweep lr=1e-4..1e-1 decay=0..0.1 batch=4..32 head=[linear, mlp] trials=6 epochs=1"
        #expect(place.type(line) == 0, "\(place.errors)")
        return try swept(place).map(values)
      }
      let drawn = try drawnValues()
      #expect(try drawnValues() == drawn && drawn.count == 6)
      for trial in drawn {
        let rate = try #require(trial["lr"].flatMap(Double.init))
        let decay = try #require(trial["decay"].flatMap(Double.init))
        let batch = try #require(trial["batch"].flatMap(Int.init))
        #expect(
          (1e-4...1e-1).contains(rate) && (0...0.1).contains(decay) && (4...32).contains(batch))
        #expect(["linear", "mlp"].contains(trial["head"]))
      }
      // Of rates over a thousandfold, evenly in the logarithm, half are below the middle.
      #expect(Set(drawn.map { $0["lr"] }).count == 6)
    }

    /// A trial that is stopped within an epoch has the score of its averages, which it would keep at its end.
    @Test func halvingComparesTheAveragesThatWouldBeKept() throws {
      let place = try Workplace(format: .json, stateFolder: TemporaryFolder.make())
      place.type(Workplace.ingredients)
      let line = "policy=A batch=8 epochs=3 ema=0.5"
      #expect(
        place.type("sweep lr=[1e-3, 1e-2] \(line) halving=yes by=loss") == 0, "\(place.errors)")
      let stopped = try #require(try swept(place).last)
      #expect(stopped["step"] as? Int == 3)
      let rate = try #require(values(stopped)["lr"])
      let alone = try Workplace()
      alone.type(Workplace.ingredients)
      #expect(alone.type("train lr=\(rate) \(line) stop=3 as=R") == 0, "\(alone.errors)")
      let run = try alone.session.requireRun("R")
      let own = try #require(alone.session.metrics["R.val.loss"])
      for (name, values) in try #require(run.state).averages {
        run.model.parameter(name)?.slice.copy(from: values.slice)
        run.model.parameter(name)?.markChanged()
      }
      #expect(alone.type("evaluate R") == 0, "\(alone.errors)")
      let averaged = try #require(alone.session.metrics["R.val.loss"])
      let score = try #require(stopped["score"] as? Double)
      #expect(
        abs(score - averaged) < 1e-5 && abs(score - own) > 1e-4, "\(score) \(own) \(averaged)")
    }

    @Test func halvingStopsTheWorseAndFinishesTheBestAsIfAlone() throws {
      let place = try Workplace(format: .json, stateFolder: TemporaryFolder.make())
      place.type(Workplace.ingredients)
      let line = "sweep lr=[1e-4, 1e-3, 1e-2, 1e-1] policy=A batch=8 epochs=4 halving=yes"
      #expect(place.type(line) == 0, "\(place.errors)")
      let trials = try swept(place)
      let steps = trials.compactMap { $0["step"] as? Int }
      #expect(steps == [16, 8, 4, 4])
      let best = try #require(trials[0]["run"] as? String)
      let rate = try #require(values(trials[0])["lr"])
      let alone = try Workplace()
      alone.type(Workplace.ingredients)
      alone.type("train policy=A batch=8 epochs=4 lr=\(rate) as=R")
      #expect(try alone.hash("R") == place.hash(best))
      // Without a disk the same trials win.
      let memory = try Workplace(format: .json)
      memory.type(Workplace.ingredients)
      #expect(memory.type(line) == 0)
      #expect(try swept(memory).map { $0["run"] as? String } == trials.map { $0["run"] as? String })
      #expect(try memory.hash(best) == place.hash(best))
    }

    @Test func anInterruptedSweepGoesOn() throws {
      let state = try TemporaryFolder.make()
      let place = try Workplace(stateFolder: state) { text, interrupts in
        if text.contains("train sweep_3") { interrupts.press() }
      }
      let line = "sweep lr=[1e-4, 1e-3, 1e-2] policy=B batch=16 epochs=2"
      place.type(Workplace.ingredients)
      #expect(place.type(line) != 0)
      #expect(place.errors.contains("the same line goes on from there"))
      #expect(place.session.journal == nil && place.session.workbench.policy.letter == "A")
      let again = try Workplace(folder: place.folder, stateFolder: state)
      again.type(Workplace.ingredients)
      #expect(again.type(line) == 0, "\(again.errors)")
      #expect(again.errors.contains("sweep_1 is taken from disk"))
      #expect(again.errors.contains("sweep_3 continues from step"))
    }

    @Test(arguments: [
      ("sweep", "needs an argument with several values"),
      ("sweep lr=1e-3 trials=4", "several values"),
      ("sweep decay=0..0.1", "is a range to draw from"), ("sweep lr=[1e-3,fast]", "lr"),
      ("sweep lr=[1e-3,1e-2] by=iou", "have no score `iou`"),
      ("sweep batch=[8,100000]", "batch"), ("sweep encoder=[resnet20,nosuch] epochs=1", "nosuch"),
      ("sweep policy=[A,B] lr=[1e-4..1e-2]", "policy A has one rate"),
    ])
    func whatCannotBeSweptIsRefusedBeforeAnythingRuns(_ line: String, _ message: String) throws {
      let place = try Workplace()
      #expect(
        [2, 4].contains(place.replay(Workplace.ingredients + "\n" + line)), "\(place.errors)")
      #expect(place.errors.contains(message), "\(place.errors)")
      #expect(!place.errors.contains("epoch 1/"))
    }
  }
}
