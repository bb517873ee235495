import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// Encoders and images that have names are chosen again by them.
  @Suite struct NamedIngredientsTests {
    static let lines = """
      encoder resnet20 weights=random size=16 as=small
      encoder resnet20 weights=random size=24
      data demo:shapes limit=40 balance=weights as=few
      data demo:shapes limit=60
      encoder small
      data few
      """

    @Test func namesChooseWhatTheyWereGivenTo() throws {
      let place = try Workplace()
      #expect(place.type(Self.lines) == 0, "\(place.errors)")
      #expect(place.session.workbench.encoder?.input.side == 16)
      #expect(place.session.workbench.data?.samples.count == 40)
      #expect(place.session.workbench.balance == .weights)
      #expect(place.type("train epochs=1 as=A") == 0, "\(place.errors)")
      let recipe = place.recipe
      // The choices in between do not count; those with names do.
      #expect(recipe.contains("as=small") && recipe.contains("as=few"))
      #expect(!recipe.contains("size=24") && !recipe.contains("limit=60"))
      let again = try Workplace()
      #expect(again.replay(recipe) == 0, "\(again.errors)")
      #expect(try again.hash("A") == place.hash("A"))
      #expect(again.recipe == recipe)
      #expect(place.type("undo\nundo\nundo\nundo\nundo") == 0)
      #expect(place.session.workbench.dataSets.isEmpty)
    }

    @Test(arguments: [
      ("encoder resnet20 weights=random as=resnet18", "is a word of Graft that chooses an encoder"),
      ("encoder resnet20 weights=random as=s ; encoder s size=32", "chosen as it was named"),
      ("encoder smal", "smal"), ("data few", "few"),
      ("data demo:shapes limit=40 as=few ; data few limit=20", "chosen as it was named"),
      ("data demo:shapes limit=40 as=bad", "cannot be a name"),
      ("data demo:shapes limit=40 as=photos", "is a file or folder here"),
      ("data as=few", "needs a folder or file"),
    ])
    func whatCannotBeANameIsSaid(_ line: String, _ message: String) throws {
      let place = try Workplace()
      try FileManager.default.createDirectory(
        atPath: place.path("photos"), withIntermediateDirectories: true)
      #expect(place.replay(line) != 0)
      #expect(place.errors.contains(message), "\(place.errors)")
    }
  }
}
