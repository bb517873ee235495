import GraftBase
import Testing

@testable import GraftWorkbench

@Suite struct CommandTests {
  static let verbs = CommandTable.specifications.map(\.verb).filter { $0 != "!" }

  /// What each verb does alone, in a session without encoder, images and runs; nil: it succeeds.
  static let outcomesInAnEmptySession: [String: GraftError.Code?] = [
    "encoder": nil, "data": .failed, "head": nil, "augment": nil, "policy": nil,
    "freeze": .failed, "unfreeze": .failed, "seed": nil, "summary": .failed, "forward": .usage,
    "embed": .usage,
    "explain": .failed, "activations": .failed, "filters": .failed, "excite": .usage,
    "preview": .failed, "render": .usage, "plot": .usage, "mistakes": .failed,
    "confusion": .failed, "neighbors": .usage, "check": .failed, "train": .failed,
    "finetune": .failed, "solve": .failed, "findlr": .failed, "sweep": .usage, "compare": .failed,
    "resume": .failed, "evaluate": .failed, "calibrate": .failed, "fewshot": .failed,
    "predict": .usage,
    "expect": .usage, "runs": nil, "diff": .usage, "use": .usage, "drop": .usage, "save": .usage,
    "load": .usage, "export": .usage, "param": nil, "let": nil, "include": .usage,
    "run": .usage, "recipe": nil, "record": nil, "history": nil, "note": .usage, "help": nil,
    "apropos": .usage, "set": nil, "show": nil, "alias": nil, "cd": nil, "ls": nil, "quit": nil,
    "undo": .failed, "redo": .failed,
  ]

  @Test(arguments: verbs) func runsInAnEmptySession(_ verb: String) throws {
    let outcome = try #require(
      Self.outcomesInAnEmptySession[verb], "the table lacks the outcome of `\(verb)`")
    let bench = try TestBench()
    #expect(bench.type(verb) == outcome?.exitStatus ?? 0, "\(bench.capture.errors)")
    #expect(bench.capture.errors.contains("error: ") == (outcome != nil))
  }

  @Test(arguments: verbs) func refusesUnknownParameters(_ verb: String) throws {
    let specification = try #require(CommandTable.specification(of: verb))
    guard specification.openness != .anyLabel else { return }
    let bench = try TestBench()
    #expect(bench.type("\(verb) bogus=1") == 2)
    #expect(bench.capture.errors.contains("`\(verb)` has no parameter `bogus`"))
  }

  @Test func metricsAreFoundByTheNamesPeopleUse() throws {
    let bench = try TestBench()
    bench.session.metrics = ["A.val.accuracy": 0.9, "C.val.accuracy": 0.95, "C.test.accuracy": 0.8]
    bench.session.currentRun = "C"
    #expect(bench.type("expect accuracy >= 0.95 ; expect A.accuracy == 0.91 +- 0.02") == 0)
    #expect(bench.type("expect C.accuracy > A.accuracy by 0.01 ; expect test.accuracy < 90%") == 0)
    #expect(bench.type("expect C.accuracy > A.accuracy by 0.1") == 3)
    #expect(bench.capture.errors.contains("but C.accuracy is 0.950"))
    #expect(bench.type("expect C.acuracy > 1") == 1)
    #expect(bench.type("expect accuracy > 1 by") == 2)
    #expect(bench.type("expect accuracy = 1") == 2)
  }

  @Test func settingsAreSetByWordOrByKey() throws {
    let bench = try TestBench()
    #expect(bench.type("set threads 3 ; set image=none color=never") == 0)
    #expect(bench.session.settings.threads == 3)
    #expect(bench.session.settings.image == .none)
    #expect(bench.type("set thread 3") == 2)
  }

  @Test func failedStepsStopUnlessAskedToContinue() throws {
    let bench = try TestBench()
    bench.session.metrics["A.val.accuracy"] = 0.5
    let file = bench.recipe("seed 1\nexpect A.accuracy > 0.9\nseed 2")
    #expect(Executor(bench.session).run(file, mode: .recipe) == 3)
    #expect(bench.session.seed == 1)
    let options = Executor.Options(keepsGoing: true)
    #expect(Executor(bench.session).run(file, mode: .recipe, options: options) == 3)
    #expect(bench.session.seed == 2)
  }

  @Test func nothingRunsWhenAnythingIsWrong() throws {
    let bench = try TestBench()
    #expect(bench.replay("seed 4\nseed x") == 2)
    #expect(bench.session.seed == 0)
  }
}
