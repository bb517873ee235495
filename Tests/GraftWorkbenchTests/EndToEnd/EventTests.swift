import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// What `--json` promises to programs, and exit statuses of steps that fail.
  @Suite struct EventTests {
    @Test func everyEventHasItsFields() throws {
      let place = try Workplace(format: .json)
      let shapes = try Shapes.write(to: place.path("shapes"), perClass: 6)
      #expect(shapes == 12)
      let status = place.replay(
        """
        encoder resnet20 weights=random size=16
        data shapes/ split=50/50
        train epochs=2 policy=A as=A
        evaluate
        predict shapes/red/0.png top=2
        """)
      #expect(status == 0, "\(place.output)")
      let epochs = try place.events("epoch")
      #expect(epochs.map { $0["epoch"] as? Int } == [1, 2])
      for epoch in epochs {
        for key in ["train.loss", "val.loss", "val.accuracy", "images_per_second"] {
          #expect(epoch[key] is Double, "\(key)")
        }
        #expect(epoch["run"] as? String == "A")
      }
      let run = try #require(try place.events("run").first)
      #expect(run["run"] as? String == "A")
      for key in ["val.accuracy", "seconds", "cpu_seconds"] {
        #expect(run[key] is Double, "\(key)")
      }
      #expect(run["peak_memory_bytes"] as? Int ?? 0 > 1_000_000)
      #expect(run["frozen_changed"] as? Int == 0)
      #expect(run["trainable_changed"] as? Int == 2)
      let hash = try #require(run["weights_hash"] as? String)
      #expect(hash.count == 64)
      #expect(try hash == place.hash("A"))
      let evaluation = try #require(try place.events("evaluate").first)
      #expect(evaluation["images"] as? Int == 6)
      #expect(evaluation["accuracy"] as? Double == run["val.accuracy"] as? Double)
      #expect(evaluation["weights_hash"] as? String == hash)
      let predictions = try place.events("predict")
      #expect(
        predictions.compactMap { $0["path"] as? String } == [
          "shapes/red/0.png", "shapes/red/0.png",
        ])
      #expect(Set(predictions.compactMap { $0["label"] as? String }) == ["green", "red"])
      let sum = predictions.compactMap { $0["probability"] as? Double }.reduce(0, +)
      #expect(abs(sum - 1) < 1e-5)
      #expect(predictions.map { $0["rank"] as? Int } == [1, 2])
    }

    /// What tables tell people, events tell programs.
    @Test func eventsTellWhatTablesTell() throws {
      let place = try Workplace(format: .json)
      _ = try Shapes.write(to: place.path("shapes"), perClass: 6)
      try "no image".write(toFile: place.path("bad.png"), atomically: true, encoding: .utf8)
      place.type(
        """
        encoder resnet20 weights=random size=16
        data shapes/ split=50/50
        policy C lr=1e-5..1e-3
        policy
        summary
        train epochs=1 as=C
        train epochs=1 policy=A as=A
        evaluate A
        runs
        predict shapes/red/0.png bad.png to=labels.csv
        """)
      let groups = try #require(try place.events("policy").last?["groups"] as? [[String: Any]])
      #expect(
        groups.map { $0["group"] as? String } == ["stem", "layer1", "layer2", "layer3", "head"])
      #expect(groups.first?["lr"] as? Double == 1e-5 && groups.last?["lr"] as? Double == 1e-3)
      #expect(groups.last?["bn"] is NSNull && groups[1]["bn"] as? String == "train")
      let layers = try #require(try place.events("summary").first?["layers"] as? [[String: Any]])
      let counted = layers.compactMap { $0["parameters"] as? Int }.reduce(0, +)
      #expect(
        try place.events("summary").first?["parameters"] as? Int == counted && counted > 200_000)
      #expect(layers.first?["output"] as? [Int] == [1, 16, 16, 16])
      let classes = try #require(try place.events("evaluate").first?["classes"] as? [[String: Any]])
      #expect(classes.map { $0["class"] as? String } == ["green", "red"])
      #expect(classes.allSatisfy { $0["f1"] is Double && $0["images"] as? Int == 3 })
      let runs = try #require(try place.events("runs").first?["runs"] as? [[String: Any]])
      #expect(runs.map { $0["current"] as? Bool } == [false, true])
      #expect(try place.events("unreadable").first?["path"] as? String == "bad.png")
      #expect(try place.events("wrote").first?["file"] as? String == place.path("labels.csv"))
    }

    /// The status that an error tells is that with which the program ends.
    @Test func statusesInsideAndOutsideAreEqual() throws {
      for lines in [
        "trian", "evaluate", "data nowhere/", Workplace.ingredients + "\nexpect seconds > 1",
      ] {
        let place = try Workplace(format: .json)
        let status = place.replay(lines)
        #expect(try place.events("error").first?["status"] as? Int == Int(status), "\(lines)")
      }
    }

    @Test func faultsAreEventsWithTheirPlace() throws {
      let place = try Workplace(format: .json)
      #expect(place.replay("seed 1\n  train epohcs=2") == 2)
      let fault = try #require(try place.events("error").first)
      #expect(fault["code"] as? String == "unknown-parameter")
      #expect(fault["message"] as? String == "`train` has no parameter `epohcs`")
      #expect(fault["path"] as? String == "test.graft" && fault["file"] is NSNull)
      #expect(fault["line"] as? Int == 2 && fault["column"] as? Int == 9)
      #expect(fault["suggestion"] as? String == "epochs")
    }

    @Test func aFailedExpectationIsStatus3() throws {
      let place = try Workplace()
      let text = Workplace.ingredients + "\ntrain epochs=1 as=A\nexpect A.accuracy >= 0.0\n"
      #expect(place.replay(text) == 0, "\(place.errors)")
      #expect(place.replay("expect A.accuracy > 1\nnote \"never reached\"") == 3)
      #expect(place.errors.contains("expected A.accuracy > 1, but A.accuracy is 0."))
      #expect(!place.session.recorder.statements.contains { $0.verb == "note" })
    }

    @Test(arguments: ["data nowhere/", "data empty", "data flat", "data text", "predict no.jpg"])
    func missingOrUnreadableInputIsStatus4(_ line: String) throws {
      let place = try Workplace()
      for folder in ["empty", "flat", "text/a", "text/b"] {
        try FileManager.default.createDirectory(
          atPath: place.path(folder), withIntermediateDirectories: true)
      }
      _ = try Shapes.write(to: place.path("shapes"), perClass: 1)
      try FileManager.default.copyItem(
        atPath: place.path("shapes/red/0.png"), toPath: place.path("flat/0.png"))
      for name in ["a/1.jpg", "b/1.jpg"] {
        try "no image".write(
          toFile: place.path("text/" + name), atomically: true, encoding: .utf8)
      }
      #expect(place.replay(line) == 4)
      #expect(place.errors.hasPrefix("error: ") && place.errors.contains("help: "))
    }

    @Test func aLossThatIsNotFiniteEndsTheRunAndKeepsItsWeights() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      // Without the norms' own statistics nothing holds the weights back.
      let line = "policy B bn=affine lr=10 ; train epochs=9 batch=10 optimizer=sgd as=B"
      #expect(place.type(line) == 1)
      #expect(place.errors.contains("not finite"), "\(place.errors)")
      #expect(place.errors.contains("are kept"))
      let hash = try place.hash("B")
      for parameter in try place.session.requireRun("B").model.parameters {
        let isFinite = parameter.slice.buffer.allSatisfy { $0.isFinite }
        #expect(isFinite, "\(parameter.name)")
      }
      #expect(place.type("save kept.safetensors") == 0)
      let again = try Workplace(folder: place.folder)
      #expect(again.replay(place.recipe) == 0, "\(place.recipe)\n\(again.errors)")
      #expect(try again.hash("B") == hash)
      #expect(place.replay(Workplace.ingredients + "\n" + line) == 1)
    }
  }
}
