import GraftBase
import Testing

@Suite struct NearestNameTests {
  private let names = ["train", "evaluate", "encoder", "augment", "data"]

  @Test(arguments: [
    ("trian", "train"), ("TRAIN", "train"), ("evalute", "evaluate"), ("augm", "augment"),
    ("fit", "train"), ("FIT", "train"), ("datasets", "data"),
  ])
  func nearNamesAreFound(typed: String, expected: String) {
    #expect(NearestName.of(typed, among: names, synonyms: ["fit": "train"]) == expected)
  }

  @Test(arguments: ["xyzzy", "", "q", "preview"])
  func nothingNearGivesNothing(typed: String) {
    #expect(NearestName.of(typed, among: names, synonyms: ["fit": "train"]) == nil)
  }

  @Test func aTieGoesToTheEarlierName() {
    #expect(NearestName.of("cot", among: ["cat", "cut"]) == "cat")
    #expect(NearestName.of("cot", among: ["cut", "cat"]) == "cut")
  }

  @Test func aSynonymOfAnAbsentNameIsNotSuggested() {
    #expect(NearestName.of("fit", among: ["data"], synonyms: ["fit": "train"]) == nil)
  }

  @Test(arguments: [
    ("kitten", "sitting", 5, 3), ("ab", "ba", 5, 1), ("abc", "xyz", 1, 2), ("", "ab", 5, 2),
    ("same", "same", 0, 0), ("a", "abcdef", 2, 3),
  ])
  func distances(first: String, second: String, limit: Int, expected: Int) {
    #expect(NearestName.distance(first, second, limit: limit) == expected)
    #expect(NearestName.distance(second, first, limit: limit) == expected)
  }
}
