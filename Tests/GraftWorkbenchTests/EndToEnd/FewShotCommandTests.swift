import GraftBase
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  @Suite struct FewShotCommandTests {
    private static let line = "fewshot ways=3 shots=2 queries=4 episodes=30"

    private static func workplace(
      _ format: Console.Format = .json, threads: Int = 2
    ) throws -> Workplace {
      let place = try Workplace(format: format, threads: threads)
      #expect(
        place.type("encoder resnet20 weights=random size=16\ndata demo:shapes limit=80") == 0)
      return place
    }

    @Test func theScoreFollowsFromTheSeed() throws {
      let places = try [Self.workplace(), Self.workplace(threads: 1)]
      let events = try places.map { place in
        #expect(place.type(Self.line) == 0, "\(place.errors)")
        return try #require(place.events("fewshot").last)
      }
      let accuracy = try #require(events[0]["accuracy"] as? Double)
      #expect(events[1]["accuracy"] as? Double == accuracy)
      #expect(accuracy > 0.2 && accuracy < 1)
      #expect(events[0]["classes"] as? Int == 10 && events[0]["images"] as? Int == 80)
      #expect(places[0].type("seed 3\nencoder resnet20 weights=random size=16\n\(Self.line)") == 0)
      #expect(try places[0].events("fewshot").last?["accuracy"] as? Double != accuracy)
    }

    @Test func whatCannotBeDrawnIsRefused() throws {
      let place = try Self.workplace(.text)
      #expect(place.type("fewshot") != 0)
      #expect(place.errors.contains("0 of the 10 classes of demo:shapes have the 20 images"))
      #expect(place.type("fewshot ways=11 shots=1 queries=1") != 0)
      #expect(place.errors.contains("use ways=10, or fewer shots= or queries="))
    }
  }
}
