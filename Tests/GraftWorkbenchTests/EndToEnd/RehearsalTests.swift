import Foundation
import GraftBase
import GraftImaging
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// What can be known to fail is refused before anything runs.
  @Suite struct RehearsalTests {
    private static let trained = Workplace.ingredients + "\ntrain epochs=1 as=A\n"

    /// Recipes whose last lines fail although they are well written, and what is said.
    private static let doomed: [(lines: String, message: String, status: Int32)] = [
      ("save nodir/m.safetensors", "cannot be created, because", 2),
      ("save nodir/m.onnx", "cannot be created, because", 2),
      ("predict red.png to=nodir/labels.csv", "cannot be created, because", 2),
      ("preview 4 to=nodir/a.png", "cannot be created, because", 2),
      ("preview red.png augment=flip strengths=4 to=a.png", "`flip` has no range LO..HI", 2),
      ("render to=nodir/copies", "cannot be created, because", 2),
      ("data demo:shapes to=nodir/bad.csv", "cannot be created, because", 2),
      ("predict red.png to=red.png", "would replace an input of this command", 2),
      ("freeze layer99", "'layer99' matches no layer group", 2),
      ("load text.safetensors", "text.safetensors", 4),
      ("data text.safetensors", "text.safetensors", 4),
      ("use Z", "there is no run `Z`", 2),
      ("drop A ; evaluate", "there is no run yet", 2),
      ("drop A ; save m.safetensors", "there is no run yet", 2),
      ("expect A.acuracy > 0", "there is no score `A.acuracy`", 2),
      ("expect A.test.accuracy > 0", "there is no score `A.test.accuracy`", 2),
      ("expect iou > 0", "there is no score `iou`", 2),
      ("evaluate on=test", "has no test images", 2),
      ("evaluate views=4", "views=4 needs a pipeline", 2),
      ("check augment", "there is no augmentation to check", 2),
      ("resume A", "A is finished: 1 epochs", 2),
      ("encoder resnet18 weights=random ; train from=A", "the run has the encoder resnet20", 2),
    ]

    @Test(arguments: doomed)
    func aLineThatWouldFailKeepsTheRecipeFromRunning(
      lines: String, message: String, status: Int32
    ) throws {
      let place = try Self.workplace()
      #expect(place.replay(Self.trained + lines) == status)
      #expect(place.errors.contains(message), "\(place.errors)")
      #expect(place.session.workbench.runs.isEmpty)
      #expect(place.output.isEmpty)
      // The same at the prompt, after a training in the same line.
      let prompt = try Self.workplace()
      prompt.type(Workplace.ingredients)
      #expect(prompt.type("train epochs=1 as=A ; " + lines) == status)
      #expect(prompt.session.workbench.runs.isEmpty)
    }

    /// A folder with an image, a file in the way of a folder, and one that is no file of weights.
    private static func workplace() throws -> Workplace {
      let place = try Workplace()
      for (name, text) in [("nodir", ""), ("text.safetensors", "text")] {
        try text.write(toFile: place.path(name), atomically: true, encoding: .utf8)
      }
      let red = Image(width: 4, height: 4, channels: 3, pixels: Array(repeating: 200, count: 48))
      try ImageFile.writePNG(red, to: place.path("red.png"))
      return place
    }

    @Test func everyFaultIsListedInTheOrderOfLines() throws {
      let place = try Self.workplace()
      let status = place.replay(
        Self.trained + """
          use Z
          expect A.acuracy > 0.1
          preview class=nope to=a.png
          trian epochs=3
          expect A.accuracy > 0
          save nodir/x.safetensors
          """)
      #expect(status == 2)
      let lines = place.errors.split(separator: "\n").filter { $0.contains("test.graft:") }
        .compactMap { $0.split(separator: ":").dropFirst().first.flatMap { Int($0) } }
      #expect(lines == [4, 5, 6, 7, 9])
    }

    @Test func whatTheRecipeMakesNeedNotBeThereBefore() throws {
      let place = try Workplace()
      let recipe =
        Self.trained + """
          render to=copies
          evaluate on=copies
          expect A.copies.accuracy >= 0
          predict copies/disc to=sheets/labels.csv
          save models/m.safetensors
          load models/m.safetensors as=B
          evaluate B on=val
          evaluate
          expect B.val.accuracy == A.val.accuracy
          data copies
          train epochs=1 as=C
          expect C.accuracy >= 0
          """
      #expect(place.replay(recipe) == 0, "\(place.errors)")
    }

    @Test func aStepOnWhatTheRecipeMakesStillNeedsARun() throws {
      let place = try Workplace()
      #expect(place.replay(Workplace.ingredients + "\nrender to=copies ; predict copies") == 2)
      #expect(place.errors.contains("there is no run yet"))
      #expect(!FileManager.default.fileExists(atPath: place.path("copies")))
    }

    @Test(arguments: ["train epochs=1 as=A ; evaluate on=train", "finetune epochs=1 as=A"])
    func scoresAreForeseenByTheirNames(lines: String) throws {
      let place = try Workplace()
      let recipe = Workplace.ingredients + "\n" + lines + "\n"
      #expect(place.replay(recipe) == 0)
      let names = place.session.metrics.keys.sorted()
      #expect(names.count > 8)
      let known = names.map { "expect \($0) >= -1e9\n" }.joined()
      let unknown = "expect A.train.iou > 0\nexpect A.test.f1 > 0\nexpect B.seconds > 0\n"
      let fresh = try Workplace()
      let file = SourceFile(
        name: "test.graft", text: recipe + known + unknown, folder: fresh.folder)
      let plan = Executor(fresh.session).bind(file, mode: .recipe)
      let faults = Rehearsal(plan, in: fresh.session).faults
      #expect(faults.map(\.message).count == 3, "\(faults.map(\.message))")
    }

    @Test func aRehearsalLeavesNothingBehind() throws {
      let place = try Self.workplace()
      let before = try FileManager.default.subpathsOfDirectory(atPath: place.folder).sorted()
      #expect(
        place.replay(
          Self.trained
            + "render to=copies\npredict red.png to=labels.csv\nsave m.safetensors\nuse Z") == 2)
      #expect(
        try FileManager.default.subpathsOfDirectory(atPath: place.folder).sorted() == before)
      #expect(place.session.workbench.encoder == nil && place.session.workbench.data == nil)
      #expect(place.session.metrics.isEmpty && place.session.recorder.statements.isEmpty)
    }
  }
}
