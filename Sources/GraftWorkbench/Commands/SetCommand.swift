import GraftBase
import GraftTraining

/// `set`: display and resources; never changes a result.
package struct SetCommand: Command {
  package static let specification = CommandSpecification(
    "set", "change display and resources, never a result", group: .shell,
    parameters: [
      ParameterSpecification(
        "threads", .integer(0...1024), default: .described("0: one per core"),
        "threads to compute with"),
      ParameterSpecification(
        "image", .choice(["auto"] + TerminalPicture.Style.allCases.map(\.rawValue) + ["none"]),
        default: .described("auto: from the environment"), "how images are shown"),
      ParameterSpecification(
        "color", .choice(["auto", "always", "never"]), default: .described("auto"), "colour"),
      ParameterSpecification(
        "prompt", .text, default: .described("what is loaded"), "text before the >"),
      ParameterSpecification(
        "cache", .choice(FeatureCache.Mode.allCases.map(\.rawValue)),
        default: .described("auto: where it saves work"), "keep the features of frozen layers"),
      ParameterSpecification(
        "progress", .flag, default: .described("yes"), "show progress while a step runs"),
    ],
    examples: ["set threads=2", "set color never", "set prompt \"mine\" ; show settings"],
    seeAlso: ["show", "alias"], openness: .namesAsWords,
    discussion: "The init file may hold `set` and `alias`: $XDG_CONFIG_HOME/graft/init.graft.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

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
  }

  package static func currentValues(in session: Session) -> [String: String] {
    Dictionary(uniqueKeysWithValues: ShowCommand.settings(of: session))
  }
}
