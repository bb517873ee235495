import Foundation
import GraftBase
import Synchronization
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// A run that stops and resumes ends with the bits of one that never stopped.
  @Suite struct StoppingTests {
    private static let training = "train epochs=3 batch=16 policy=B augment=flip"

    static func uninterrupted(_ line: String, run: String) throws -> String {
      let place = try Workplace()
      #expect(place.type(Workplace.ingredients + "\n" + line) == 0, "\(place.errors)")
      return try place.hash(run)
    }

    @Test(arguments: [1, 2, 5])
    func aStopAndAResumeAreOneRun(_ stop: Int) throws {
      let whole = try Self.uninterrupted(Self.training + " as=B", run: "B")
      let place = try Workplace()
      place.type(Workplace.ingredients + "\n" + Self.training + " as=B stop=\(stop)")
      #expect(place.output.contains("stopped B at step \(stop) of 6, weights kept"))
      #expect(try place.hash("B") != whole)
      #expect(place.type("resume B") == 0, "\(place.errors)")
      #expect(try place.hash("B") == whole)
    }

    @Test(arguments: [1, 2, 3])
    func aStopInEitherPhaseOfFinetuneResumes(_ stop: Int) throws {
      let line = "finetune epochs=1 batch=16 as=F"
      let whole = try Self.uninterrupted(line, run: "F")
      let place = try Workplace()
      place.type(Workplace.ingredients + "\n" + line + " stop=\(stop)")
      #expect(place.type("resume") == 0, "\(place.errors)")
      #expect(try place.hash("F") == whole)
    }

    @Test func controlCStopsKeepsAndIsRecorded() throws {
      let whole = try Self.uninterrupted(Self.training + " as=B", run: "B")
      let press = Presser { $0.hasPrefix("\r") }
      let place = try Workplace(
        stateFolder: TemporaryFolder.make(), isProgressTerminal: true, watch: press.watch)
      place.type(Workplace.ingredients)
      #expect(place.type(Self.training + " as=B") == 0)
      #expect(
        place.output.contains("stopped B at step 1 of 6, weights kept - `resume B` continues"))
      #expect(place.recipe.contains("as=B stop=1"))
      let stopped = try place.hash("B")
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("B") == stopped)
      #expect(
        again.recipe.split(separator: "\n").dropFirst()
          == place.recipe.split(separator: "\n").dropFirst())
      #expect(place.type("resume B") == 0)
      #expect(try place.hash("B") == whole)
    }

    @Test func aSecondControlCGoesBackToTheLastEpoch() throws {
      let press = Presser(times: 2) { $0.hasPrefix("\r") && $0.contains("2/3") }
      let place = try Workplace(isProgressTerminal: true, watch: press.watch)
      place.type(Workplace.ingredients)
      #expect(place.type(Self.training + " as=B") == 0)
      // Whether the press falls into the second epoch or on its end is up to the clock.
      let step = try #require([2, 4].first { place.recipe.contains("as=B stop=\($0)") })
      #expect(place.output.contains("stopped B at step \(step) of 6"))
      #expect(place.type("resume B") == 0)
      #expect(try place.hash("B") == Self.uninterrupted(Self.training + " as=B", run: "B"))
    }

    /// A scan that Ctrl-C ended changed nothing, so a replay does not have it.
    @Test func aCommandThatWasStoppedBeforeItDidAnythingIsNotRecorded() throws {
      let place = try Workplace()
      #expect(place.type("encoder resnet20 weights=random size=16\ndata demo:shapes") == 0)
      _ = try Shapes.write(to: place.path("flowers"), perClass: 4)
      let before = place.recipe
      let file = SourceFile(
        name: "prompt", text: "data flowers", folder: place.folder, isTyped: true)
      let step = try #require(Executor(place.session).bind(file, mode: .prompt).steps.first)
      place.session.interrupts.press()
      #expect { try place.session.perform(step) } throws: {
        ($0 as? GraftError)?.code == .interrupted
      }
      #expect(place.recipe == before, "\(place.recipe)")
    }

    @Test func anAbortInTheFirstEpochKeepsNothing() throws {
      let press = Presser(times: 2) { $0.hasPrefix("\r") }
      let place = try Workplace(isProgressTerminal: true, watch: press.watch)
      place.type(Workplace.ingredients)
      #expect(place.type(Self.training + " as=B") == 0)
      #expect(place.output.contains("stopped B before its first update, nothing is kept"))
      #expect(place.session.workbench.runs.isEmpty)
      #expect(!place.recipe.contains("train"))
    }

    @Test func inARecipeItEndsWith130AndTheSameCommandContinues() throws {
      let recipe = Workplace.ingredients + "\n" + Self.training + " as=B\nsave model.safetensors"
      let whole = try Self.uninterrupted(Self.training + " as=B", run: "B")
      let press = Presser { $0.contains("epoch 2/3") }
      let place = try Workplace(watch: press.watch)
      place.session.stateFolder = place.path("state")
      #expect(place.replay(recipe) == 130)
      #expect(place.errors.contains("the same command continues from step 4"))
      #expect(!FileManager.default.fileExists(atPath: place.path("model.safetensors")))
      // A training of something else does not take it.
      let other = try Workplace(folder: place.folder, stateFolder: place.path("state"))
      #expect(other.replay(recipe.replacing("batch=16", with: "batch=15")) == 0)
      #expect(!other.errors.contains("continues from step"))
      let again = try Workplace(folder: place.folder, stateFolder: place.path("state"))
      #expect(again.replay(recipe) == 0, "\(again.errors)")
      #expect(again.errors.contains("B continues from step 4"))
      #expect(try again.hash("B") == whole)
      let third = try Workplace(folder: place.folder, stateFolder: place.path("state"))
      #expect(third.replay(recipe) == 0)
      #expect(!third.errors.contains("continues from step"))
      #expect(try third.hash("B") == whole)
    }

    @Test(.enabled(if: GraftProcess.isBuilt, "graft is not built beside the tests"))
    func theProgramContinuesAfterASignal() throws {
      let folder = try TemporaryFolder.make()
      let recipe =
        Workplace.ingredients + "\n" + Self.training.replacing("epochs=3", with: "epochs=200")
        + " as=B patience=1000"
      try recipe.write(toFile: folder + "/long.graft", atomically: true, encoding: .utf8)
      let terminal = try #require(GraftTerminal(folder: folder, arguments: ["long.graft"]))
      #expect(terminal.waits(for: "  2/200"))
      terminal.send("\u{3}")
      #expect(terminal.waits(for: "stopping after this batch"))
      #expect(terminal.waits(for: "the same command continues from step"))
      #expect(terminal.exitStatus() == 130)
      let again = try #require(GraftTerminal(folder: folder, arguments: ["long.graft"]))
      #expect(again.waits(for: "B continues from step"))
      again.signal(SIGTERM)
      #expect(again.exitStatus() == 143)
    }

    @Test(.enabled(if: GraftProcess.isBuilt, "graft is not built beside the tests"))
    func controlCAtThePromptReturnsThere() throws {
      let folder = try TemporaryFolder.make()
      let terminal = try #require(GraftTerminal(folder: folder))
      for line in Workplace.ingredients.split(separator: "\n") { terminal.send(line + "\r") }
      #expect(terminal.waits(for: "demo:shapes·resnet20> "))
      terminal.send("train epochs=500 batch=16 policy=B as=B\r")
      #expect(terminal.waits(for: "  2/500"))
      terminal.send("\u{3}")
      #expect(terminal.waits(for: "weights kept - `resume B` continues"))
      #expect(terminal.waits(for: "demo:shapes·resnet20·B*> "))
      #expect(terminal.answers("runs", with: "B lr=0.0001"))
      #expect(terminal.waits(for: "B*> "))
      terminal.send("quit\r")
      #expect(terminal.waits(for: "B is not saved"))
      terminal.send("quit\r")
      #expect(terminal.exitStatus() == 0)
    }
  }
}

/// Presses Ctrl-C when something is written.
private final class Presser: Sendable {
  private let hasPressed = Mutex(false)
  private let times: Int
  private let condition: @Sendable (String) -> Bool

  /// Presses so many times at once, when the condition holds for the first time.
  init(times: Int = 1, when condition: @escaping @Sendable (String) -> Bool) {
    self.times = times
    self.condition = condition
  }

  func watch(_ text: String, _ interrupts: Interrupts) {
    guard condition(text) else { return }
    let isFirst = hasPressed.withLock { hasPressed in
      defer { hasPressed = true }
      return !hasPressed
    }
    guard isFirst else { return }
    for _ in 0..<times { interrupts.press() }
  }
}
