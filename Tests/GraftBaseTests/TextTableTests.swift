import GraftBase
import Testing

@Suite struct TextTableTests {
  @Test func numbersStandToTheRight() {
    let table = TextTable(["name", "count"], rows: [["rose", "12"], ["tulip", "3"]])
    #expect(table.description == "name   count\nrose      12\ntulip      3")
  }

  @Test func aDashIsNoWord() {
    let table = TextTable(["a", "b"], rows: [["x", "-"], ["y", "10"]])
    #expect(table.description == "a   b\nx   -\ny  10")
  }

  @Test func tablesOfNumbersKeepWordsToTheRight() {
    var table = TextTable(ofNumbers: ["group", "trained"])
    table.add(["stem", "frozen"])
    table.add(["head", "510"])
    #expect(table.description == "group  trained\nstem    frozen\nhead       510")
  }

  @Test func shortRowsAndNoHeaderAreAllowed() {
    let table = TextTable(rows: [["a"], ["bb", "c"], []], indent: 2)
    #expect(table.description == "  a\n  bb  c\n")
    #expect(TextTable().description == "")
  }

  @Test func paintDoesNotCountAsWidth() {
    let table = TextTable(["a", "b"], rows: [["long", "word"]])
    #expect(table.rendered { "<\($0)>" } == "<a     b>\nlong  word")
  }

  @Test func wideCharactersStayInTheirColumn() {
    let table = TextTable(["class", "n"], rows: [["日本", "1"], ["rose", "12"]])
    #expect(table.description == "class   n\n日本    1\nrose   12")
  }

  private static let listing = TextTable(
    ["name", "top score", "what it is"],
    rows: [
      ["resnet", "70.1", "residual blocks after each other"], ["alexnet", "5", "five layers"],
    ])

  @Test func theLastColumnWrapsInATerminal() {
    #expect(
      Self.listing.rendered(width: 40) == """
        name     top score  what it is
        resnet        70.1  residual blocks
                            after each other
        alexnet          5  five layers
        """)
    #expect(Self.listing.rendered(width: 80) == Self.listing.description)
    #expect(Self.listing.rendered(width: 1).split(separator: "\n")[0].hasPrefix("name     "))
  }

  @Test func columnsShortenOrLeave() {
    var table = Self.listing
    table.flexibilities = [0: .shortens(atLeast: 4), 1: .leaves(0), 2: .wraps(atLeast: 16)]
    #expect(
      table.rendered(width: 25) == """
        name     what it is
        resnet   residual blocks
                 after each other
        alexnet  five layers
        not shown for want of room: top score
        """)
    table.flexibilities = [0: .shortens(atLeast: 4), 2: .shortens(atLeast: 10)]
    #expect(
      table.rendered(width: 23) == """
        name    top  what it is
              score
        res…   70.1  residual …
        ale…      5  five laye…
        """)
  }

  /// Whatever the room, no line is wider than what the columns need at least, and no cell is lost.
  @Test(arguments: 10...90) func linesFit(_ width: Int) {
    let text = Self.listing.rendered(width: width)
    let most = text.split(separator: "\n").map { String($0).displayWidth }.max() ?? 0
    #expect(most <= max(width, 7 + 2 + 5 + 2 + 20))
    let words = text.split { $0 == " " || $0 == "\n" }.joined()
    for word in ["residual", "blocks", "after", "each", "other", "70.1", "layers"] {
      #expect(words.contains(word))
    }
  }

  @Test(arguments: [(-1, nil), (0, 7), (1, 8), (2, nil)])
  func checkedSubscript(index: Int, expected: Int?) {
    #expect([7, 8][checked: index] == expected)
  }
}
