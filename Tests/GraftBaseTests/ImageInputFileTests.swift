import Foundation
import GraftBase
import Testing

@Suite struct ImageInputFileTests {
  /// As the first version of Graft wrote it.
  private static let old =
    #"{"channels":3,"height":224,"interpolation":"bicubic","mean":[0.5,0.5,0.5],"#
    + #""resizeShortSide":256,"std":[0.25,0.5,0.5],"width":224}"#

  private static func read(_ text: String) throws -> ImageInput {
    try JSONDecoder().decode(ImageInput.self, from: Data(text.utf8))
  }

  @Test func filesOfOlderVersionsAreReadAndWrittenAlike() throws {
    let input = try Self.read(Self.old)
    #expect(
      input
        == ImageInput(
          side: 224, resizeShortSide: 256, filter: .bicubic, mean: [0.5, 0.5, 0.5],
          std: [0.25, 0.5, 0.5]))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    #expect(String(decoding: try encoder.encode(input), as: UTF8.self) == Self.old)
  }

  @Test(arguments: [
    #""width":224|"width":0"#, #""width":224|"width":192"#, #""channels":3|"channels":2"#,
    #"[0.25,|["#, #"[0.25,|[0,"#, #"[0.5,0.5,0.5]|[]"#,
    #""resizeShortSide":256|"resizeShortSide":99999999"#, "bicubic|sharp",
  ])
  func impossibleSavedValuesAreRefused(change: String) throws {
    let parts = change.split(separator: "|").map(String.init)
    #expect(Self.old.contains(parts[0]))
    #expect(throws: GraftError.self) {
      try Self.read(Self.old.replacing(parts[0], with: parts[1]))
    }
  }

  @Test func anUnknownFilterIsNamedBesideThoseThatThereAre() {
    do {
      _ = try Self.read(Self.old.replacing("bicubic", with: "sharp"))
      Issue.record("read without an error")
    } catch {
      #expect("\(error)".contains("images cannot be resized by 'sharp'"), "\(error)")
      #expect((error as? GraftError)?.help?.contains("bilinear, bicubic, lanczos") == true)
    }
  }

  /// Checkpoints of every version hold this text.
  @Test func checkpointsKeepTheirText() {
    #expect(
      ImageInput.cifar.recordedText
        == "InputSpecification(width: 32, height: 32, channels: 3, mean: [0.485, 0.456, 0.406], "
        + "std: [0.229, 0.224, 0.225], resizeShortSide: 32, interpolation: \"bilinear\")")
  }
}
