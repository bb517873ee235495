import Foundation
import Testing

@testable import GraftWorkbench

@Suite struct DistillerTests {
  /// Records text as if every command had succeeded.
  private func record(_ text: String, on bench: TestBench, receipts: [Int: String] = [:]) throws {
    let binder = Executor(bench.session).bind(bench.typed(text), mode: .prompt)
    if let fault = binder.faults.first { throw fault }
    for (index, step) in binder.steps.enumerated() where step.specification.isRecorded {
      for parameter in step.specification.parameters {
        guard case .newName(let set) = parameter.kind else { continue }
        for case .text(let name) in step.arguments.all(parameter) {
          bench.session.vocabulary.add(name, to: set)
        }
      }
      guard let lineage = step.command.lineage(in: bench.session) else { continue }
      bench.session.recorder.append(
        RecordedStatement(step, lineage: lineage, receipt: receipts[index]))
    }
  }

  @Test func keepsOnlyWhatTheRunsDependOn() throws {
    let bench = try TestBench()
    try bench.write("flowers/x.txt", "")
    try record(
      """
      encoder resnet50
      seed 1
      encoder resnet18
      data flowers/ split=80/10/10
      head linear ; policy B
      seed 0
      policy A
      augment rotate(5) as=unused
      augment flip as=mild
      train epochs=5 augment=mild as=A
      policy C lr=1e-5..1e-3
      train epochs=20 augment=mild from=A as=C
      """, on: bench, receipts: [3: "3670 images, 5 classes", 10: "val.accuracy 0.886"])
    #expect(
      bench.session.distilledRecipe(folder: bench.folder) == """
        # graft 1 · distilled from 13 lines
        param data: path = flowers/                  #= 3670 images, 5 classes
        seed 1 ; encoder resnet18 ; data $data split=80/10/10 ; head linear ; seed 0
        policy A
        augment flip as=mild
        train epochs=5 augment=mild as=A             #= val.accuracy 0.886
        policy C lr=1e-5..1e-3 ; train epochs=20 augment=mild from=A as=C

        """)
  }

  @Test func recordReplayRecordGivesTheSameText() throws {
    let bench = try TestBench()
    try bench.write("my roses/x.txt", "")
    try record(
      """
      param lr = 1e-3 in 1e-6..1 "peak rate"
      let n = 3
      seed 4 ; encoder resnet18 ; data "my roses/"
      for e in 1 2
        train epochs=$e lr=$lr as=A
      end
      note "kept $n" ; seed 9
      """, on: bench)
    let first = bench.session.distilledRecipe(folder: bench.folder)
    #expect(first.contains("param lr = 1e-3 in 1e-6..1 \"peak rate\""))
    #expect(first.contains("param data: path = \"my roses/\""))
    #expect(first.contains("train epochs=2 lr=$lr as=A"))
    #expect(!first.contains("epochs=1 "))
    let again = try TestBench()
    try again.write("my roses/x.txt", "")
    try record(first, on: again)
    let second = again.session.distilledRecipe(folder: again.folder)
    #expect(second.split(separator: "\n").dropFirst() == first.split(separator: "\n").dropFirst())
  }

  @Test func saveWritesTheRecipe() throws {
    let bench = try TestBench()
    #expect(bench.type("seed 5 ; note hello ; save out.graft") == 0)
    let text = try String(contentsOfFile: bench.folder + "/out.graft", encoding: .utf8)
    #expect(text == "# graft 1 · distilled from 2 lines\nseed 5\nnote hello\n")
    #expect(bench.type("save out.grft") == 2)
    #expect(bench.type("save out.safetensors") == 1)
  }

  @Test func journalHoldsOnlyWhatSucceededAndChanged() throws {
    let bench = try TestBench()
    let journal = Journal(stateFolder: bench.folder + "/state")
    bench.session.journal = journal
    bench.type("show")
    #expect(!FileManager.default.fileExists(atPath: journal.path))
    bench.type("seed 5 ; history")
    bench.type("expect accuracy > 1")
    bench.type("seed x")
    let text = try String(contentsOfFile: journal.path, encoding: .utf8)
    #expect(
      text == """
        # graft 1 · journal
        #> seed 5
        seed 5
        #> expect accuracy > 1
        #! there is no score `accuracy`

        """)
    let again = try TestBench()
    #expect(again.type(text) == 0 && again.session.seed == 5)
  }
}
