import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `record FILE`, `--step` and `--fresh`.
  @Suite struct RecordTests {
    private func text(_ name: String, _ place: Workplace) throws -> String {
      try String(contentsOfFile: place.path(name), encoding: .utf8)
    }

    @Test func linesAreAddedAsTheyAreRecorded() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.path("shapes"), perClass: 2)
      #expect(place.type("seed 1\nrecord kept/a.graft\nseed 2\nrecord") == 0, "\(place.errors)")
      #expect(place.output.hasSuffix("records into kept/a.graft\n"))
      #expect(try text("kept/a.graft", place) == RecipeText.sealed("seed 2\n"))
      #expect(
        place.type("data shapes/ split=50/50\nevaluate\nseed 3\nundo\nrecord off\nseed 4") == 0)
      let lines = try text("kept/a.graft", place).split(separator: "\n").dropFirst()
      #expect(lines.count == 4 && lines.last == "undo", "\(lines)")
      #expect(
        lines.dropFirst().first?.hasPrefix("data ../shapes/ split=50/50  #= 4 images") == true)
      let again = try Workplace(folder: place.folder)
      let file = try SourceFile.read(place.path("kept/a.graft"), base: "/")
      #expect(Executor(again.session).run(file, mode: .recipe) == 0, "\(again.errors)")
      #expect(again.session.seed == 2)
      // What Graft wrote and nobody changed may be begun again.
      #expect(place.type("record kept/a.graft") == 0)
      #expect(try text("kept/a.graft", place) == RecipeText.sealed(""))
    }

    @Test func whatBeganBeforeTheFileIsNotUndoneInIt() throws {
      let place = try Workplace()
      #expect(
        place.type("seed 1\nrecord a.graft\nundo\nredo\nseed 2\nundo\nundo\nredo\nredo") == 0)
      #expect(try text("a.graft", place) == RecipeText.sealed("seed 2\nundo\nredo\n"))
      #expect(place.session.seed == 2)
    }

    @Test func filesOfOthersAreSpared() throws {
      let place = try Workplace()
      try "mine".write(toFile: place.path("mine.graft"), atomically: true, encoding: .utf8)
      #expect(place.type("record mine.graft") == 1)
      #expect(place.errors.contains("`mine.graft` is there already, and Graft did not write it"))
      #expect(try text("mine.graft", place) == "mine")
      #expect(place.type("record off") == 1 && place.type("record a.txt") == 2)
      #expect(place.errors.contains("help: record a.txt.graft"))
      #expect(place.type("record b.graft\nseed 1") == 0)
      try "changed".write(toFile: place.path("b.graft"), atomically: true, encoding: .utf8)
      #expect(place.type("seed 2\nseed 3") == 0)
      #expect(try text("b.graft", place) == "changed")
      #expect(place.errors.contains("nothing more is recorded into b.graft"), "\(place.errors)")
      #expect(place.replay("record c.graft") == 2)
    }

    @Test func stepsRunAreSkippedOrEndTheRecipe() throws {
      let place = try Workplace()
      var asked: [String] = []
      place.session.stepper = { step in
        asked.append(Printer.text(step.arguments.syntax))
        return switch asked.last {
        case "seed 2": .skip
        case "seed 4": .stop
        default: .run
        }
      }
      #expect(place.replay("seed 1\nseed 2\nseed 3\nseed 4\nseed 5") == 130)
      #expect(asked == ["seed 1", "seed 2", "seed 3", "seed 4"])
      #expect(place.output == "seed 1\nseed 3\n" && place.session.seed == 3)
      #expect(place.errors.contains("stopped before test.graft:4:1"), "\(place.errors)")
      // The prompt asks nothing.
      #expect(place.type("seed 4") == 0 && asked.count == 4)
    }

    @Test func answersAreReadUntilOneIsOne() throws {
      let capture = CapturedConsole()
      let binder = Executor(try Workplace().session).bind(
        SourceFile(name: "a.graft", text: "seed 7", folder: "/"), mode: .recipe)
      let step = try #require(binder.steps.first)
      for (lines, answer) in [
        ([""], StepAnswer.run), (["x", " S "], .skip), (["q"], .stop), ([], .stop),
      ] {
        let editor = Answers(lines)
        let question = StepQuestion(console: capture.console(), editor: editor)
        #expect(question.answer(before: step) == answer && editor.lines.isEmpty)
      }
      #expect(capture.errors.hasPrefix("a.graft:1:1  seed 7\n"))
    }

    private final class Answers: LineEditor {
      var lines: [String]
      init(_ lines: [String]) { self.lines = lines }
      func readLine(prompt: String) -> LineEditorEvent {
        lines.isEmpty ? .ended : .line(lines.removeFirst())
      }
      func remember(_ line: String) {}
    }

    @Test func freshTrainsWhatIsOnDisk() throws {
      let state = try TemporaryFolder.make()
      let recipe = Workplace.ingredients + "\ntrain epochs=1 as=A\nexpect A.accuracy > 1"
      var hashes: Set<String> = []
      for (trainsAnew, isTaken) in [(false, false), (false, true), (true, false)] {
        let place = try Workplace(stateFolder: state)
        place.session.trainsAnew = trainsAnew
        #expect(place.replay(recipe) == 3)
        #expect(place.errors.contains("A is taken from disk") == isTaken, "\(place.errors)")
        #expect(place.errors.contains("train A  epoch 1/1") != isTaken)
        hashes.insert(try place.hash("A"))
      }
      #expect(hashes.count == 1)
    }
  }
}
