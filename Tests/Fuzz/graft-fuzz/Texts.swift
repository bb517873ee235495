import GraftBase
import GraftModels

@testable import GraftWorkbench

// What a user types, and what recipes from elsewhere hold.
extension FuzzedParser {
  private static let recipeSeeds = texts(
    "param a: int = 3 in 1..9 \"text\"\nfor x in 1 2 [3, 4]\n  seed $x ; note ${a}b\nend\n",
    "data demo:shapes limit=12 split=80/10/10\nencoder resnet18 weights=random size=32\n"
      + "augment \"rotate(15, p=0.5) flip\" # comment\ntrain epochs=5 lr=1e-3 policy=B as=B\n",
    "let p=one(flip, some(2, rotate(15), [a, 'b c'], x=[1, 2]))\npreview 2 augment=$p \\\n to=a.png",
    "encoder net(\"[[conv(32) relu]*2 pool]*3 fc\")\nexpect A.val.accuracy >= 0.9 +- 0.1",
    "train lr = [1,\n 2] ; save a.safetensors ; run \"b.graft\" a=3\n!ls -l | grep x")

  /// Recipes: they bind or have faults, and print to what parses the same.
  static let recipe = FuzzedParser(name: "recipe", seeds: recipeSeeds, longest: 1024) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let folder = session.folder
    let file = SourceFile(name: "x", text: text, folder: folder)
    let parsed = Parser.parse(file)
    if parsed.faults.isEmpty {
      let printed = Printer.text(parsed.statements)
      let again = Parser.parse(SourceFile(name: "x", text: printed, folder: folder))
      require(
        again.faults.isEmpty && again.statements == parsed.statements,
        "\(printed) parses to something else")
    }
    for fault in Executor(session).bind(file, mode: .recipe).faults { _ = fault.rendered() }
  }

  /// Formulas of networks, up to the encoder that they make.
  static let formula = FuzzedParser(
    name: "formula",
    seeds: texts(
      "[[conv(32) relu]*2 pool]*3 fc", "conv(8, 5, stride=2, pad=2) bn relu? gap fc(10)",
      "32x32x1 -> conv(4) -> [a*N b*M]", "input(32) conv(3) (conv(8) + conv(8, 1)) dropout(0.5)"),
    longest: 256
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    do {
      let syntax = try NetParser.parse(text)
      let again = try NetParser.parse("\(syntax)", NetParser.Options(takesOptional: true))
      require("\(again)" == "\(syntax)", "\(syntax) parses to \(again)")
      _ = try Net.spec(syntax)
    } catch is NetFault {}
  }

  /// What TAB and the hint beside it make of a line.
  static let completion = FuzzedParser(name: "completion", seeds: recipeSeeds, longest: 256) {
    bytes in
    let engine = CompletionEngine(session)
    let line = String(decoding: bytes, as: UTF8.self)
    let result = engine.completions(for: line)
    require((0...line.count).contains(result.start), "completes from \(result.start)")
  }

  /// In an empty folder; libFuzzer has one thread, and nothing is run that would change it.
  nonisolated(unsafe) private static let session = Session(
    console: Console(output: { _ in }, errors: { _ in }),
    folder: (try? Scratch.place("session")) ?? "/")
}
