import Foundation
import GraftBase
import Testing

@testable import GraftWorkbench

@Suite struct EncoderAdviceTests {
  private static func candidate(
    _ name: String, _ side: Int, _ accuracy: Double, _ milliseconds: Double
  ) -> EncoderAdvice.Candidate {
    EncoderAdvice.Candidate(
      encoder: name, weights: "W", side: side, accuracy: accuracy, milliseconds: milliseconds)
  }

  private static let candidates = [
    candidate("icons", 32, 90, 1), candidate("photos", 128, 50, 3), candidate("good", 224, 72, 20),
    candidate("best", 224, 81, 100),
  ]

  private func chosen(
    _ side: Int, _ images: Int, budget: Double = 600,
    of candidates: [EncoderAdvice.Candidate] = candidates
  ) -> String? {
    let need = EncoderAdvice.Need(side: side, images: images, classes: 10, budget: budget)
    return EncoderAdvice(need, among: candidates)?.candidate.encoder
  }

  @Test func sizeNumberAndBudgetDecide() {
    #expect(chosen(32, 1000) == "icons")
    #expect(chosen(200, 1000) == "best")
    // 20,000 images take 2,000 s with the best.
    #expect(chosen(200, 20_000) == "good")
    #expect(chosen(200, 1000, budget: 5) == "photos")
    // None keeps to the budget: the fastest of the kind.
    #expect(chosen(200, 1000, budget: 0.1) == "photos")
    #expect(chosen(200, 1000, of: [Self.candidates[0]]) == "icons")
    #expect(chosen(32, 1000, of: Array(Self.candidates[1...])) == "photos")
    #expect(chosen(32, 1000, of: []) == nil)
  }

  @Test func theReasonIsASentence() {
    let need = EncoderAdvice.Need(side: 200, images: 120, classes: 10, budget: 600)
    #expect(
      EncoderAdvice(need, among: Self.candidates)?.reason
        == "chosen for 120 images of 200 px, 12 per class: the most accurate for such images that keeps to the "
        + "budget; trained at 224 px, 12 s for a pass, and `policy A` suits so few")
  }
}

extension EndToEnd {
  @Suite struct EncoderAutoTests {
    private func place() throws -> Workplace {
      let place = try Workplace()
      place.session.pretrained = PretrainedWeights(
        environment: [:], program: "",
        folders: [SourceTexts.repository.path(percentEncoded: false)])
      return place
    }

    @Test func theChoiceIsRecordedAndReplayed() throws {
      let place = try place()
      #expect(place.type("encoder auto") == 1)
      #expect(place.errors.contains("there are no images yet"))
      #expect(place.type("data demo:shapes:40\nencoder auto budget=1h size=48") == 0)
      #expect(place.output.contains("chosen for 30 images of 64 px, 3 per class"))
      let lines = place.session.recorder.transcript(relativeTo: place.folder)
      let choice = "encoder mobilenetv4_conv_small size=48 weights=TINY_IMAGENET"
      #expect(lines.last?.hasPrefix(choice) == true, "\(lines)")
      let again = try self.place()
      #expect(again.replay(lines.joined(separator: "\n")) == 0, "\(again.errors)")
      let (one, other) = (place.session.workbench.encoder, again.session.workbench.encoder)
      #expect(one?.weightsHash != nil && one?.weightsHash == other?.weightsHash)
      #expect(again.session.workbench.encoder?.input.side == 48)
    }

    @Test func whatDoesNotGoWithAutoIsRefused() throws {
      let place = try place()
      #expect(place.type("encoder auto weights=random") == 2)
      #expect(place.type("encoder resnet20 budget=5m") == 2)
      #expect(place.type("encoder resnet20 as=auto") == 2)
    }

    @Test func listingsAreFiltered() throws {
      let place = try place()
      #expect(place.type("encoder") == 0)
      #expect(place.output.contains("resnet20") && !place.output.contains("resnet50"))
      place.capture.clear()
      #expect(place.type("show pretrained resnet accuracy=80 size=200") == 0)
      let rows = place.output.split(separator: "\n").dropFirst()
      #expect(rows.contains { $0.hasPrefix("resnet50 ") } && rows.allSatisfy { $0.contains("res") })
      #expect(!rows.contains { $0.hasPrefix("resnet18 ") })
      place.capture.clear()
      #expect(place.type("show pretrained nothing") == 0)
      #expect(place.errors.contains("none of 190 published weights is like that; families: "))
      #expect(place.type("show knobs resnet") == 2)
    }
  }
}
