import Foundation
import GraftBase
import Testing

@Suite struct StringJSONTests {
  @Test func onlyWhatMustBeEscapedIs() {
    #expect(
      "a\"b\\c/é\u{1}\u{1F}\u{7F}\n\r\t\u{08}\u{0C}日".quotedAsJSON
        == #""a\"b\\c/é\u0001\u001f"# + "\u{7F}" + #"\n\r\t\b\f日""#)
    #expect("".quotedAsJSON == #""""#)
  }

  @Test func foundationReadsItBack() throws {
    let text = (0..<0x300).compactMap { Unicode.Scalar($0) }.map(String.init).joined() + "🐟"
    let read = try JSONDecoder().decode([String].self, from: Data("[\(text.quotedAsJSON)]".utf8))
    #expect(read == [text])
  }
}
