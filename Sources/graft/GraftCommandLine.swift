import ArgumentParser
import GraftWorkbench

/// The outer command line: which text to run and how; the text itself is the language's business.
///
/// There are no subcommands for the parser, so that options work before and after every word.
struct GraftCommandLine: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graft", abstract: "Finetune and augment image classifiers.")

  @Option(name: .customShort("c"), help: "Run the commands in TEXT.")
  var commands: String?

  @Flag(name: .customShort("i"), help: "Open the prompt after the recipe.")
  var isInteractive = false

  @Flag(name: .customLong("json"), help: "Results as JSON lines.")
  var printsJSON = false

  @Flag(name: .customLong("quiet"), help: "No progress on standard error.")
  var isQuiet = false

  @Flag(name: .customLong("no-color"), help: "No color.")
  var refusesColor = false

  @Flag(name: .customLong("no-input"), help: "Never ask and never open the prompt.")
  var refusesInput = false

  @Option(name: .customLong("threads"), help: "Threads to compute with.")
  var threads: Int?

  @Option(name: .customLong("root"), help: "Folder that relative paths start from.")
  var root: String?

  @Flag(name: .customLong("keep-going"), help: "Continue when a command fails.")
  var keepsGoing = false

  @Flag(
    name: .customLong("dry-run"),
    help: "Print the checked commands and what trainings would be, and run none.")
  var isDryRun = false

  @Flag(name: .customLong("step"), help: "Ask before each command of a recipe.")
  var asksBeforeSteps = false

  @Flag(
    name: .customLong("fresh"), help: "Train anew, even what an interrupted recipe has trained.")
  var trainsAnew = false

  @Option(name: .customLong("tol"), help: "With verify: how much scores may differ.")
  var tolerance: Double?

  @Flag(name: .customLong("man"), help: "With help: the manual page.")
  var wantsManualPage = false

  @Flag(name: .customLong("reference"), help: "With help: all of it as Markdown.")
  var wantsReference = false

  @Flag(name: .customLong("events"), help: "With help: what --json prints, as Markdown.")
  var wantsEvents = false

  @Flag(name: .customLong("schema"), help: "With help: the JSON Schema of what --json prints.")
  var wantsSchema = false

  @Flag(name: .customLong("version"), help: "Print version, build, instructions used and license.")
  var wantsVersion = false

  @Flag(name: [.customLong("help"), .customShort("h")], help: "Print this help.")
  var wantsHelp = false

  @Argument(help: "A recipe and its knobs, or run, check, verify, diff, help, completions.")
  var words: [String] = []

  var request: CommandLineRequest {
    var request = CommandLineRequest(words: words)
    request.commands = commands
    request.isInteractive = isInteractive
    request.printsJSON = printsJSON
    request.isQuiet = isQuiet
    request.refusesColor = refusesColor
    request.refusesInput = refusesInput
    request.threads = threads
    request.root = root
    request.keepsGoing = keepsGoing
    request.isDryRun = isDryRun
    request.asksBeforeSteps = asksBeforeSteps
    request.trainsAnew = trainsAnew
    request.tolerance = tolerance
    request.wantsManualPage = wantsManualPage
    request.wantsReference = wantsReference
    request.wantsEvents = wantsEvents
    request.wantsSchema = wantsSchema
    request.wantsVersion = wantsVersion
    request.wantsHelp = wantsHelp
    return request
  }
}
