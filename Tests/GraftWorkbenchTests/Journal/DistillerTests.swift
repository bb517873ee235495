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
        # graft 1 · recipe dec40d7b
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
    #expect(second == first)
  }

  @Test(arguments: [
    "param k = 3", "param k: int = 3", "param k: number = 3", "param k: text = 5",
    "param k: any = 5", "param k = 1e-3 in 1e-6..1 \"peak rate\"", "param k = a in [a, b]",
    "param k: path = flowers/", "param k: flag = yes", "param k = 10% \"share, \\\"small\\\"\"",
    "param k = \"a b\"", "param k: layers = layer1..layer3", "param k = [flip, rotate(5)]",
  ])
  func knobsKeepTheirTypes(_ declaration: String) throws {
    let bench = try TestBench()
    try bench.write("flowers/x.txt", "")
    let use = declaration.contains("[flip") ? "augment $k" : "note \"$k\""
    try record("\(declaration)\n\(use)", on: bench)
    let recipe = bench.session.distilledRecipe(folder: bench.folder)
    let line = recipe.split(separator: "\n").dropFirst().first.map(String.init) ?? ""
    #expect(line == declaration.replacing("\"share, \\\"small\\\"\"", with: "'share, \"small\"'"))
    let again = try TestBench()
    try record(recipe, on: again)
    #expect(again.session.distilledRecipe(folder: again.folder) == recipe)
  }

  /// A number that happens to be whole may become another; what was declared whole may not.
  @Test func wholeNumbersStayLooseOrStrict() throws {
    let bench = try TestBench()
    #expect(bench.replay("param k = 3 in 0..5\nnote $k", ["k=0.5"]) == 0)
    let recipe = bench.session.distilledRecipe(folder: bench.folder)
    #expect(recipe.contains("\nparam k = 0.5 in 0..5\nnote $k\n"))
    #expect(try TestBench().replay(recipe, ["k=2"]) == 0)
    let strict = try TestBench()
    #expect(strict.replay("param k: int = 3\nnote $k") == 0)
    let text = strict.session.distilledRecipe(folder: strict.folder)
    #expect(try TestBench().replay(text, ["k=0.5"]) == 2)
  }

  @Test func pathsBecomeKnobsAndOutputsStay() throws {
    let bench = try TestBench()
    for name in [
      "flowers/x.txt", "more/x.txt", "a.jpg", "b.jpg", "w.pt", "legend.csv", "m.safetensors",
    ] {
      try bench.write(name, "")
    }
    try record(
      """
      encoder resnet18 weights=w.pt
      data flowers/ val=more/ legend=legend.csv to=out/bad.csv
      preview a.jpg mask=b.jpg to=sheet.png
      predict flowers/ a.jpg to=labels.csv
      render more/ to=copies/
      data copies/
      evaluate on=more/
      save deep/new.safetensors
      """, on: bench, receipts: [0: "resnet18, weights 1", 1: "3 images", 6: "val.accuracy 1"])
    let lines = bench.session.distilledRecipe(folder: bench.folder).split(separator: "\n")
      .dropFirst()
    #expect(
      lines.joined(separator: "\n") == """
        param weights: path = w.pt                   #= resnet18, weights 1
        param data: path = flowers/                  #= 3 images
        param val: path = more/
        param legend: path = legend.csv
        param images: path = a.jpg
        param mask: path = b.jpg
        encoder resnet18 weights=$weights
        data $data val=$val legend=$legend to=out/bad.csv
        preview $images mask=$mask to=sheet.png
        predict $data $images to=labels.csv
        render $val to=copies/
        data copies/
        evaluate on=$val                             #= val.accuracy 1
        save deep/new.safetensors
        """)
    let models = try TestBench()
    try models.write("m.safetensors", "")
    try record("load m.safetensors\nsave new.safetensors\nload new.safetensors", on: models)
    #expect(
      models.session.distilledRecipe(folder: models.folder).hasSuffix(
        "save new.safetensors\nload new.safetensors\n"))
  }

  @Test func saveWritesTheRecipe() throws {
    let bench = try TestBench()
    #expect(bench.type("seed 5 ; note hello ; save out.graft") == 0)
    let text = try String(contentsOfFile: bench.folder + "/out.graft", encoding: .utf8)
    #expect(text == "# graft 1 · recipe 9361b029\nseed 5\nnote hello\n")
    #expect(bench.type("save out.grft") == 2)
    #expect(bench.type("save out.safetensors") == 1)
  }

  @Test func handworkIsNotReplaced() throws {
    let bench = try TestBench()
    #expect(bench.type("save out.graft") == 1)
    #expect(bench.capture.errors.contains("nothing was recorded yet"))
    #expect(bench.type("seed 5 ; save out.graft ; seed 6 ; save out.graft") == 0)
    let path = bench.folder + "/out.graft"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for (changed, reason) in [
      (text + "# mine\n", "was changed since Graft wrote it"),
      (text.replacing("seed 6", with: "seed 7"), "was changed since Graft wrote it"),
      ("seed 1\n", "Graft did not write it"), ("\u{FF}", "Graft did not write it"),
    ] {
      try changed.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(bench.type("save out.graft") == 1)
      #expect(bench.capture.errors.contains(reason), "\(bench.capture.errors)")
      #expect(try String(contentsOfFile: path, encoding: .utf8) == changed)
      #expect(bench.type("save out.graft overwrite=yes") == 0)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
    try "".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(bench.type("save out.graft") == 0)
    #expect(bench.type("save out.safetensors overwrite=yes") == 2)
  }

  @Test func aRecipeThatWritesElsewhereIsRemarkedUpon() throws {
    let bench = try TestBench()
    try record("data demo:shapes\nrender to=sub/copies/", on: bench)
    #expect(bench.type("save r.graft ; save sub/r.graft") == 0)
    #expect(!bench.capture.errors.contains("note:"), "\(bench.capture.errors)")
    #expect(bench.type("save sub/deep/r.graft") == 0)
    #expect(
      bench.capture.errors.contains(
        "the recipe writes ../copies/, and a recipe may write only inside its own folder: to replay it, "
          + "save it as sub/r.graft\n"), "\(bench.capture.errors)")
  }

  /// A journal writes where its session wrote; a copy of it elsewhere is a recipe like others.
  @Test func journalsReplay() throws {
    let bench = try TestBench()
    try bench.write("flowers/x.txt", "")
    let state = bench.folder + "/state"
    let journal = Journal(stateFolder: state)
    bench.session.journal = journal
    #expect(
      bench.type("param d: text = flowers/ ; param n = 5 ; seed $n ; note $d ; save out.graft") == 0
    )
    bench.type("expect accuracy > 1")
    let text = try String(contentsOfFile: journal.path, encoding: .utf8)
    #expect(text.contains("\nsave \(bench.folder)/out.graft\n"))
    let saved = try Data(contentsOf: URL(fileURLWithPath: bench.folder + "/out.graft"))
    try FileManager.default.removeItem(atPath: bench.folder + "/out.graft")
    let again = try TestBench()
    let file = try SourceFile.read(
      journal.path, base: "/", journals: FilePath.folder(of: journal.path))
    #expect(Executor(again.session).run(file, mode: .recipe) == 0, "\(again.capture.errors)")
    #expect(again.session.seed == 5)
    let copy = try Data(contentsOf: URL(fileURLWithPath: bench.folder + "/out.graft"))
    #expect(copy == saved)

    try again.write("copy.graft", text)
    let other = try SourceFile.read(
      again.folder + "/copy.graft", base: "/", journals: FilePath.folder(of: journal.path))
    #expect(Executor(again.session).run(other, mode: .recipe) == 2)
    #expect(again.capture.errors.contains("may write only inside its own folder"))
    try bench.write("state/sessions/recipe.graft", "save \(bench.folder)/x.graft\n")
    let recipe = try SourceFile.read(
      bench.folder + "/state/sessions/recipe.graft", base: "/", journals: state + "/sessions")
    #expect(Executor(again.session).run(recipe, mode: .recipe) == 2)
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
