import GraftBase
import GraftEngine
import GraftTraining

/// `set`: display and resources, which change no result, and precision, which does and is recorded.
package struct SetCommand: Command {
  static let threads = Argument(
    "threads", .integer(0...1024), otherwise: "0: one per core", "threads to compute with")
  static let image: Argument<ImageStyle?> = Argument(
    "image", .word, otherwise: "auto: from the environment", "how images are shown")
  static let color: Argument<ColorChoice?> = Argument(
    "color", .word, otherwise: "auto", "color")
  static let prompt = Argument(
    "prompt", .text, otherwise: "what is loaded", "text before the >")
  static let pager = Argument(
    "pager", .text, otherwise: "auto: $PAGER, or less",
    "what shows long results at the prompt: auto, off, or a command")
  static let cache: Argument<FeatureCache.Mode?> = Argument(
    "cache", .word, otherwise: "auto: where it saves work", "keep the features of frozen layers")
  static let precision: Argument<Precision?> = Argument(
    "precision", .word, otherwise: "fp32",
    "bf16: rounded factors in products, faster on processors with AMX")
  static let checkpoint: Argument<CheckpointPace?> = Argument(
    "checkpoint", .word,
    otherwise: "auto: each epoch and every 5 minutes, for at most 1 % of the time",
    "save trainings on disk: auto, after each epoch or step whatever it costs, or off")
  static let progress = Argument(
    "progress", .flag, otherwise: "yes", "show progress while a step runs")

  package static let specification = CommandSpecification(
    "set", "change display, resources or precision", group: .shell,
    parameters: [threads, image, color, prompt, pager, cache, checkpoint, precision, progress],
    examples: ["set threads=2", "set color never", "set precision=bf16"],
    seeAlso: ["show", "alias"], isRecorded: true, openness: .namesAsWords,
    discussion: """
      Only precision changes results: it holds for models made after it, is recorded, and stands alone.
      The init file may hold `set` and `alias`: $XDG_CONFIG_HOME/graft/init.graft.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    let others = Self.specification.parameters.filter { $0.name != Self.precision.name }
    if arguments.isGiven(Self.precision), arguments.firstGiven(of: others) != nil {
      throw arguments.fault(
        .notAllowedHere, at: Self.precision,
        "`precision` stands alone, because it is recorded and other settings are not",
        help: "give two commands: set threads=2 ; set precision=bf16")
    }
  }

  package func rehearse(in trial: Session) throws { try run(in: trial) }

  package func run(in session: Session) throws {
    if arguments.isBare { return ShowCommand.showSettings(in: session) }
    if let threads = arguments[Self.threads] { session.settings.threads = threads }
    if let image = arguments[Self.image] { session.settings.image = image }
    if let cache = arguments[Self.cache] {
      session.workbench.features.mode = cache
    }
    if let checkpoint = arguments[Self.checkpoint] { session.settings.checkpoint = checkpoint }
    if let prompt = arguments[Self.prompt] { session.settings.prompt = prompt }
    if let pager = arguments[Self.pager] { session.settings.pager = pager }
    if let isShown = arguments[Self.progress] {
      session.settings.isProgressShown = isShown
      session.console.isQuiet = !isShown
    }
    if let color = arguments[Self.color] {
      session.settings.color = color
      session.console.setColor(color)
    }
    if let precision = arguments[Self.precision] {
      try set(precision, in: session)
    }
  }

  private func set(_ precision: Precision, in session: Session) throws {
    session.workbench.precision = precision
    var sentence = "precision \(precision.rawValue) for models made from now on"
    var share: Double?
    if precision == .bf16 {
      if let encoder = session.workbench.encoder {
        let model = try session.makeModel(classes: session.workbench.classesOrPlaceholders)
        let found = model.graph.bf16Share(reaching: [model.logits])
        share = found
        sentence +=
          found > 0
          ? ": \(found.percentText) of the multiply-adds of \(encoder.spec.name)"
          : ": no layer of \(encoder.spec.name) benefits"
      }
      sentence +=
        precision.pays
        ? "; this processor's matrix unit computes them"
        : "; this processor has no AMX, so the loop that gives the same bits is slower than fp32"
    }
    session.console.result(
      sentence, event: .precision,
      [
        ("precision", .string(precision.rawValue)),
        ("bf16_share", share.map(JSONValue.number) ?? .null),
        ("pays", precision == .bf16 ? .bool(precision.pays) : .null),
      ])
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isGiven(Self.precision) ? Lineage(provides: ["precision"]) : nil
  }

  package static func currentValues(in session: Session) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: ShowCommand.settings(of: session).map { ($0.argument.name, $0.value) })
  }
}
