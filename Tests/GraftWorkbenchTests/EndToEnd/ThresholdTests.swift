import Foundation
import GraftBase
import GraftImaging
import GraftModels
import Testing

@testable import GraftTraining
@testable import GraftWorkbench

extension EndToEnd {
  /// `calibrate threshold=`: from validation images to predictions, files and ONNX.
  @Suite struct ThresholdTests {
    /// Dark and bright images, two in seven of them under the other label.
    private static func fill(_ folder: String) throws {
      for number in 0..<42 {
        let isBright = number % 3 == 0
        let label = isBright == (number % 7 > 1) ? "bright" : "dark"
        let place = "\(folder)/photos/\(label)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        var random = RandomStream(seed: UInt64(number), purpose: .drawing)
        let pixels = (0..<16 * 16 * 3).map { _ in
          UInt8(random.integer(in: 0...60) + (isBright ? 120 : 40))
        }
        try ImageFile.writePNG(
          Image(width: 16, height: 16, channels: 3, pixels: pixels), to: "\(place)/\(number).png")
      }
    }

    private static let lines = """
      encoder resnet20 weights=random size=16
      data photos split=50/50
      train policy=B epochs=3 lr=3e-3 batch=8 as=M
      evaluate
      calibrate threshold=f1 class=bright
      evaluate
      """

    private static func workplace(_ format: Console.Format = .json) throws -> Workplace {
      let place = try Workplace(format: format)
      try fill(place.folder)
      #expect(place.type(lines) == 0, "\(place.errors)")
      return place
    }

    /// What training measured, without the threshold, is not taken for it.
    @Test func everyCommandCountsByTheThreshold() throws {
      let place = try Self.workplace()
      #expect(place.type("calibrate threshold=0.999 class=bright\nevaluate\nmistakes") == 0)
      let evaluation = try #require(place.events("evaluate").last)
      let (images, correct) = (evaluation["images"] as? Int, evaluation["correct"] as? Int)
      let mistakes = try #require(place.events("mistakes").last)
      #expect(mistakes["images"] as? Int == images)
      #expect(mistakes["wrong"] as? Int == (images ?? 0) - (correct ?? 0))
      let files = (0..<4).map { number in
        let label = (number % 3 == 0) == (number % 7 > 1) ? "bright" : "dark"
        return "photos/\(label)/\(number).png"
      }
      let named = files.joined(separator: " ")
      #expect(place.type("predict \(named)\nexplain \(named)") == 0, "\(place.errors)")
      let predicted = try place.events("predict").suffix(4).map { $0["label"] as? String }
      let explained = try #require(place.events("explanation").last)
      let columns = try #require(explained["columns"] as? [[String: Any]])
      func texts(_ name: String) -> [String] {
        columns.first { $0["name"] as? String == name }?["texts"] as? [String] ?? []
      }
      let pairs = zip(texts("image"), texts("class"))
      let classes = files.map { file in pairs.first { file.hasSuffix("/" + $0.0) }?.1 }
      #expect(classes == predicted)
    }

    @Test func aThresholdIsFoundUsedSavedAndTakenBack() throws {
      let place = try Self.workplace()
      let model = try place.session.requireRun("M").model
      let decision = try #require(model.calibration.decision)
      #expect(decision.place == 0 && model.classes == ["bright", "dark"])
      let event = try #require(place.events("calibrate").last)
      #expect(event["threshold_class"] as? String == "bright")
      #expect(abs((event["threshold"] as? Double ?? 0) - decision.threshold) < 1e-12)
      #expect(event["temperature"] as? Double == 1)
      let (half, best) = (event["f1_at_half"] as? Double, event["f1_at_threshold"] as? Double)
      #expect((half ?? 1) <= (best ?? 0))
      // What evaluate counts is what calibrate promised.
      let evaluation = try #require(place.events("evaluate").last)
      let classes = try #require(evaluation["classes"] as? [[String: Any]])
      #expect(abs((classes[0]["f1"] as? Double ?? 0) - (best ?? 1)) < 1e-12)
      #expect(evaluation["accuracy"] as? Double == event["accuracy_at_threshold"] as? Double)
      #expect(abs((evaluation["threshold"] as? Double ?? 0) - decision.threshold) < 1e-12)
      // A temperature changes no prediction, and a file has both.
      #expect(place.type("calibrate temperature=2.5\nevaluate") == 0, "\(place.errors)")
      #expect(model.calibration.decision == decision)
      #expect(
        try place.events("evaluate").last?["correct"] as? Int == evaluation["correct"] as? Int)
      #expect(place.type("save m.safetensors\nload m.safetensors as=L\nevaluate L") == 0)
      #expect(
        try place.events("evaluate").last?["correct"] as? Int == evaluation["correct"] as? Int)
      let loaded = try place.session.requireRun("L").model
      #expect(loaded.calibration == model.calibration)
      #expect(try Self.labels(place, "L") == Self.labels(place, "M"))
      let again = try Workplace()
      try Self.fill(again.folder)
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.session.requireRun("M").model.calibration == model.calibration)
      #expect(place.type("calibrate M threshold=0.5") == 0, "\(place.errors)")
      #expect(model.calibration.decision == nil)
      #expect(place.type("undo") == 0)
      #expect(model.calibration.decision == decision)
      #expect(place.type("evaluate M dense=yes size=24") != 0)
      // What was found for other weights goes with them.
      #expect(place.type("calibrate M temperature=1\nresume M epochs=+1") == 0, "\(place.errors)")
      #expect(try place.session.requireRun("M").model.calibration.decision == nil)
    }

    /// What `predict` says of all images.
    private static func labels(_ place: Workplace, _ run: String) throws -> [String] {
      let before = try place.events("predict").count
      #expect(place.type("use \(run)\npredict photos/dark photos/bright") == 0, "\(place.errors)")
      return try place.events("predict").dropFirst(before).compactMap { $0["label"] as? String }
    }

    @Test func bothClassesAreShownWithWhatIsPredictedFirst() {
      let decision = DecisionThreshold(place: 1, threshold: 0.3)
      let labels = Predictor.labels([0.6, 0.4], ["ants", "bees"], decision, top: 2)
      #expect(labels.map(\.name) == ["bees", "ants"])
      #expect(labels.map(\.isPredicted) == [true, false])
      #expect(labels.map(\.threshold) == [0.3, 0.7])
      let other = Predictor.labels([0.8, 0.2], ["ants", "bees"], decision, top: 1)
      #expect(other.map(\.name) == ["ants"])
    }

    @Test func itIsSaidInWords() throws {
      let place = try Self.workplace(.text)
      #expect(
        place.output.contains(#/M: predicts bright from a probability of 0\.\d+ on, else dark, /#))
      #expect(place.output.contains("the best F1 of bright on 21 validation images"))
      #expect(place.output.contains("recall of bright"))
      #expect(
        place.output.contains(#/\npredicts bright from a probability of 0\.\d+ on, else dark/#))
      #expect(place.type("export m.onnx") == 0)
      #expect(place.output.contains("; predicts bright from a probability of"))
      #expect(place.type("calibrate threshold=f1 class=gray") == 2)
      #expect(place.errors.contains("there is no class `gray`"), "\(place.errors)")
      #expect(place.type("calibrate class=dark") == 2)
      #expect(place.errors.contains("class= says what class a threshold is of"))
      #expect(place.type("data demo:shapes limit=40 ; train policy=A epochs=1 as=T") == 0)
      #expect(place.type("calibrate T threshold=f1") == 2)
      #expect(place.errors.contains("threshold= decides between two classes, and T predicts 10"))
    }
  }
}
