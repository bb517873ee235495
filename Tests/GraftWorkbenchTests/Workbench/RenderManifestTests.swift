import Foundation
import GraftBase
import Testing

@testable import GraftWorkbench

@Suite struct RenderManifestTests {
  private typealias Recorded = RenderManifest.RecordedInput

  /// As the first version of Graft wrote it.
  private static let old =
    #"{"channels":3,"filter":"bilinear","inputSize":224,"mean":[0.485,0.5,0.5],"#
    + #""resizeShortSide":256,"std":[0.25,0.5,0.5]}"#

  private static func read(_ text: String) throws -> ImageInput {
    try JSONDecoder().decode(Recorded.self, from: Data(text.utf8)).input
  }

  private static func written(_ input: ImageInput) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(Recorded(input)), as: UTF8.self)
  }

  @Test func manifestsOfOlderVersionsAreReadAndWrittenAlike() throws {
    let input = try Self.read(Self.old)
    #expect(
      input
        == ImageInput(
          side: 224, resizeShortSide: 256, mean: [0.485, 0.5, 0.5], std: [0.25, 0.5, 0.5]))
    let gray = Self.old.replacing(#""channels":3"#, with: #""channels":1"#)
      .replacing("[0.485,0.5,0.5]", with: "[0.5,0.5,0.5]")
      .replacing("[0.25,0.5,0.5]", with: "[0.25,0.25,0.25]")
    #expect(try Self.read(gray).mean == [0.5])
    #expect(try Self.written(Self.read(gray)) == gray)
    let patches = try Self.read(gray).framed(for: .segmentation)
    #expect(try Self.written(patches).contains(#""framing":"patch""#))
    #expect(try Self.read(Self.written(patches)) == patches)
  }

  @Test(arguments: [
    #""inputSize":224|"inputSize":0"#, #""channels":3|"channels":2"#, "[0.25,|[0,", "[0.485,|[",
    #""resizeShortSide":256|"resizeShortSide":99999999"#, "bilinear|sharp",
  ])
  func impossibleSavedValuesAreRefused(change: String) throws {
    let parts = change.split(separator: "|").map(String.init)
    #expect(Self.old.contains(parts[0]))
    #expect(throws: GraftError.self) {
      try Self.read(Self.old.replacing(parts[0], with: parts[1]))
    }
  }
}
