import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `findlr` and `lr=auto`.
  @Suite struct RateSearchTests {
    @Test(arguments: ["A", "B", "C"])
    func aSearchLeavesLaterRunsAsTheyWere(_ policy: String) throws {
      let train = "train policy=\(policy) epochs=1 augment=[flip,mixup] batch=16 as=R"
      let plain = try Workplace()
      plain.type(Workplace.ingredients)
      #expect(plain.type(train) == 0)
      let searched = try Workplace()
      searched.type(Workplace.ingredients)
      #expect(searched.type("findlr policy=\(policy) steps=20 batch=16 augment=[flip,mixup]") == 0)
      #expect(searched.session.workbench.runs.isEmpty)
      #expect(searched.type(train) == 0)
      #expect(try searched.hash("R") == plain.hash("R"))
      #expect(searched.recipe == plain.recipe)
    }

    @Test func theRateThatWasFoundIsRecorded() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(
        place.type("findlr policy=C lr=1e-6..1 steps=40 to=rates.csv") == 0, "\(place.errors)")
      let rows = try String(contentsOfFile: place.folder + "/rates.csv", encoding: .utf8)
        .split(separator: "\n")
      #expect(rows[0] == "lr,loss,smoothed_loss" && rows.count > 10)
      #expect(rows[1].hasPrefix("1e-6,"))
      let told = try #require(place.output.firstMatch(of: #/train policy=C lr=(\S+)/#))
      #expect(place.type("train policy=C lr=auto epochs=1 as=C") == 0)
      // The search of `train` goes over the usual rates, and ends in a range with the policy's proportion.
      let line = try #require(
        place.recipe.firstMatch(of: #/train policy=C lr=([\d.e-]+)\.\.([\d.e-]+) /#))
      let ends = try [line.1, line.2].map { try #require(Double($0)) }
      #expect(abs(ends[0] * 100 / ends[1] - 1) < 1e-9)
      #expect(told.1.contains(".."))
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("C") == place.hash("C"))
    }

    @Test func whatCannotBeSearchedIsSaid() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(place.type("findlr lr=1e-3") == 2)
      #expect(place.type("findlr from=Z") == 1)
      #expect(place.errors.contains("Z"))
      #expect(place.type("findlr loss=dice") != 0 && place.errors.contains("loss=dice"))
    }
  }
}
