/// Which arguments of the commands that lead to a run differ from those of another.
enum ArgumentDifference {
  /// Such as `lr of train is 5e-1 here, and was 1e-3`; commands are compared by their verbs, in order.
  static func sentences(from old: String, to new: String) -> [String] {
    let (before, after) = (commands(of: old), commands(of: new))
    var sentences: [String] = []
    for verb in before.verbs {
      guard after.verbs.contains(verb) else {
        sentences.append("`\(verb)` was there")
        continue
      }
      for (left, right) in zip(before.commands(verb), after.commands(verb)) {
        sentences += Self.sentences(verb, left, right)
      }
    }
    let added = after.verbs.filter { !before.verbs.contains($0) }
    return sentences + added.map { "`\($0)` was not there" }
  }

  private struct Commands {
    var all: [CommandSyntax] = []
    var verbs: [String] {
      all.reduce(into: []) { if !$0.contains($1.verb) { $0.append($1.verb) } }
    }
    func commands(_ verb: String) -> [CommandSyntax] { all.filter { $0.verb == verb } }
  }

  /// Those of a distilled recipe, which has no loops; knobs with their values.
  private static func commands(of recipe: String) -> Commands {
    var binder = Binder(
      mode: .recipe, environment: Environment(), vocabulary: Vocabulary(), rootFolder: "/")
    binder.bind(SourceFile(name: "recipe", text: recipe, folder: "/"))
    return Commands(
      all: binder.steps.map(\.arguments.syntax).filter {
        $0.verb != ParamCommand.specification.verb
      })
  }

  private static func sentences(
    _ verb: String, _ old: CommandSyntax, _ new: CommandSyntax
  ) -> [String] {
    let (before, after) = (values(of: old), values(of: new))
    var labels: [String] = []
    for label in before.keys.sorted() + after.keys.sorted() where !labels.contains(label) {
      labels.append(label)
    }
    return labels.filter { before[$0] != after[$0] && $0 != TrainingParameters.name.name }.map {
      label in
      let what = label.isEmpty ? "`\(verb)`" : "`\(label)` of `\(verb)`"
      switch (before[label], after[label]) {
      case (let old?, let new?): return "\(what) is \(new) here, and was \(old)"
      case (let old?, nil): return "\(what) is not given here, and was \(old)"
      case (nil, let new): return "\(what) is \(new ?? "") here, and was not given"
      }
    }
  }

  /// By their labels; those without one together.
  private static func values(of command: CommandSyntax) -> [String: String] {
    Dictionary(
      command.arguments.map { ($0.label ?? "", Printer.text($0.value)) },
      uniquingKeysWith: { "\($0) \($1)" })
  }
}
