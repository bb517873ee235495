import Foundation
import GraftEngine
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// `set precision=bf16`: the one setting that changes results.
  @Suite struct PrecisionTests {
    private static let training = "train epochs=3 batch=16 policy=B lr=1e-3 as=A"

    @Test func learnsAsWellAndIsRecordedReplayedAndSaved() throws {
      let plain = try Workplace()
      #expect(plain.type("\(Workplace.ingredients)\n\(Self.training)") == 0, "\(plain.errors)")
      #expect(!plain.recipe.contains("precision"))

      let place = try Workplace()
      #expect(
        place.type(
          "\(Workplace.ingredients)\nset precision=bf16\n\(Self.training)\nsave a.safetensors")
          == 0, "\(place.errors)")
      #expect(place.output.contains("% of the multiply-adds of resnet20"))
      #expect(place.recipe.contains("set precision=bf16\n"))
      #expect(try place.hash("A") != plain.hash("A"))
      let loss = try place.session.metric(named: "A.train.loss")
      let exact = try plain.session.metric(named: "A.train.loss")
      #expect(abs(loss - exact) < 0.02 * exact, "\(loss) instead of \(exact)")

      let again = try Workplace(threads: 1, folder: place.folder)
      #expect(again.replay(place.recipe) == 0, "\(place.recipe)\n\(again.errors)")
      #expect(try again.hash("A") == place.hash("A"))

      let loaded = try Workplace(folder: place.folder)
      #expect(loaded.type("load a.safetensors as=B") == 0, "\(loaded.errors)")
      #expect(try loaded.session.requireRun("B").model.precision == .bf16)
      #expect(loaded.session.workbench.precision == .fp32)
    }

    @Test func runsKeepTheirPrecisionAndCheckpointsKnowIt() throws {
      let place = try Workplace()
      place.type("\(Workplace.ingredients)\nset precision bf16\ntrain epochs=1 as=A")
      place.type("set precision=fp32\ntrain epochs=1 as=B")
      let (a, b) = (try place.session.requireRun("A"), try place.session.requireRun("B"))
      #expect(a.model.precision == .bf16 && b.model.precision == .fp32)
      let identities = [a, b].map { $0.prepared?.identity["precision"] }
      #expect(identities == ["bf16", nil])
      #expect(place.type("show settings") == 0 && place.output.contains("precision"))
    }

    @Test func standsAloneAndOutsideTheInitFile() throws {
      let place = try Workplace()
      #expect(place.type("set threads=1 precision=bf16") == 2)
      #expect(place.errors.contains("stands alone"))
      let file = SourceFile(name: "init.graft", text: "set precision=bf16", folder: place.folder)
      #expect(Executor(place.session).run(file, mode: .initFile) == 2)
      #expect(place.errors.contains("may not `set precision`"))
      #expect(place.session.workbench.precision == .fp32)
    }
  }
}
