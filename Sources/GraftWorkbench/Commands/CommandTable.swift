/// Every command of the language, in the order `help` shows them.
package enum CommandTable {
  package static let all: [any Command.Type] = [
    EncoderCommand.self, DataCommand.self, HeadCommand.self, AugmentCommand.self,
    PolicyCommand.self, FreezeCommand.self, UnfreezeCommand.self, SeedCommand.self,
    SummaryCommand.self, ForwardCommand.self, EmbedCommand.self, PreviewCommand.self,
    RenderCommand.self, PlotCommand.self, MistakesCommand.self, ConfusionCommand.self,
    NeighborsCommand.self, ExplainCommand.self, ActivationsCommand.self, FiltersCommand.self,
    ExciteCommand.self,
    CheckCommand.self,
    TrainCommand.self, FinetuneCommand.self, SolveCommand.self, FindRateCommand.self,
    SweepCommand.self, ResumeCommand.self,
    EvaluateCommand.self, CalibrateCommand.self, FewShotCommand.self, CompareCommand.self,
    PredictCommand.self, ExpectCommand.self,
    RunsCommand.self, DiffCommand.self, UseCommand.self, DropCommand.self, SaveCommand.self,
    LoadCommand.self,
    ExportCommand.self,
    ParamCommand.self, LetCommand.self, IncludeCommand.self, RunCommand.self,
    RecipeCommand.self, RecordCommand.self, HistoryCommand.self, NoteCommand.self, UndoCommand.self,
    RedoCommand.self,
    HelpCommand.self, AproposCommand.self, SetCommand.self, ShowCommand.self,
    AliasCommand.self, CdCommand.self, LsCommand.self, ShellCommand.self, QuitCommand.self,
  ]

  /// The rows of the table.
  package static let specifications: [CommandSpecification] = all.map { $0.specification }

  /// Other words for verbs: a short fixed list.
  package static let aliases: [String: String] = ["exit": "quit", "eval": "evaluate", "?": "help"]

  private static let typesByVerb: [String: any Command.Type] = Dictionary(
    all.map { ($0.specification.verb, $0) }, uniquingKeysWith: { first, _ in first })

  package static func type(for verb: String) -> (any Command.Type)? {
    typesByVerb[aliases[verb] ?? verb]
  }

  package static func specification(of verb: String) -> CommandSpecification? {
    type(for: verb)?.specification
  }

  /// The verbs that begin with `prefix`.
  package static func verbs(withPrefix prefix: String) -> [String] {
    specifications.map(\.verb).filter { $0.hasPrefix(prefix) }
  }
}
