import Foundation
import Testing

@testable import GraftWorkbench

extension EndToEnd {
  /// A network by its formula, as any other encoder: trained, saved, loaded, replayed.
  @Suite struct NetworkTests {
    private static let recipe = """
      encoder net("INPUT -> [[CONV(8) -> RELU]*N -> POOL?]*M -> [FC(16) -> RELU]*K -> FC", N=1, M=2, K=1) size=16
      data demo:shapes limit=40
      policy C
      train epochs=1 as=A
      """

    @Test func trainsSavesAndReplays() throws {
      let place = try Workplace()
      #expect(place.type(Self.recipe) == 0, "\(place.errors)")
      #expect(place.session.title == "demo:shapes·net·A*")
      #expect(
        place.type("summary\nencoder\nsave a.safetensors\nsave a.graft") == 0, "\(place.errors)")
      let trained = try place.hash("A")

      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("A") == trained)
      #expect(again.type("load \(place.path("a.safetensors")) as=B") == 0, "\(again.errors)")
      #expect(try again.hash("B") == trained)
      #expect(again.type("encoder \(place.path("a.safetensors"))") == 0, "\(again.errors)")
    }

    @Test func everyLossTrainsAndReplays() throws {
      let place = try Workplace()
      let net = "encoder net(\"input(16) conv(8) relu pool conv(8) relu gap\")"
      #expect(place.type("\(net)\ndata demo:shapes limit=40\npolicy B") == 0, "\(place.errors)")
      for loss in ["ce", "hinge", "svm", "bce", "focal", "gce"] {
        let line = "train epochs=1 optimizer=adadelta lr=1 smooth=0.1 loss=\(loss) as=run_\(loss)"
        #expect(place.type(line) == 0, "\(place.errors)")
      }
      let hashes = try ["ce", "hinge", "svm", "bce", "focal", "gce"].map {
        try place.hash("run_\($0)")
      }
      #expect(Set(hashes).count == hashes.count)
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("run_focal") == hashes[4])
      place.capture.clear()
      #expect(place.type("data demo:shapes limit=40 balance=weights\ntrain loss=bce") == 2)
      #expect(place.errors.contains("does not take class weights"))
    }

    @Test func augMixLossComparesCopies() throws {
      let place = try Workplace()
      let net = "encoder net(\"input(16) conv(8) relu pool conv(8) relu gap\")"
      #expect(place.type("\(net)\ndata demo:shapes limit=40\npolicy B") == 0, "\(place.errors)")
      #expect(place.type("augment flip\ntrain loss=jsd") == 2)
      #expect(place.errors.contains("loss=jsd compares copies of an image that `augmix` made"))
      let lines = "augment flip augmix\ntrain epochs=2 loss=jsd as=J\ntrain epochs=2 as=P"
      #expect(place.type(lines) == 0, "\(place.errors)")
      #expect(try place.hash("J") != place.hash("P"))
      let again = try Workplace()
      #expect(again.replay(place.recipe) == 0, "\(again.errors)")
      #expect(try again.hash("J") == place.hash("J"))
    }

    @Test func nothingIsPretrained() throws {
      let place = try Workplace()
      #expect(place.type("encoder net(\"conv(8) relu gap\")") == 0, "\(place.errors)")
      #expect(place.output.contains("random weights"))
      #expect(place.type("help net") == 0)
      #expect(place.output.contains("depthwise(kernel=3, stride=1"))
    }
  }
}
