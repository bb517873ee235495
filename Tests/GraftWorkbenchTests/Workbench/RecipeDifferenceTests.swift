import Testing

@testable import GraftWorkbench

@Suite struct RecipeDifferenceTests {
  private func marked(_ left: String, _ right: String) -> [String] {
    RecipeDifference(parsed(left), parsed(right)).lines.map { "\($0.mark.rawValue) \($0.text)" }
  }

  @Test func statementsAreComparedAndNotTheirSpacing() {
    let left = "# graft 1 · recipe 1\nseed 3 ; head   linear\nparam lr = 1e-3 # why\n"
    #expect(RecipeDifference(parsed(left), parsed("seed 3\nhead linear\nparam lr=1e-3")).isEmpty)
    #expect(
      marked(left, "seed 4\nhead linear\nparam lr: number = 1e-2 in 0..1")
        == [
          "- seed 3", "+ seed 4", "  head linear", "- param lr = 1e-3",
          "+ param lr: number = 1e-2 in 0..1",
        ])
  }

  @Test func receiptsCount() {
    #expect(
      marked("seed 3 ; seed 4 #= a\nseed 5", "seed 3\nseed 4 #= b\nseed 5")
        == ["  seed 3", "- seed 4  #= a", "+ seed 4  #= b", "  seed 5"])
  }

  @Test func loopsAreLines() {
    #expect(
      marked("for k in 1 2\nseed $k\nend", "for k in 1 3\nseed $k\nend")
        == ["- for k in 1 2", "+ for k in 1 3", "    seed $k", "  end"])
  }

  @Test func accentsThatLookAlikeDiffer() {
    #expect(!RecipeDifference(parsed("note \u{E9}"), parsed("note e\u{301}")).isEmpty)
  }

  @Test func farLinesAreLeftOut() {
    let notes = (1...9).map { "note a\($0)" }
    let other = notes.map { $0 == "note a5" ? "note b" : $0 }
    let shown = RecipeDifference(
      parsed(notes.joined(separator: "\n")), parsed(other.joined(separator: "\n"))
    ).shown(context: 1).map { $0?.text ?? "…" }
    #expect(shown == ["…", "note a4", "note a5", "note b", "note a6", "…"])
  }
}
