import Foundation
import GraftBase
import GraftImaging
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `graft verify`: a recipe is trained anew, and its receipts hold or are named.
  @Suite struct VerificationTests {
    private let place: Workplace
    private let recipe: String

    init() throws {
      place = try Workplace()
      _ = try Shapes.write(to: place.path("shapes"), perClass: 6)
      place.type(
        """
        encoder net("conv(4) relu pool fc(8)") size=16
        data shapes/ split=50/50
        train epochs=1 batch=4 policy=B lr=1e-3 as=B
        evaluate B on=train
        save out/model.safetensors
        load out/model.safetensors as=again
        save good.graft
        """)
      recipe = try String(contentsOfFile: place.path("good.graft"), encoding: .utf8)
    }

    private func verify(
      _ text: String, tolerance: Double? = nil, knobs: [String] = [],
      format: Console.Format = .text, store: RunStore? = nil
    ) throws -> (status: Int32, place: Workplace) {
      let path = place.path("good.graft")
      if text != recipe { try text.write(toFile: path, atomically: true, encoding: .utf8) }
      let again = try Workplace(format: format, folder: place.folder)
      let file = try SourceFile.read(path, base: "/")
      let status = try Verification(
        again.session, file, path: path, tolerance: tolerance, store: store
      ).run(
        settings: knobs.compactMap { KnobSetting(commandLine: $0, folder: place.folder) },
        options: Executor.Options())
      return (status, again)
    }

    @Test func everyReceiptHoldsAndNoFileIsTouched() throws {
      #expect(place.errors.contains("train B"), "\(place.errors)")
      let model = place.path("out/model.safetensors")
      try "mine".write(toFile: model, atomically: true, encoding: .utf8)
      let (status, again) = try verify(recipe)
      #expect(status == 0, "\(again.output)\(again.errors)\(recipe)")
      #expect(again.output.hasSuffix("/good.graft: 6 of 6 receipts compared, all hold\n"))
      #expect(try String(contentsOfFile: model, encoding: .utf8) == "mine")
      #expect(FileManager.default.contents(atPath: place.path("good.graft")) == Data(recipe.utf8))
    }

    /// The run on disk that has the recipe's result tells which arguments were others.
    @Test(arguments: [
      ("lr=1e-3", "lr=5e-1", "`lr` of `train` is 5e-1 here, and was 1e-3"),
      ("batch=4", "batch=2", "`batch` of `train` is 2 here, and was 4"),
      (" batch=4", "", "`batch` of `train` is not given here, and was 4"),
      ("size=16", "size=24", "`size` of `encoder` is 24 here, and was 16"),
      ("encoder net", "seed 7 ; encoder net", "`seed` was not there"),
    ])
    func theArgumentThatDiffersIsNamed(_ old: String, _ new: String, _ remark: String) throws {
      let state = try TemporaryFolder.make()
      let first = try Workplace(folder: place.folder, stateFolder: state)
      #expect(first.replay(recipe.replacing("out/model", with: "out/other")) == 0)
      let store = RunStore(stateFolder: state)
      let (status, again) = try verify(recipe.replacing(old, with: new), store: store)
      #expect(status == 3 && again.output.contains("\n  \(remark)\n"), "\(again.output)")
      #expect(again.output.matches(of: /here, and was|was not there/).count >= 1)
    }

    @Test func receiptsOfIncludedFilesAreCompared() throws {
      let lines = recipe.split(separator: "\n", omittingEmptySubsequences: false)
      let place = lines.firstIndex { $0.contains("train") }
      let cut = try #require(place) + 1
      try lines[..<cut].joined(separator: "\n").write(
        toFile: self.place.path("common.graft"), atomically: true, encoding: .utf8)
      let rest = "include common.graft\n" + lines[cut...].joined(separator: "\n")
      let (status, again) = try verify(rest)
      #expect(status == 0, "\(again.output)\(again.errors)")
      #expect(again.output.contains("/good.graft: 6 of 6 receipts compared, all hold"))
      #expect(again.output.contains("common.graft:\(cut)  holds"), "\(again.output)")
      try lines[..<cut].joined(separator: "\n").replacing("lr=1e-3", with: "lr=5e-1").write(
        toFile: self.place.path("common.graft"), atomically: true, encoding: .utf8)
      let (changed, other) = try verify(rest)
      #expect(changed == 3 && other.output.contains("common.graft:\(cut)  differs"))
      #expect(other.output.contains("from common.graft:\(cut) on"), "\(other.output)")
    }

    @Test func aChangedArgumentIsNamed() throws {
      let (status, again) = try verify(recipe.replacing("lr=1e-3", with: "lr=5e-1"))
      #expect(status == 3)
      let train =
        try #require(recipe.split(separator: "\n").firstIndex { $0.contains("train") }) + 1
      #expect(
        again.output.contains(
          "good.graft:\(train)  differs  train epochs=1 batch=4 policy=B lr=5e-1"))
      #expect(again.output.contains("differ, from line \(train) on"), "\(again.output)")
      #expect(again.errors.contains("good.graft was changed since Graft wrote it"))
    }

    @Test func aGivenKnobIsNamed() throws {
      let (status, again) = try verify(recipe, knobs: ["B.lr=5e-1"])
      #expect(status == 3)
      #expect(again.errors.contains("the recipe ran with B.lr=5e-1"))
    }

    @Test func aChangedImageIsNamed() throws {
      let image = Image(
        width: 20, height: 20, channels: 3, pixels: [UInt8](repeating: 77, count: 1200))
      // Times of files tick every few milliseconds.
      Thread.sleep(forTimeInterval: 0.05)
      try ImageFile.writePNG(image, to: place.path("shapes/red/3.png"))
      let (status, again) = try verify(recipe)
      #expect(status == 3)
      #expect(
        again.output.contains("changed after the recipe was written: shapes/red/3.png\n"),
        "\(again.output)")
      let (older, other) = try verify(recipe + "# later\n")
      #expect(older == 3)
      #expect(other.output.contains("the images, their names or their classes are not those"))
    }

    @Test func scoresMayDifferByTheToleranceAndCountsMayNot() throws {
      let score = try #require(recipe.firstMatch(of: /val\.accuracy (\d\.\d+), weights (\w+)/))
      let value = try #require(Double(score.1))
      let near = recipe.replacing(
        "val.accuracy \(score.1)", with: "val.accuracy \((value + 0.004).fixedText(3))"
      ).replacing(score.2, with: "00000000")
      #expect(try verify(near).status == 3)
      let (status, again) = try verify(near, tolerance: 0.005)
      #expect(status == 0, "\(again.output)")
      #expect(again.output.contains("all hold within 0.005, weights not compared"))
      #expect(try verify(near, tolerance: 0.001).status == 3)
      let counts = recipe.replacing("12 images", with: "13 images")
      #expect(counts != recipe)
      #expect(try verify(counts, tolerance: 1).status == 3)
    }

    @Test func withoutReceiptsNothingIsCompared() throws {
      let bare = recipe.replacing("#=", with: "#")
      #expect(throws: GraftError.self) { try verify(bare) }
      // A step that fails ends it with that step's status.
      let (status, again) = try verify(
        recipe.replacing(
          "train epochs", with: "render to=c ; preview c/no.png to=p.png\ntrain epochs"))
      #expect(status == 4)
      #expect(again.output.contains("compared, all hold; 4 were not reached"), "\(again.output)")
    }

    @Test func eventsTellEachReceipt() throws {
      let (status, again) = try verify(
        recipe.replacing("12 images", with: "13 images"), format: .json)
      #expect(status == 3)
      let receipts = try again.events("receipt")
      #expect(receipts.count == 6)
      #expect(receipts.filter { $0["holds"] as? Bool == false }.count == 1)
      let wrong = try #require(receipts.first { $0["holds"] as? Bool == false })
      #expect((wrong["says"] as? String)?.hasPrefix("13 images") == true)
      #expect((wrong["came_out"] as? String)?.hasPrefix("12 images") == true)
      let whole = try #require(try again.events("verify").first)
      #expect(whole["compared"] as? Int == 6 && whole["differing"] as? Int == 1)
    }
  }
}
