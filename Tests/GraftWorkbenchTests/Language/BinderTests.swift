import Foundation
import GraftBase
import Testing

@testable import GraftWorkbench

@Suite struct BinderTests {
  /// The planned commands as text.
  private func bind(_ bench: TestBench, _ text: String, _ knobs: [String] = []) throws -> [String] {
    let binder = Executor(bench.session).bind(
      bench.recipe(text), mode: .recipe, settings: bench.settings(knobs))
    if let fault = binder.faults.first { throw fault }
    return binder.steps.map { Printer.text($0.arguments.syntax) }
  }

  @Test func loopsUnroll() throws {
    let text = "for x in 1 [2, 3]\nfor y in a b\nseed $x ; note $y$x\nend\nend"
    let steps = try bind(TestBench(), text)
    #expect(steps.count == 12)
    #expect(steps[1] == "note a1")
    #expect(steps[11] == "note b3")
  }

  @Test func multiplyingLoopsAreRefused() throws {
    let values = (1...200).map(String.init).joined(separator: " ")
    let text = "for a in \(values)\nfor b in \(values)\nseed $a\nend\nend"
    #expect(try TestBench().faults(text).last?.kind == .tooLarge)
  }

  @Test func valuesComeFromOutsideThenIncludeThenDefault() throws {
    let bench = try TestBench()
    try bench.write("inner.graft", "param n = 1\nseed $n")
    #expect(try bind(bench, "include inner.graft").last == "seed 1")
    #expect(try bind(bench, "include inner.graft n=2").last == "seed 2")
    #expect(try bind(bench, "include inner.graft n=2", ["n=3"]).last == "seed 3")
    #expect(try bind(bench, "param n = 4\nseed $n", ["n=5"]).last == "seed 5")
    #expect(bench.faults("include inner.graft m=2").first?.kind == .unknownKnob)
  }

  @Test func includeSharesNamesAndRunKeepsThem() throws {
    let bench = try TestBench()
    try bench.write("inner.graft", "let n = 7")
    #expect(try bind(bench, "include inner.graft\nseed $n").last == "seed 7")
    #expect(bench.faults("run inner.graft\nseed $n").first?.kind == .unknownVariable)
  }

  @Test func argumentsOfNamedRunsAreKnobs() throws {
    let bench = try TestBench()
    let text = "train epochs=5 as=A\ntrain lr=1e-3 as=C"
    let steps = try bind(bench, text, ["C.lr=3e-4", "A.batch=8"])
    #expect(steps == ["train epochs=5 as=A batch=8", "train as=C lr=3e-4"])
    #expect(bench.faults(text, ["C.learn=1"]).first?.kind == .unknownParameter)
    #expect(bench.faults(text, ["D.lr=1"]).first?.kind == .unknownKnob)
  }

  @Test func knobsAreTypedAndLimited() throws {
    let bench = try TestBench()
    let text = "param lr = 1e-3 in 1e-6..1 \"peak rate\"\nparam o = adam in [adam, sgd]"
    #expect(bench.faults(text, ["lr=5"]).map(\.kind) == [.outOfRange])
    #expect(bench.faults(text, ["lr=x"]).map(\.kind) == [.wrongType])
    #expect(bench.faults(text, ["o=sdg"]).first?.suggestion == "sgd")
    #expect(bench.faults(text, ["lr=1e-4", "o=sgd"]).isEmpty)
  }

  @Test func pathsAreRelativeToTheFileThatNamesThem() throws {
    let bench = try TestBench()
    try bench.write("sub/flowers/x.txt", "")
    try bench.write("sub/inner.graft", "param data: path = flowers/\ndata $data")
    let binder = Executor(bench.session).bind(
      bench.recipe("include sub/inner.graft"), mode: .recipe)
    #expect(binder.faults.isEmpty)
    let source = binder.steps.last?.arguments[DataCommand.source]
    #expect(source?.place == bench.folder + "/sub/flowers/")
  }

  @Test func filesMadeByEarlierStepsCount() throws {
    let bench = try TestBench()
    #expect(bench.faults("save m.safetensors\nload m.safetensors").isEmpty)
    #expect(bench.faults("load m.safetensors").first?.kind == .missingFile)
  }

  @Test func namesMadeByEarlierStepsCount() throws {
    let bench = try TestBench()
    #expect(bench.faults("augment flip as=mild\ntrain augment=mild as=A\nuse A").isEmpty)
    #expect(bench.faults("train augment=mild").first?.kind == .unknownValue)
    #expect(bench.faults("train as=A\nuse B").first?.kind == .unknownValue)
    #expect(bench.faults("train\nuse B").isEmpty)
  }

  @Test func recipesWriteOnlyWhereTheyMay() throws {
    let bench = try TestBench()
    #expect(bench.faults("save ../x.graft").first?.kind == .outsideFolder)
    #expect(bench.faults("save sub/../x.graft").isEmpty)
    #expect(bench.faults("param out: path = x.graft\nsave $out", ["out=/tmp/x.graft"]).isEmpty)
    #expect(bench.faults("param out: path = /tmp/x.graft\nsave $out").first?.kind == .outsideFolder)
    symlink("/tmp", bench.folder + "/link")
    #expect(bench.faults("save link/x.graft").first?.kind == .outsideFolder)
  }

  @Test func abbreviationsWorkAtThePromptOnly() throws {
    let bench = try TestBench()
    #expect(bench.type("not hello") == 0)
    #expect(bench.session.recorder.transcript(relativeTo: "/") == ["note hello"])
    #expect(bench.faults("not hello").first?.kind == .unknownCommand)
  }

  @Test func aliasesExpandAtThePrompt() throws {
    let bench = try TestBench()
    #expect(bench.type("alias s7 = \"seed 7\"") == 0)
    #expect(bench.type("s7") == 0)
    #expect(bench.session.seed == 7)
    #expect(bench.type("alias train = \"seed 7\"") == 2)
  }
}
