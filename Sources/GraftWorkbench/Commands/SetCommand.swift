import GraftBase
import GraftEngine
import GraftTraining

/// `set`: display and resources, which change no result, and precision, which does and is recorded.
package struct SetCommand: Command {
  package static let specification = CommandSpecification(
    "set", "change display, resources or precision", group: .shell,
    parameters: [
      ParameterSpecification(
        "threads", .integer(0...1024), default: .described("0: one per core"),
        "threads to compute with"),
      ParameterSpecification(
        "image", .choice(["auto"] + TerminalImage.Style.allCases.map(\.rawValue) + ["none"]),
        default: .described("auto: from the environment"), "how images are shown"),
      ParameterSpecification(
        "color", .choice(["auto", "always", "never"]), default: .described("auto"), "color"),
      ParameterSpecification(
        "prompt", .text, default: .described("what is loaded"), "text before the >"),
      ParameterSpecification(
        "cache", .choice(FeatureCache.Mode.allCases.map(\.rawValue)),
        default: .described("auto: where it saves work"), "keep the features of frozen layers"),
      ParameterSpecification(
        "precision", .choice(Precision.allCases.map(\.rawValue)), default: .described("fp32"),
        "bf16: products of rounded numbers, faster on processors with AMX"),
      ParameterSpecification(
        "progress", .flag, default: .described("yes"), "show progress while a step runs"),
    ],
    examples: ["set threads=2", "set color never", "set precision=bf16"],
    seeAlso: ["show", "alias"], isRecorded: true, openness: .namesAsWords,
    discussion: """
      Only precision changes results: it holds for models made after it, is recorded, and stands alone.
      The init file may hold `set` and `alias`: $XDG_CONFIG_HOME/graft/init.graft.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    let others = Self.specification.parameters.map(\.name).filter { $0 != "precision" }
    if arguments.isGiven("precision"), others.contains(where: arguments.isGiven) {
      throw arguments.fault(
        .notAllowedHere, at: "precision",
        "`precision` stands alone, because it is recorded and other settings are not",
        help: "give two commands: set threads=2 ; set precision=bf16")
    }
  }

  package func run(in session: Session) throws {
    if arguments.isBare { return ShowCommand.showSettings(in: session) }
    if let threads = arguments.integer("threads") { session.settings.threads = threads }
    if let image = arguments.text("image") { session.settings.image = image }
    if let cache = arguments.text("cache").flatMap(FeatureCache.Mode.init) {
      session.workbench.features.mode = cache
    }
    if let prompt = arguments.text("prompt") { session.settings.prompt = prompt }
    if let isShown = arguments.flag("progress") {
      session.settings.isProgressShown = isShown
      session.console.isQuiet = !isShown
    }
    if let color = arguments.text("color") {
      session.settings.color = color
      session.console.setColor(color)
    }
    if let precision = arguments.text("precision").flatMap(Precision.init) {
      try set(precision, in: session)
    }
  }

  private func set(_ precision: Precision, in session: Session) throws {
    session.workbench.precision = precision
    var sentence = "precision \(precision.rawValue) for models made from here on"
    var fields: [(String, JSONValue)] = [("precision", .string(precision.rawValue))]
    if precision == .bf16 {
      if let encoder = session.workbench.encoder {
        let model = try session.makeModel(classes: session.workbench.data?.classes ?? ["a", "b"])
        let share = model.graph.bf16Share(reaching: [model.logits])
        sentence +=
          share > 0
          ? ": \(share.percentText) of the multiply-adds of \(encoder.spec.name)"
          : ": it does not pay for \(encoder.spec.name), no layer of which gains by it"
        fields.append(("bf16_share", .number(share)))
      }
      sentence +=
        precision.pays
        ? "; this processor's matrix unit computes them"
        : "; it does not pay here: without AMX, a loop that gives the same bits is slower than fp32"
      fields.append(("pays", .bool(precision.pays)))
    }
    session.console.result(sentence, event: "precision", fields)
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isGiven("precision") ? Lineage(provides: ["precision"]) : nil
  }

  package static func currentValues(in session: Session) -> [String: String] {
    Dictionary(uniqueKeysWithValues: ShowCommand.settings(of: session))
  }
}
