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

  @Test func distances() {
    #expect(Suggestion.distance("kitten", "sitting", limit: 5) == 3)
    #expect(Suggestion.distance("ab", "ba", limit: 5) == 1)
    #expect(Suggestion.distance("abc", "xyz", limit: 1) == 2)
  }
}
