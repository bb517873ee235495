import Foundation
import GraftBase
import GraftImaging
import GraftModels
import GraftTraining
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Images with any number of labels, from a table to predictions.
  @Suite struct MultiLabelTests {
    private static let ingredients = """
      encoder resnet20 weights=random size=16
      data photos labels=tags.csv split=70/30
      """

    /// Images whose channels are bright or not, each a label of its own.
    private static func workplace(
      format: Console.Format = .text, stateFolder: String? = nil
    ) throws -> Workplace {
      let place = try Workplace(format: format, stateFolder: stateFolder)
      try fill(place.folder)
      #expect(place.type(ingredients) == 0, "\(place.errors)")
      return place
    }

    private static func fill(_ folder: String) throws {
      let photos = folder + "/photos"
      try FileManager.default.createDirectory(
        atPath: photos, withIntermediateDirectories: true)
      var lines = ["file,tags"]
      for number in 0..<40 {
        var random = RandomStream(seed: UInt64(number), purpose: .drawing)
        let names = ["red", "green", "blue"].filter { _ in random.uniform() < 0.45 }
        let bright = ["red", "green", "blue"].map(names.contains)
        let pixels = (0..<16 * 16 * 3).map { place in
          UInt8(random.integer(in: 0...90) + (bright[place % 3] ? 150 : 0))
        }
        let image = Image(width: 16, height: 16, channels: 3, pixels: pixels)
        try Data(try PNGEncoder.encode(image)).write(
          to: URL(filePath: "\(photos)/\(number).png"))
        lines.append("\(number).png,\(names.joined(separator: ";"))")
      }
      try lines.joined(separator: "\n").write(
        toFile: folder + "/tags.csv", atomically: true, encoding: .utf8)
    }

    @Test func aModelIsTrainedMeasuredSavedAndLoaded() throws {
      let place = try Self.workplace()
      #expect(place.output.contains("40 images, 3 labels, any number per image"))
      #expect(place.type("train policy=B epochs=4 lr=3e-3 batch=8 as=M") == 0, "\(place.errors)")
      #expect(place.output.contains(#/M: val\.map \d+\.\d %, loss 0\.\d+, /#))
      let model = try place.session.requireRun("M").model
      let thresholds = try #require(model.calibration.thresholds)
      #expect(model.task == .multiLabel && thresholds.count == 3)
      #expect(
        place.type("evaluate\nexpect map > 0.5\nexpect map.red > 0.3") == 0, "\(place.errors)")
      #expect(place.output.contains("thresholds have the best F1 on the validation images"))
      let precision = try #require(place.session.metrics["M.val.map"])
      #expect(
        place.type("predict photos/0.png photos/1.png\nsave m.safetensors") == 0, "\(place.errors)")
      #expect(place.type("load m.safetensors as=L\nevaluate L") == 0, "\(place.errors)")
      #expect(place.output.contains("L: resnet20, head linear, 3 labels, any number per image: "))
      #expect(place.session.metrics["L.val.map"] == precision)
      #expect(place.session.metrics["L.val.f1"] == place.session.metrics["M.val.f1"])
      let loaded = try place.session.requireRun("L").model
      #expect(loaded.calibration == model.calibration && loaded.task == .multiLabel)
      // The file has the line that made it, and its replay makes the same model.
      let again = try Workplace()
      try Self.fill(again.folder)
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      let (own, other) = try (place.hash("M"), again.hash("M"))
      #expect(own == other)
      #expect(try again.session.requireRun("M").model.calibration == model.calibration)
    }

    @Test func eventsHaveEveryLabel() throws {
      let place = try Self.workplace(format: .json)
      let lines = """
        train policy=A epochs=2 batch=8 as=M
        evaluate curves=curves.csv
        predict photos/0.png top=3
        predict photos/0.png to=labels.csv
        export m.onnx
        """
      #expect(place.type(lines) == 0, "\(place.errors)")
      let data = try #require(place.events("data").last)
      #expect(data["task"] as? String == "multiLabel")
      let epoch = try #require(place.events("epoch").last)
      #expect(epoch["val.map"] is Double && epoch["val.accuracy"] is NSNull)
      let evaluation = try #require(place.events("evaluate").last)
      #expect(evaluation["map"] is Double && evaluation["accuracy"] is NSNull)
      let classes = try #require(evaluation["classes"] as? [[String: Any]])
      #expect(classes.count == 3 && classes.allSatisfy { $0["threshold"] is Double })
      let predictions = try place.events("predict")
      #expect(predictions.prefix(3).compactMap { $0["rank"] as? Int } == [1, 2, 3])
      #expect(predictions.allSatisfy { $0["predicted"] is Bool && $0["threshold"] is Double })
      let table = try String(contentsOfFile: place.path("labels.csv"), encoding: .utf8)
      #expect(table.hasPrefix("path,label,probability,predicted\n"))
      let curves = try String(contentsOfFile: place.path("curves.csv"), encoding: .utf8)
      #expect(curves.hasPrefix("class,threshold,true_positives,false_positives,recall,"))
      let file = try Data(contentsOf: URL(filePath: place.path("m.onnx")))
      #expect(file.range(of: Data("probabilities are the sigmoid of each".utf8)) != nil)
    }

    /// Copies and their table are data of their own, with the labels of the images.
    @Test func copiesKeepAllLabels() throws {
      let place = try Self.workplace()
      let data = try #require(place.session.workbench.data)
      #expect(
        place.type("render to=copies/ copies=2 augment=flip size=original") == 0, "\(place.errors)")
      #expect(place.type("data copies/") == 0, "\(place.errors)")
      let copies = try #require(place.session.workbench.data)
      #expect(copies.task == .multiLabel && copies.classes == data.classes)
      #expect(copies.samples.count == 2 * data.samples.count)
      for (number, sample) in data.samples.enumerated() {
        let stem = sample.path.dropLast(4)
        for copy in 1...2 {
          let found = copies.samples.first { $0.path == "images/\(stem)-\(copy).png" }
          #expect(found?.labels == data.samples[number].labels, "\(sample.path)")
        }
      }
      let list = try String(contentsOfFile: place.path("copies/manifest.jsonl"), encoding: .utf8)
      let most = data.samples.map(\.labels.count).max() ?? 0
      #expect(
        list.split(separator: "\n").contains { $0.matches(of: /":1[,}]/).count >= most && most > 1 }
      )
      // What is missing is added, and the table is of all.
      #expect(place.type("data photos labels=tags.csv split=70/30") == 0)
      try FileManager.default.removeItem(atPath: place.path("copies/images/3-1.png"))
      let line = "render to=copies/ copies=2 augment=flip size=original existing=keep"
      #expect(place.type(line) == 0, "\(place.errors)")
      let table = try String(contentsOfFile: place.path("copies/manifest.csv"), encoding: .utf8)
      #expect(table.hasPrefix("file,blue,green,red\n") && table.split(separator: "\n").count == 81)
    }

    @Test func withoutALabelAboveItsThresholdTheBestIsMarked() {
      let labels = Predictor.labels(
        [0.2, 0.4, 0.1], ["a", "b", "c"], thresholds: [0.3, 0.5, 0.5], top: nil)
      #expect(labels.map(\.name) == ["b"] && !labels[0].isPredicted)
      let several = Predictor.labels(
        [0.6, 0.4, 0.9], ["a", "b", "c"], thresholds: [0.3, 0.5, 0.5], top: nil)
      #expect(several.map(\.name) == ["c", "a"] && several.allSatisfy(\.isPredicted))
      let top = Predictor.labels(
        [0.6, 0.4, 0.9], ["a", "b", "c"], thresholds: [0.7, 0.5, 0.5], top: 2)
      #expect(top.map(\.isPredicted) == [true, false])
    }

    @Test(arguments: [
      ("solve", "predicts any number of labels per image"),
      ("head knn ; solve", "names one class per image"),
      ("train loss=ce", "loss=ce does not fit a head that predicts any number of labels per image"),
      ("evaluate on=demo:shapes", "has one class per image"),
      ("evaluate dense=yes size=32", "dense scores are of one class per position"),
      ("data photos labels=tags.csv balance=sampler ; train", "any number of labels"),
    ])
    func whatIsOfOneClassIsRefused(line: String, message: String) throws {
      let place = try Self.workplace()
      if line.hasPrefix("evaluate") { place.type("train policy=A epochs=1 batch=8") }
      #expect(place.type(line) != 0)
      #expect(place.errors.contains(message), "\(place.errors)")
    }

    @Test func theBestEpochIsThatOfTheBestMeanPrecision() throws {
      let place = try Self.workplace()
      #expect(
        place.type("train policy=B epochs=4 lr=3e-3 batch=8 keep=best as=K") == 0, "\(place.errors)"
      )
      let run = try place.session.requireRun("K")
      let best = try #require(run.history.compactMap(\.validationMeanPrecision).max())
      #expect(abs((place.session.metrics["K.val.map"] ?? 0) - best) < 1e-12)
    }

    @Test func aStoppedTrainingGoesOnToTheSameWeightsAndThresholds() throws {
      let whole = try Self.workplace()
      let line = "train policy=B epochs=3 batch=8 smooth=0.1 augment=[flip, mixup] as=M"
      #expect(whole.type(line) == 0, "\(whole.errors)")
      let parts = try Self.workplace()
      #expect(parts.type("\(line) stop=5\nresume M") == 0, "\(parts.errors)")
      let (one, other) = try (whole.hash("M"), parts.hash("M"))
      #expect(one == other)
      let models = try [whole, parts].map { try $0.session.requireRun("M").model.calibration }
      #expect(models[0] == models[1] && models[0].thresholds != nil)
    }

    @Test func weightsOfPositivesChangeTheTrainingAndRunsAreCompared() throws {
      let place = try Self.workplace()
      let lines = """
        train policy=A epochs=2 batch=8 as=P
        data photos labels=tags.csv split=70/30 balance=weights
        train policy=A epochs=2 batch=8 as=W
        compare P W to=predictions.csv
        """
      #expect(place.type(lines) == 0, "\(place.errors)")
      let (p, w) = try (place.hash("P"), place.hash("W"))
      #expect(p != w)
      #expect(place.output.contains("map on val, "))
      let table = try String(contentsOfFile: place.path("predictions.csv"), encoding: .utf8)
      #expect(table.hasPrefix("image,labels,P,W\n"))
    }

    @Test func aRunOnDiskKeepsItsThresholds() throws {
      let state = try TemporaryFolder.make()
      let place = try Self.workplace(stateFolder: state)
      #expect(place.type("train policy=A epochs=2 batch=8 as=M") == 0, "\(place.errors)")
      let thresholds = try place.session.requireRun("M").model.calibration.thresholds
      let later = try Workplace(stateFolder: state)
      #expect(later.type("load run=M") == 0, "\(later.errors)")
      #expect(try later.session.requireRun("M").model.calibration.thresholds == thresholds)
    }

    /// One temperature changes probabilities and no prediction.
    @Test func aCalibrationIsKeptReplayedAndTakenBack() throws {
      let place = try Self.workplace()
      #expect(place.type("train policy=A epochs=2 batch=8 as=M\nevaluate") == 0, "\(place.errors)")
      let model = try place.session.requireRun("M").model
      let before = try #require(place.session.metrics["M.val.loss"])
      let f1 = try #require(place.session.metrics["M.val.f1"])
      #expect(place.type("calibrate\nevaluate") == 0, "\(place.errors)")
      let temperature = try #require(model.calibration.temperature)
      let after = try #require(place.session.metrics["M.val.loss"])
      #expect(after < before && temperature != 1)
      #expect(place.session.metrics["M.val.f1"] == f1)
      #expect(place.output.contains(#/M: temperature \d+\.\d{4} by 13 validation images; /#))
      #expect(place.output.contains("cross-fitted on each fifth by that of the others"))
      #expect(place.type("save m.safetensors\nload m.safetensors as=L\nevaluate L") == 0)
      #expect(place.session.metrics["L.val.loss"] == after)
      #expect(place.recipe.contains("calibrate M"))
      let again = try Workplace()
      try Self.fill(again.folder)
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.session.requireRun("M").model.calibration == model.calibration)
      #expect(place.type("calibrate M temperature=1") == 0)
      #expect(model.calibration.temperature == nil)
      #expect(place.type("undo") == 0)
      #expect(model.calibration.temperature == temperature)
      #expect(place.type("calibrate M temperature=2.5\nexport m.onnx") == 0, "\(place.errors)")
      #expect(place.output.contains("the sigmoid of each after division by 2.5"))
      // What was found for other weights goes with them.
      #expect(place.type("resume M epochs=+1") == 0, "\(place.errors)")
      #expect(try place.session.requireRun("M").model.calibration.temperature == nil)
    }

    @Test func aTemperatureOfOneClassChangesNoPrediction() throws {
      let place = try Workplace(format: .json)
      try Self.fill(place.folder)
      // One class per image, one in five wrong.
      let tags = try String(contentsOfFile: place.path("tags.csv"), encoding: .utf8)
        .split(separator: "\n").dropFirst()
      let rows = tags.enumerated().map { number, row in
        let isRed = row.contains("red") != (number % 5 == 0)
        return "\(number).png,\(isRed ? "red" : "other")"
      }
      try (["file,label"] + rows).joined(separator: "\n").write(
        toFile: place.path("one.csv"), atomically: true, encoding: .utf8)
      let lines = """
        encoder resnet20 weights=random size=16
        data photos labels=one.csv split=50/50
        train policy=B epochs=4 lr=3e-3 batch=8 as=M
        evaluate
        calibrate
        evaluate
        """
      #expect(place.type(lines) == 0, "\(place.errors)")
      let evaluations = try place.events("evaluate")
      let event = try #require(place.events("calibrate").last)
      #expect(evaluations[0]["correct"] as? Int == evaluations[1]["correct"] as? Int)
      #expect(evaluations[1]["temperature"] as? Double == event["temperature"] as? Double)
      let losses = evaluations.compactMap { $0["loss"] as? Double }
      let (before, after) = (event["nll_before"] as? Double, event["nll_after"] as? Double)
      #expect(abs(losses[0] - (before ?? 0)) < 1e-6 && abs(losses[1] - (after ?? 0)) < 1e-6)
      #expect(losses[1] <= losses[0])
      #expect(place.type("evaluate dense=yes size=24") != 0)
      #expect(place.output.contains("was found for whole images"), "\(place.output)")
    }
  }
}
