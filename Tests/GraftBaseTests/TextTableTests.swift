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

  @Test(arguments: [(-1, nil), (0, 7), (1, 8), (2, nil)])
  func checkedSubscript(index: Int, expected: Int?) {
    #expect([7, 8][checked: index] == expected)
  }
}
