import Testing

@testable import GraftWorkbench

@Suite struct SuggestionTests {
  @Test(arguments: [
    ("trian", "train"), ("evalute", "evaluate"), ("fit", "train"), ("model", "encoder"),
    ("dataset", "data"), ("augm", "augment"), ("test", "evaluate"), ("ENCODER", "encoder"),
  ])
  func verbs(_ typed: String, _ expected: String) {
    let verbs = CommandTable.specifications.map(\.verb)
    #expect(Suggestion.nearest(to: typed, among: verbs) == expected)
  }

  @Test func nothingNearGivesNothing() {
    let verbs = CommandTable.specifications.map(\.verb)
    #expect(Suggestion.nearest(to: "xyzzy", among: verbs) == nil)
    #expect(Suggestion.help(for: "xyzzy", among: ["a1", "b2"]).help == "one of: a1, b2")
    #expect(Suggestion.help(for: "xyzzy", among: verbs).help == nil)
  }
}
