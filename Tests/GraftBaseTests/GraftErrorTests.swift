import GraftBase
import Testing

@Suite struct GraftErrorTests {
  @Test func exitStatusesAreThoseOfTheManual() {
    #expect(GraftError.Code.allCases.map(\.exitStatus) == [1, 2, 3, 4, 130, 143, 129])
  }

  @Test func helpFollowsTheMessage() {
    #expect(GraftError(.usage, "no such verb").description == "no such verb")
    #expect(
      GraftError(.usage, "no such verb", help: "try `train`").description
        == "no such verb (try `train`)")
  }

  @Test(arguments: [
    ("plain é 日本 👩‍🔬", "plain é 日本 👩‍🔬"), ("a\nb\tc", "a\\nb\\tc"),
    ("\u{1B}[31mred", "\\u{1b}[31mred"), ("\u{0}\u{7F}\u{9F}\u{A0}", "\\u{0}\\u{7f}\\u{9f}\u{A0}"),
    ("\r\n", "\\u{d}\\n"), ("", ""), (#"C:\new"#, #"C:\new"#),
  ])
  func controlCharactersAreEscaped(text: String, escaped: String) {
    #expect(text.escapingControlCharacters == escaped)
    #expect(escaped.escapingControlCharacters == escaped)
  }
}
