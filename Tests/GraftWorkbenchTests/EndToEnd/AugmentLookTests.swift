import Foundation
import GraftBase
import GraftImaging
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `check augment` and `augment explain`.
  @Suite struct AugmentLookTests {
    private static func place(_ pipeline: String, json: Bool = false) throws -> Workplace {
      let place = try Workplace(format: json ? .json : .text)
      #expect(
        place.type(
          "encoder resnet20 weights=random size=32\ndata demo:shapes limit=60\naugment "
            + pipeline) == 0, "\(place.errors)")
      place.capture.clear()
      return place
    }

    private func check(_ pipeline: String, count: Int = 64) throws -> AugmentCheck {
      let place = try Self.place(pipeline)
      return try AugmentCheck(
        place.session.workbench.pipeline, count: count, in: place.session
      ) { _ in }
    }

    @Test func aSoundPipelinePasses() throws {
      let place = try Self.place("flip rotate(10..30) brightness(0.8..1.2)")
      #expect(place.type("check augment samples=80") == 0, "\(place.errors)")
      #expect(place.output.contains("on 80 draws of demo:shapes"))
      for name in ["unchanged", "near black", "one color"] {
        #expect(place.output.contains(try Regex("ok +\(name) +0\\.0 %")), "\(place.output)")
      }
      #expect(place.output.contains("rotate") && place.output.contains("measured on one thread"))
    }

    @Test func whatIsDrawnIsCounted() throws {
      let check = try check("flip rotate(10..30) affine(10, translate=0.1, p=0.25)", count: 400)
      try #require(check.operations.map(\.name) == ["flip", "rotate", "affine"])
      let flip = check.operations[0].applied
      #expect(check.operations[0].drawn == 400 && flip > 150 && flip < 250)
      let rotate = check.operations[1]
      let degrees = try #require(rotate.values.first { $0.name == "degrees" })
      #expect(rotate.applied == 400 && degrees.numbers.count == 400)
      #expect(degrees.numbers.allSatisfy { (10...30).contains($0) })
      #expect(check.operations[2].values.count >= 4)
      #expect(rotate.timed == 24 && rotate.seconds > 0)
    }

    @Test func spoiltImagesAreFaults() throws {
      let black = try Self.place("brightness(0..0.01)")
      #expect(black.type("check augment samples=32") == 1)
      #expect(black.errors.contains("100.0 % of the augmented images are near black"))
      let same = try Self.place("flip(p=0)")
      #expect(same.type("check augment samples=32") == 1)
      #expect(same.errors.contains("100.0 % of the augmented images are unchanged"))
      let flat = try check("contrast(0..0.001)", count: 16)
      #expect(flat.findings.first { $0.name == "one color" }?.share == 1)
      let rare = try check("flip(p=0.3)", count: 64).findings[0]
      #expect(rare.verdict == "look" && rare.example != nil)
    }

    @Test func mixingIsLookedAtByBatch() throws {
      let check = try check("mixup(1, p=0.5)", count: 8)
      let mixed = check.ownShares.compactMap { $0 }
      #expect(check.ownShares.count == 256 && mixed.count > 90 && mixed.count < 166)
      #expect("\(check)".contains("own share"))
      #expect(check.findings.allSatisfy { $0.verdict == "ok" })
    }

    @Test func whatFastChangesIsMeasured() throws {
      let fast = try check("fast rotate(20..20, filter=bilinear) shear(10..10, filter=bilinear)")
      let difference = try #require(fast.difference)
      #expect(difference.largest > 0 && difference.mean > 0 && difference.mean < 40)
      #expect("\(fast)".contains("\(difference.largest) at most, on 24 images"), "\(fast)")
      #expect(try check("rotate(20..20)").difference == nil)
      // A single warp is the same warp.
      #expect(try check("fast rotate(20..20)").difference?.largest == 0)
    }

    @Test func fastAloneIsRefused() throws {
      let place = try Workplace()
      #expect(place.type("augment fast") == 2)
      #expect(place.errors.contains("`fast` changes how other ops are computed"), "\(place.errors)")
      #expect(place.type("augment fast rotate(5)") == 0)
      #expect(place.type("augment -rotate") == 2 && place.type("augment +flip") == 0)
      #expect(place.output.contains("augment fast rotate(5) flip"))
      place.capture.clear()
      #expect(place.type("help fast") == 0 && !place.output.contains("p=…"))
    }

    @Test func whatCannotBeCheckedIsSaid() throws {
      let place = try Workplace()
      #expect(place.type("check augment") == 1)
      #expect(place.errors.contains("there is no augmentation to check"))
      #expect(place.type("augment flip ; check augment") == 1)
      #expect(place.errors.contains("there are no images yet"))
      #expect(place.type("check data samples=4") == 2)
      #expect(place.errors.contains("`samples` is for `check augment`"))
    }

    @Test func histogramsShowWhereValuesLie() {
      #expect(AugmentCheck.histogram([1, 1, 1]) == "█")
      #expect(AugmentCheck.histogram([0, 0, 0, 0, 1], parts: 3) == "█·▂")
      #expect(
        AugmentCheck.histogram((0..<1200).map(Double.init)) == String(repeating: "█", count: 12))
    }

    // MARK: explain

    @Test func explanationNamesWhatIsFolded() throws {
      let place = try Workplace()
      let line = "augment explain crop(scale=0.5..0.6) flip(p=1) brightness(2..2) contrast(2..2)"
      #expect(place.type(line) == 0, "\(place.errors)")
      #expect(place.output.contains("on an image of 500×375, epoch 1"))
      #expect(place.output.contains(/1 +resize .*, mirrored +crop \+ flip/), "\(place.output)")
      #expect(
        place.output.contains(
          /2 +brightness \+ contrast \(one table\), in normalize +brightness \+ contrast/))
      #expect(place.output.contains("2 passes in place of 5 move"))
      // Nothing was chosen and nothing is recorded.
      #expect(place.session.workbench.pipeline.isEmpty && !place.recipe.contains("explain"))
    }

    @Test func bytesAreThoseOfThePasses() throws {
      let place = try Self.place("rotate(30..30) blur(1..1) solarize(128..128, p=1)")
      let explanation = try AugmentExplanation(
        place.session.workbench.pipeline, in: place.session)
      let area = 32 * 32 * 3
      #expect(explanation.rows.map(\.read).suffix(3) == [area, area, area])
      #expect(explanation.rows.map(\.written).suffix(3) == [area, area, 4 * area])
      #expect(explanation.rows.count == 4 && explanation.unfolded.count == 5)
      #expect(explanation.rows[0].operations == ["prepare"])
      #expect(explanation.rows[3].operations == ["solarize"])
      let both = AugmentExplanation.bytes(explanation.unfolded)
      #expect(both.written == AugmentExplanation.bytes(explanation.rows).written + area)
    }

    @Test func everyOpIsExplained() throws {
      let place = try Self.place("none", json: true)
      for entry in place.session.vocabulary.transforms {
        #expect(place.type("augment explain \(entry.examples[0])") == 0, "\(place.output)")
      }
      #expect(try place.events("explain").count == place.session.vocabulary.transforms.count)
    }

    @Test(arguments: [
      ("augment flip as=explain", "a pipeline cannot be called `explain`"),
      ("augment flip explain", "`explain` comes before the ops"),
      ("augment explain flip as=mild", "selects nothing that could have a name"),
      ("augment explan", "did you mean `explain`?"),
      ("augment rotat", "did you mean `rotate`?"),
      (
        "augment rotate(degrees=abc)",
        "`degrees` of `rotate` cannot be `abc`; expected number 0..360"
      ),
      ("augment rotate(400)", "`degrees` of `rotate` cannot be `400`; expected number 0..360"),
      ("augment jitter", "`jitter`"),
      ("augment nothinglikeit", "there is no op or pipeline `nothinglikeit`"),
    ])
    func explainIsReservedAndFaultsStayClear(_ line: String, _ message: String) throws {
      let place = try Workplace()
      #expect(place.type(line) == 2)
      #expect(place.errors.contains(message), "\(place.errors)")
    }
  }
}
