import Foundation
import GraftBase
import GraftTraining
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Runs survive whatever ends them.
  @Suite struct RunStoreTests {
    private static let training = "train epochs=3 batch=16 policy=B augment=flip as=B"
    private static let recipe = Workplace.ingredients + "\n" + training

    private static func wholeHash(_ line: String = training) throws -> String {
      let place = try Workplace()
      #expect(place.type(Workplace.ingredients + "\n" + line) == 0, "\(place.errors)")
      return try place.hash("B")
    }

    /// A place whose state folder holds the training as a crash left it after some epochs.
    private static func crashed(
      afterEpochs epochs: Int, _ recipe: String = recipe
    ) throws -> Workplace {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      // What a crash leaves is what is on disk in the middle: copied there, and put back.
      var copy = ""
      let session = place.session
      let state = try #require(session.stateFolder)
      session.settings.checkpoint = .step
      let watching = try Workplace(folder: place.folder, stateFolder: state) { text, _ in
        guard copy.isEmpty, text.contains("epoch \(epochs + 1)/") else { return }
        copy = state + "-copy"
        try? FileManager.default.copyItem(atPath: state, toPath: copy)
      }
      watching.session.settings.checkpoint = .step
      #expect(watching.replay(recipe) == 0, "\(watching.errors)")
      try FileManager.default.removeItem(atPath: state)
      try FileManager.default.moveItem(atPath: copy, toPath: state)
      return try Workplace(folder: place.folder, stateFolder: state)
    }

    private static func record(_ place: Workplace) throws -> StoredRun {
      let store = try #require(place.session.stateFolder.map { RunStore(stateFolder: $0) })
      return try #require(store.runs().first)
    }

    @Test func theSameRecipeGoesOnAfterACrash() throws {
      let place = try Self.crashed(afterEpochs: 1)
      #expect(try Self.record(place).status == .running)
      #expect(place.replay(Self.recipe) == 0, "\(place.errors)")
      #expect(place.errors.contains("B continues from step "))
      #expect(try place.hash("B") == Self.wholeHash())
      let record = try Self.record(place)
      #expect(record.status == .completed && !record.isOpen && record.epoch == 3)
      #expect(try record.weightsHash == Self.wholeHash())
    }

    /// Batches timed again would choose other numbers, and so another training.
    @Test func aBudgetGoesOnWithWhatItChose() throws {
      let recipe = Workplace.ingredients + "\ntrain budget=1s batch=16 policy=B augment=flip as=B"
      let place = try Self.crashed(afterEpochs: 1, recipe)
      let chosen = try #require(try Self.record(place).budget?.choice)
      #expect(place.replay(recipe) == 0, "\(place.errors)")
      #expect(place.errors.contains("budget: goes on with what was chosen before: "))
      #expect(place.errors.contains("B continues from step "))
      #expect(
        try place.session.requireRun("B").prepared?.phases[0].settings.epochs == chosen.epochs)
      let whole = try Workplace()
      #expect(place.recipe.contains("epochs=\(chosen.epochs) depth="), "\(place.recipe)")
      #expect(whole.replay(place.recipe) == 0, "\(whole.errors)")
      #expect(try place.hash("B") == whole.hash("B"))
      // It came to its end: the next time, other seconds, and --fresh choose anew.
      let store = try #require(place.session.store)
      let record = try Self.record(place)
      let request = try #require(record.budget?.request)
      let session = try Workplace(stateFolder: place.session.stateFolder).session
      #expect(session.budgetAnswer(to: request) == nil)
      var open = record
      open.isOpen = true
      try store.write(open)
      #expect(session.budgetAnswer(to: request)?.choice == chosen)
      #expect(session.budgetAnswer(to: "other") == nil)
      session.trainsAnew = true
      #expect(session.budgetAnswer(to: request) == nil)
    }

    @Test func resumeFindsTheRunOfACrashedSession() throws {
      let place = try Self.crashed(afterEpochs: 2)
      #expect(place.type("runs all") == 0)
      #expect(place.output.contains("interrupted"))
      #expect(place.type("resume") == 0, "\(place.errors)")
      #expect(try place.hash("B") == Self.wholeHash())
      // The lines that brought it back are recorded, so that its recipe makes the same weights.
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(place.recipe)\(again.errors)")
      #expect(try again.hash("B") == Self.wholeHash())
    }

    @Test func aLaterSessionAddsEpochsToAFinishedRun() throws {
      let training = Self.training.replacing("policy=B", with: "policy=C")
      let longer = training + "\nresume B epochs=+1"
      let first = try Workplace(stateFolder: TemporaryFolder.make())
      #expect(first.type(Workplace.ingredients + "\n" + training) == 0)
      let second = try Workplace(folder: first.folder, stateFolder: first.session.stateFolder)
      #expect(second.type("resume B epochs=+1") == 0, "\(second.errors)")
      #expect(try second.hash("B") == Self.wholeHash(longer))
      // A run planned with four epochs from the start is another one.
      let third = try Workplace(folder: first.folder, stateFolder: first.session.stateFolder)
      let four = training.replacing("epochs=3", with: "epochs=4")
      #expect(third.replay(Workplace.ingredients + "\n" + four) == 0)
      #expect(try third.hash("B") == Self.wholeHash(four))
      #expect(try third.hash("B") != second.hash("B"))
    }

    @Test func aFailingLaterStepLosesNothing() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      try "a file".write(toFile: place.path("file"), atomically: true, encoding: .utf8)
      #expect(place.replay(Self.recipe + "\nexpect B.accuracy > 1") == 3)
      let other = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      #expect(other.replay(Self.recipe + "\nsave model.safetensors") == 0)
      #expect(other.errors.contains("B is taken from disk"))
      #expect(try other.hash("B") == place.hash("B"))
      #expect(
        try other.session.metric(named: "B.accuracy") == place.session.metric(named: "B.accuracy"))
      // The recipe came to its end, so that the next time trains.
      let third = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      #expect(third.replay(Self.recipe) == 0)
      #expect(!third.errors.contains("is taken from disk"))
    }

    @Test func runsOfEarlierSessionsAreLoaded() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      #expect(place.type(Self.recipe) == 0)
      #expect(place.type("evaluate") == 0)
      let later = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      let line = "load run=B ; data demo:shapes limit=40 ; evaluate"
      #expect(later.type(line) == 0, "\(later.errors)")
      #expect(try later.hash("B") == place.hash("B"))
      #expect(later.type("load run=B as=best at=best") == 0)
      #expect(later.type("load run=nothing") == 2)
      #expect(later.errors.contains("there is no run `nothing`"))
    }

    @Test func anEarlierRunOfTheSameNameStaysOnDisk() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      #expect(place.type(Self.recipe) == 0)
      let first = try place.hash("B")
      #expect(place.type("train epochs=1 batch=16 policy=B as=B") == 0)
      #expect(place.errors.contains("the earlier B is now B~1"))
      let earlier = try #require(place.session.workbench.earlier["B~1"])
      #expect(place.type("load run=\(earlier.shortID) as=old") == 0, "\(place.errors)")
      #expect(try place.hash("old") == first)
    }

    @Test func aModelSavedInTheMiddleIsResumedElsewhere() throws {
      let place = try Workplace()
      #expect(place.type(Self.recipe + " stop=4\nsave part.safetensors") == 0)
      #expect(place.output.contains("with the training state of step 4"))
      let other = try Workplace(folder: place.folder)
      #expect(other.type("load part.safetensors ; resume") == 0, "\(other.errors)")
      #expect(try other.hash("B") == Self.wholeHash())
      // With other images it is refused, and the loaded run stays.
      let wrong = try Workplace(folder: place.folder)
      let loading = "load part.safetensors\ndata demo:shapes limit=50"
      #expect(wrong.type(loading) == 0)
      #expect(wrong.type("resume") == 0, "the recipe's own images are chosen again")
      // Readers of models do not mind the training state.
      #expect(other.type("encoder part.safetensors") == 0, "\(other.errors)")
    }

    /// What a session looked at and wrote is in a model's recipe too, by names without folders.
    @Test func whatWasLookedAtBeforeNeedNotBeThereForResuming() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.path("new"), perClass: 2)
      let looking = """
        preview 2 to=out/preview.png
        train epochs=1 batch=16 as=A
        predict new/red to=out/labels.csv

        """
      let text = Workplace.ingredients + "\n" + looking + Self.training + " stop=4\n"
      #expect(place.type(text + "save part.safetensors") == 0, "\(place.errors)")
      let other = try Workplace()
      try FileManager.default.copyItem(
        atPath: place.path("part.safetensors"), toPath: other.path("part.safetensors"))
      #expect(other.type("load part.safetensors ; resume") == 0, "\(other.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: other.folder).count == 1)
    }

    @Test func aDamagedTrainingStateIsRefused() throws {
      let place = try Workplace()
      #expect(place.type(Self.recipe + " stop=4\nsave part.safetensors") == 0)
      let path = place.path("part.safetensors")
      var bytes = try Data(contentsOf: URL(filePath: path))
      // The first values are those of `slot0/…`, which sort after `best/` and before layers' names.
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains("slot0/"))
      bytes[bytes.count - 5] ^= 1
      try bytes.write(to: URL(filePath: path))
      #expect(place.type("load part.safetensors as=P") == 4)
      #expect(
        place.errors.contains("SHA-256") || place.errors.contains("the weights have the hash"))
    }

    @Test func theSecondOfTwoProcessesIsTold() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      #expect(place.type(Self.recipe) == 0)
      let store = try #require(place.session.store)
      let lock = try RunLock(store.path(of: Self.record(place).id))
      let other = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      #expect(other.replay(Self.recipe) == 1)
      #expect(other.errors.contains("the same training runs in process \(getpid())"))
      #expect(other.replay("set checkpoint=off ; " + Self.recipe) == 0)
      lock.release()
      #expect(try Self.record(place).status == .completed)
    }

    @Test func whatIsOldIsRemovedAndSaid() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      #expect(place.type(Self.recipe) == 0)
      let store = try #require(place.session.store)
      var record = try Self.record(place)
      record.updated = Date(timeIntervalSinceNow: -40 * 86_400)
      try store.write(record)
      #expect(store.prune(keeping: [record.id]).isEmpty)
      let other = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      #expect(other.type(Workplace.ingredients + "\ntrain epochs=1 batch=16 as=A") == 0)
      #expect(other.errors.contains("removed 1 old run from disk: B of "))
      #expect(store.runs().map(\.name) == ["A"])
      #expect(store.prune(RunStore.Limits(bytes: 1), keeping: []).map(\.name) == ["A"])
    }

    @Test func whatKilledWritesLeftIsRemovedAtTheNextTraining() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      #expect(place.type(Self.recipe) == 0)
      let folder = try #require(place.session.store).path(of: Self.record(place).id)
      // A process of this number has ended: no system has one.
      for name in [".next.safetensors.999999999.0.partial", ".run.json.999999999.0.partial"] {
        try "part".write(toFile: folder + "/" + name, atomically: false, encoding: .utf8)
      }
      let other = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      #expect(other.type(Workplace.ingredients + "\ntrain epochs=1 batch=16 as=A") == 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      let whole = ["best.safetensors", "last.safetensors", "lock", "run.json"]
      #expect(names.filter { $0 != whole[0] } == Array(whole.dropFirst()))
    }

    /// As after a power failure between the end of a training and that of its recipe.
    @Test func whatKilledWritesLeftIsRemovedWhenARunIsTakenFromDisk() throws {
      let place = try Workplace(stateFolder: TemporaryFolder.make())
      #expect(place.type(Self.recipe) == 0)
      let store = try #require(place.session.store)
      var record = try Self.record(place)
      record.isOpen = true
      try store.write(record)
      let left = store.path(of: record.id) + "/.run.json.999999999.0.partial"
      try "part".write(toFile: left, atomically: false, encoding: .utf8)
      let other = try Workplace(folder: place.folder, stateFolder: place.session.stateFolder)
      #expect(other.replay(Self.recipe) == 0)
      #expect(other.errors.contains("is taken from disk"))
      #expect(!FileManager.default.fileExists(atPath: left))
    }

    @Test func timesThatNoClockShowsAreShownAllTheSame() {
      #expect(Date(timeIntervalSince1970: 1e300).clockText.hasPrefix("99"))
      #expect(!Date(timeIntervalSince1970: -1e300).clockText.isEmpty)
    }

    @Test func aStoreThatCannotBeWrittenIsTold() throws {
      let place = try Workplace()
      try "a file".write(toFile: place.path("state"), atomically: true, encoding: .utf8)
      place.session.stateFolder = place.path("state")
      #expect(place.type(Self.recipe) == 0)
      #expect(place.errors.contains("B is trained without checkpoints"))
      #expect(try place.hash("B") == Self.wholeHash())
      #expect(place.type("train epochs=3 batch=16 policy=B as=C stop=2") == 0)
      #expect(place.output.contains("weights kept in memory only"))
    }
  }
}
