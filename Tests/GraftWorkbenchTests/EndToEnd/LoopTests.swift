import Foundation
import GraftBase
import Testing

@testable import GraftTraining
@testable import GraftWorkbench

extension EndToEnd {
  /// Options of the training loop, as they are typed.
  @Suite struct LoopTests {
    @Test func keepBestEndsWithTheBestEpoch() throws {
      let place = try Workplace()
      #expect(
        place.type(
          Workplace.ingredients
            + "\ntrain epochs=8 batch=16 policy=B lr=0.003 augment=none keep=best as=B") == 0,
        "\(place.errors)")
      let run = try place.session.requireRun("B")
      let result = try #require(run.result)
      let best = try #require(result.bestEpoch)
      #expect(best < 8, "the last epoch is the best")
      #expect(result.validation?.meanLoss == result.history[best - 1].validationLoss)
      #expect(place.errors.contains("B: the weights of the epoch with the best validation score"))
      #expect(place.output.contains("B: epoch \(best) was the best; kept"))
      #expect(place.recipe.contains("keep=best"))
    }

    @Test func keepBestNeedsValidationImages() throws {
      let place = try Workplace()
      _ = try Shapes.write(to: place.folder + "/images", perClass: 4)
      // A table whose classes are numbered is divided as it says.
      let rows = (0..<4).flatMap { ["green/\($0).png,0,train", "red/\($0).png,1,train"] }
      try (["file,class_index,split"] + rows).joined(separator: "\n")
        .write(toFile: place.folder + "/images/manifest.csv", atomically: true, encoding: .utf8)
      #expect(place.type("encoder resnet20 weights=random size=16 ; data images") == 0)
      #expect(place.type("train epochs=1 batch=4 keep=last") == 0, "\(place.errors)")
      #expect(place.type("train epochs=1 batch=4 keep=best") == 2)
      #expect(place.errors.contains("there are no validation images"))
    }
  }
}
