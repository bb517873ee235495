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

  @Test(arguments: [
    ("lr_find", "`findlr`"), ("learn.fit_one_cycle", "schedule=one-cycle"),
    ("show_batch", "`preview 8`"), ("most_confused", "`confusion`"),
    ("plot_top_losses", "`mistakes order=loss`"), ("ToTensor", "nothing to type"),
    ("import", "`data FOLDER`"), ("lr", "policy B lr=1e-3"), ("earlystopping", "patience=3"),
    ("discriminative", "policy C"), ("cuda", "set threads=4"),
  ])
  func wordsOfOtherToolsLeadToGrafts(_ typed: String, _ expected: String) throws {
    let bench = try TestBench()
    let fault = try #require(bench.faults(typed).first)
    #expect(fault.kind == .unknownCommand)
    #expect(fault.help?.contains(expected) == true, "\(fault.help ?? "")")
  }

  @Test func aMisspeltScoreIsCorrected() throws {
    let place = try Workplace()
    place.session.metrics["A.val.accuracy"] = 0.5
    #expect(place.type("expect acuracy > 0.2") == 1)
    #expect(place.errors.contains("did you mean `accuracy`?"), "\(place.errors)")
    place.session.metrics["B.val.accuracy"] = 0.75
    #expect(place.type("expect B.accuracy > A.accuracy by 0.2") == 0)
    #expect(
      place.output.contains(
        "holds: B.accuracy > A.accuracy by 0.2; B.accuracy is 0.750, A.accuracy is 0.500"),
      "\(place.output)")
  }

  @Test func helpTakesSeveralSpellingsOfATopic() throws {
    let place = try Workplace()
    for (line, title) in [
      ("help train lr", "train.lr"), ("help rotate.degrees", "rotate - "),
      ("help augment.rotate", "rotate - "), ("help augment rotate", "rotate - "),
    ] {
      let start = place.output.utf8.count
      #expect(place.type(line) == 0, "\(line): \(place.errors)")
      let shown = String(decoding: place.output.utf8.dropFirst(start), as: UTF8.self)
      #expect(shown.hasPrefix(title), "\(line): \(shown.prefix(40))")
    }
  }
}
