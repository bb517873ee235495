import Foundation
import GraftModels
import GraftTraining
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// What is registered can be typed, is recorded, and comes out alike when it is replayed.
  @Suite struct RegistryTests {
    private static let ingredients = """
      encoder net("input(16) conv(8) relu pool conv(8) relu gap")
      data demo:shapes limit=40
      policy B
      """

    @Test func everyOptimizerTrainsAndReplays() throws {
      let place = try Workplace()
      #expect(place.type(Self.ingredients) == 0, "\(place.errors)")
      let names = Optimizers.all.map { $0.name }
      for name in names {
        #expect(
          place.type("train epochs=1 optimizer=\(name) lr=1e-3 as=run_\(name)") == 0,
          "\(place.errors)")
      }
      let hashes = try names.map { try place.hash("run_\($0)") }
      #expect(Set(hashes).count == names.count)
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try names.map { try again.hash("run_\($0)") } == hashes)
    }

    @Test func gradientsAreClipped() throws {
      let place = try Workplace()
      let lines = """
        train epochs=2 as=P
        train epochs=2 clip=1e6 as=W
        train epochs=2 clip=0.01 as=C
        train epochs=2 clip=0.01 stop=1 as=S
        resume S
        """
      #expect(place.type(Self.ingredients + "\n" + lines) == 0, "\(place.errors)")
      let plain = try place.hash("P")
      #expect(try place.hash("W") == plain, "no norm is that long")
      #expect(try place.hash("C") != plain)
      #expect(try place.hash("S") == place.hash("C"), "a resumed run is clipped, too")
      #expect(place.recipe.contains("clip=0.01"))
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("C") == place.hash("C"))
      #expect(place.type("train epochs=1 clip=0") == 2)
      #expect(place.type("train epochs=1 optimizer=adagrad momentum=0.9") == 2)
      #expect(place.errors.contains("adagrad has no momentum"))
    }

    @Test func theCosineHeadTrainsSavesAndLoads() throws {
      let place = try Workplace()
      let file = place.path("c.safetensors")
      #expect(
        place.type(
          Self.ingredients + "\nhead cosine scale=5\ntrain epochs=1 as=A\nsave c.safetensors\n"
            + "load \(file) as=B\nevaluate B\nexpect B.kappa <= 1\nexpect B.balanced >= 0") == 0,
        "\(place.errors)")
      #expect(try place.hash("A") == place.hash("B"))
      #expect(place.recipe.contains("head cosine scale=5"))
      #expect(place.type("head linear scale=5") == 2)
      #expect(place.errors.contains("`scale` goes with cosine and prototype heads"))
    }
  }
}
