import GraftBase
import Testing

@Suite struct StringDirectionTests {
  @Test func onlyNamesFromRightToLeftAreClosed() {
    for text in ["ants", "日本語", "é", "🐸 tree frog", "Ωmega", ""] {
      #expect(text.closedLeftToRight == text)
    }
    for text in ["قطة", "חתול", "سيارة red", "red سيارة"] {
      #expect(text.closedLeftToRight == text + "\u{200E}")
      #expect(text.closedLeftToRight.displayWidth == text.displayWidth)
    }
  }

  /// A terminal would set the numbers of a row among the letters; what is no terminal gets names as they are.
  @Test func tablesOnTerminalsCloseNames() {
    var table = TextTable(ofNumbers: ["class", "images"])
    table.add(["قطة", "5"])
    #expect(table.rendered(width: 40).contains("قطة\u{200E}"))
    #expect(!table.rendered().contains("\u{200E}"))
  }
}
