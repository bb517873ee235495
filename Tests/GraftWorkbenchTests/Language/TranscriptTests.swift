import Testing

@testable import GraftWorkbench

@Suite struct TranscriptTests {
  @Test func promptsAndAnswersAreStripped() {
    let text = """
      graft> seed 3
      seed 3
      flowers·resnet18·A*> for x in 1
      ...> seed $x
      ...> end
      """
    #expect(Transcript.commands(in: text) == "seed 3\nfor x in 1\nseed $x\nend")
  }

  @Test func plainTextStays() {
    let text = "seed 3  #= seed 3\nexpect a > b"
    #expect(Transcript.commands(in: text) == text)
  }
}
