import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// What a session keeps of frozen layers, and what it says and records of it.
  @Suite struct FeatureTests {
    private static let training = "train epochs=7 batch=16 policy=A augment=flip"

    @Test func viewsAreSaidAndTheCacheChangesNothing() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(place.type(Self.training + " as=A") == 0, "\(place.errors)")
      #expect(place.errors.contains("A: epochs take 2 fixed augmented views of each image in turn"))
      #expect(place.errors.contains("A: features of avgpool are computed once and kept: "))
      // Nobody typed them, and a replay takes as many.
      #expect(place.recipe.contains("as=A") && !place.recipe.contains("views"), "\(place.recipe)")
      let hash = try place.hash("A")
      #expect(place.session.workbench.features.memoryBytes > 0)

      let again = try Workplace()
      again.session.workbench.features.folder = again.path("features")
      #expect(again.type("set cache off") == 0)
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("A") == hash)
      #expect(again.session.workbench.features.memoryBytes == 0)
      #expect(!again.errors.contains("features of"))
      #expect(!FileManager.default.fileExists(atPath: again.path("features")))

      #expect(place.type(Self.training + " views=0 as=N") == 0)
      #expect(try place.hash("N") != hash)
      #expect(place.errors.contains("N: features of training images are not kept: views=0"))
    }

    @Test func shortRunsAndOtherPoliciesDrawAsEver() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      let short = Self.training.replacing("epochs=7", with: "epochs=1")
      #expect(place.type(short + " as=A") == 0)
      #expect(place.type(short + " views=0 as=N") == 0)
      #expect(try place.hash("A") == place.hash("N"))
      #expect(place.type(short.replacing("policy=A", with: "policy=B") + " as=B") == 0)
      #expect(!place.errors.contains("B: features"))
      #expect(place.recipe.components(separatedBy: "views=").count == 2)
    }

    @Test func aStopInAKeptEpochResumesToTheSameBits() throws {
      let whole = try Workplace()
      whole.type(Workplace.ingredients + "\n" + Self.training + " as=A")
      for stop in [3, 10] {
        let place = try Workplace()
        place.type(Workplace.ingredients)
        place.type(Self.training + " as=A stop=\(stop)")
        #expect(place.type("resume A") == 0, "\(place.errors)")
        #expect(try place.hash("A") == whole.hash("A"))
      }
    }

    @Test func moreEpochsKeepTheViewsThatTheRunBeganWith() throws {
      let place = try Workplace()
      place.type(Workplace.ingredients)
      #expect(place.type(Self.training.replacing("epochs=7", with: "epochs=5") + " as=A") == 0)
      #expect(place.type("resume A epochs=+5") == 0, "\(place.errors)")
      #expect(place.errors.contains("A: all epochs show one fixed augmented view of each image"))
      #expect(!place.errors.contains("epochs take"))
    }

    @Test func finetuneReadsInItsFirstPhaseAlone() throws {
      let line = "finetune epochs=1 freeze=3 batch=16 augment=flip views=1 as=F"
      let hashes = try ["auto", "off"].map { mode in
        let place = try Workplace()
        place.type(Workplace.ingredients + "\nset cache \(mode)\n" + line)
        let said = place.errors.components(separatedBy: "are computed once and kept").count - 1
        #expect(said == (mode == "auto" ? 1 : 0))
        return try place.hash("F")
      }
      #expect(hashes[0] == hashes[1])
    }
  }
}
