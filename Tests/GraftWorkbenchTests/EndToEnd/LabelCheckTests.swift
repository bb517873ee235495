import Foundation
import GraftImaging
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `check data` with an encoder: labels that are likely wrong.
  @Suite struct LabelCheckTests {
    /// An encoder that tells colors apart.
    private static let encoder =
      "encoder resnet20 weights=\"" + SourceTexts.repository.path
      + "/pretrained/resnet20_cifar10.safetensors\""

    /// Green and red images, one of each in the other's folder.
    private static func swapped(
      format: Console.Format = .text, threads: Int = 2
    ) throws -> Workplace {
      let place = try Workplace(format: format, threads: threads)
      _ = try Shapes.write(to: place.path("set"), perClass: 10)
      let files = FileManager.default
      try files.moveItem(atPath: place.path("set/green/3.png"), toPath: place.path("set/red/g.png"))
      try files.moveItem(atPath: place.path("set/red/4.png"), toPath: place.path("set/green/r.png"))
      #expect(place.type(encoder + " ; data set") == 0, "\(place.errors)")
      return place
    }

    @Test func swappedLabelsAreListedAndWritten() throws {
      let place = try Self.swapped()
      #expect(place.type("check data to=doubtful.csv") == 0, "\(place.errors)")
      #expect(
        place.output.contains(
          "labels, by a head on features of resnet20 (weights resnet20_cifar10.safetensors), solved in "
            + "5 folds: 85.0 % of all images are most probable as labeled"), "\(place.output)")
      #expect(
        place.output.contains(
          "classes that these features hardly separate: 1, the most confused first\n"
            + "  green and red: 15.0 % of 20 images taken for the other\n"))
      #expect(place.output.contains("likely label errors: 2, the least plausible first\n  "))
      #expect(place.output.contains(#/  red/g\.png: red → green \(0\.\d\d → 0\.\d\d\)/#))
      #expect(place.output.contains(#/  green/r\.png: green → red \(0\.\d\d → 0\.\d\d\)/#))
      #expect(place.output.contains("wrote doubtful.csv"))
      let table = try String(contentsOfFile: place.path("doubtful.csv"), encoding: .utf8)
      let rows = table.split(separator: "\n")
      #expect(rows.first == "path,split,label,suggested,label_probability,suggested_probability")
      #expect(rows.count == 3)
      let row = #/^red/g\.png,(train|val),red,green,0\.\d{6},0\.\d{6}$/#
      #expect(rows.contains { $0.contains(row) })
      #expect(place.type("check data labels=confident to=doubtful.PNG") == 0, "\(place.errors)")
      let sheet = try ImageFile.read(place.path("doubtful.PNG"))
      #expect(sheet.width > 200 && sheet.height > 150)
    }

    /// What is listed can be left out, and the recipe leaves it out again.
    @Test func theListLeavesImagesOut() throws {
      let place = try Self.swapped()
      #expect(place.type("check data to=doubtful.csv ; data set without=doubtful.csv") == 0)
      #expect(place.output.contains(", 2 left out by doubtful.csv"), "\(place.output)")
      #expect(place.session.workbench.data?.samples.count == 18)
      #expect(place.type("check data to=doubtful.csv") == 2)
      #expect(place.errors.contains("would replace a file of the data set"))
      #expect(place.type("data without=doubtful.csv") == 2)
      #expect(place.type("solve as=H") == 0, "\(place.errors)")
      #expect(place.recipe.contains("doubtful.csv"), "\(place.recipe)")
      let again = try Workplace(folder: place.folder)
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("H") == place.hash("H"))
      #expect(again.session.workbench.data?.leftOut == ["green/r.png", "red/g.png"])
    }

    @Test func nothingFoundIsASheetToo() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.path("set"), perClass: 10)
      place.type(Self.encoder + " ; data set")
      #expect(place.type("check data to=none.png") == 0, "\(place.errors)")
      #expect(place.output.contains("likely label errors: none"))
      #expect(try ImageFile.read(place.path("none.png")).height > 10)
    }

    @Test func theEventHasThemAll() throws {
      let place = try Self.swapped(format: .json)
      #expect(place.type("check data") == 0)
      let event = try #require(try place.events("check_data").first)
      let doubts = try #require(event["doubtful_labels"] as? [[String: Any]])
      #expect(
        Set(doubts.compactMap { $0["path"] as? String }) == ["red/g.png", "green/r.png"])
      #expect(doubts.first?["suggested_probability"] as? Double ?? 0 > 0.5)
      #expect(event["encoder"] as? String == "resnet20" && event["weights_hash"] is String)
      #expect(event["folds"] as? Int == 5 && event["agreement"] as? Double == 0.85)
      let pair = try #require((event["confused_pairs"] as? [[String: Any]])?.first)
      #expect(pair["classes"] as? [String] == ["green", "red"])
      #expect(pair["confused"] as? Int == 3 && pair["images"] as? Int == 20)
      #expect(place.type("check data labels=no") == 0)
      #expect(try place.events("check_data").last?["doubtful_labels"] is NSNull)
      // No bit depends on the number of threads.
      let other = try Self.swapped(format: .json, threads: 1)
      #expect(other.type("check data") == 0)
      let same = try #require(
        try other.events("check_data").first?["doubtful_labels"] as? [[String: Any]])
      #expect((same as NSArray).isEqual(doubts as NSArray))
    }

    @Test func theSameImageUnderTwoLabelsFailsTheCheck() throws {
      let place = try Workplace(format: .json)
      _ = try Shapes.write(to: place.path("set"), perClass: 4)
      #expect(place.type("data set ; check data") == 0)
      #expect((try place.events("check_data").last?["contradictions"] as? [Any])?.isEmpty == true)
      let files = FileManager.default
      try files.copyItem(atPath: place.path("set/green/0.png"), toPath: place.path("set/red/x.png"))
      try files.copyItem(atPath: place.path("set/red/1.png"), toPath: place.path("set/red/y.png"))
      #expect(place.type("data set ; check data") == 1)
      let found = try #require(
        try place.events("check_data").last?["contradictions"] as? [[String: String]])
      let expected = [
        "path": "red/x.png", "label": "red", "of": "green/0.png", "label_of": "green",
      ]
      #expect(found == [expected])
      let text = try Workplace(folder: place.folder)
      #expect(text.type("data set ; check data") == 1)
      #expect(
        text.output.contains(
          "the same image under two labels: 1\n  red/x.png (red) = green/0.png (green)\n"))
      #expect(text.errors.contains("set: 1 images are there under another label too"))
    }

    @Test func whatCannotBeJudgedIsSaid() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.path("set"), perClass: 4)
      #expect(place.type("data set ; check data") == 0)
      #expect(place.output.contains("labels are not checked: no encoder is chosen; after `encoder"))
      #expect(place.type("check data to=x.csv") == 1)
      #expect(place.errors.contains("there are no doubtful labels to write: no encoder is chosen"))
      #expect(place.type("encoder resnet20 weights=random size=16 ; check data labels=no") == 0)
      #expect(!place.output.contains("likely label errors:"))
      #expect(place.type("check data to=set/red/0.png") == 2)
      // Random features of few shapes say nothing.
      #expect(place.type("data demo:shapes limit=40 ; check data") == 0)
      #expect(
        place.output.contains(
          "labels are not checked: a head on features of resnet20 (weights random) predicts labels no "
            + "better than the sizes of the classes do"), "\(place.output)")
      #expect(place.type("check data to=x.csv") == 1)
      #expect(place.type("check data labels=no to=x.csv") == 2)
      #expect(place.errors.contains("labels=no lists no labels that `to` could have"))
      #expect(place.type("check augment labels=no") == 2)
      #expect(place.errors.contains("`labels` is for `check data`"))
    }
  }
}
