import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// What was done at the prompt can be taken back, weights included.
  @Suite struct UndoTests {
    @Test func choicesRunsAndWeightsComeBack() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(place.type("policy B\ntrain epochs=4 stop=2 as=A") == 0)
      let (stopped, recipe) = (try place.hash("A"), place.recipe)
      #expect(place.type("resume A") == 0)
      let finished = try place.hash("A")
      let whole = place.recipe
      #expect(finished != stopped)
      #expect(place.type("undo") == 0)
      #expect(place.output.contains("undone: resume A"))
      #expect(try place.hash("A") == stopped && place.recipe == recipe)
      #expect(place.type("redo") == 0)
      #expect(try place.hash("A") == finished && place.recipe == whole)
      // Trained again from where it was taken back, it comes to the same weights.
      #expect(place.type("undo\nresume A") == 0)
      #expect(try place.hash("A") == finished)
      #expect(place.type("redo") == 1 && place.errors.contains("there is nothing to redo"))
      #expect(place.type("undo\nundo\nundo") == 0)
      #expect(place.session.workbench.runs.isEmpty)
      #expect(place.session.workbench.policy.letter == "A")
      #expect(place.type("undo\nundo") == 0 && place.session.workbench.encoder == nil)
      #expect(place.type("undo") == 1 && place.errors.contains("there is nothing to undo"))
    }

    @Test func theJournalReplaysWhatWasTakenBack() throws {
      let place = try Workplace()
      let journal = Journal(stateFolder: place.folder + "/state")
      place.session.journal = journal
      place.type(Workplace.ingredients)
      place.type(
        """
        let e = 2
        seed 3
        let e = 1
        undo
        train epochs=$e as=A
        undo
        redo
        head mlp
        undo
        """)
      let text = try String(contentsOfFile: journal.path, encoding: .utf8)
      let again = try Workplace()
      #expect(again.replay(text) == 0, "\(again.errors)")
      #expect(try again.hash("A") == place.hash("A"))
      #expect(
        again.session.seed == 3 && again.session.workbench.head == place.session.workbench.head)
      #expect(again.session.workbench.runs.count == 1)
      #expect(try again.session.requireRun("A").state?.progress.epoch == 2)
    }

    @Test func inARecipeTheLineAboveDoesNotRun() throws {
      let place = try Workplace()
      #expect(place.replay("seed 1\nseed 2\nundo") == 0 && place.session.seed == 1)
      #expect(place.replay("seed 1\nseed 2\nundo\nredo") == 0 && place.session.seed == 2)
      #expect(place.replay("undo\nseed 5") == 2)
      #expect(place.errors.contains("no line above"))
      #expect(place.replay("redo") == 2)
    }

    @Test func droppedRunsAreGone() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients + "\ntrain epochs=1 as=A\ndrop A")
      #expect(place.type("undo") == 1)
    }

    @Test func whoLeavesIsToldOnceOfRunsThatAreNotSaved() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients + "\ntrain epochs=1 as=A")
      #expect(place.type("quit") == 0 && !place.session.isEnding)
      #expect(place.errors.contains("A is not saved: `save A.safetensors` keeps it as a file"))
      place.type("train epochs=1 as=B\nquit")
      #expect(!place.session.isEnding && place.errors.contains("A, B are not saved"))
      place.type("quit")
      #expect(place.session.isEnding)
      let saved = try Workplace()
      saved.type(Workplace.ingredients + "\ntrain epochs=1 as=A\nsave a.safetensors\nquit")
      #expect(saved.session.isEnding)
      let batch = try Workplace()
      #expect(batch.replay(Workplace.ingredients + "\ntrain epochs=1 as=A ; quit ; seed 7") == 0)
      #expect(batch.session.isEnding && batch.session.seed == 0)
    }
  }
}
