import Foundation
import GraftBase
import GraftKernels

/// The process around a session: finds the text to run, sets up console, journal, signals and
/// editor.
package struct CommandLineTool {
  private let environment: [String: String]

  package init(environment: [String: String]) { self.environment = environment }

  /// Ends the process with a sentence where a limit of address space leaves it too little; to be
  /// called before anything else.
  package static func checkAddressSpace() {
    AddressSpace.checkAtStart()
    if AddressSpace.limit != nil { SystemThread.shareHeap() }
  }

  /// Does what was asked; returns the exit status.
  ///
  /// Results that could not be written make a success a failure.
  package func run(_ request: CommandLineRequest) -> Int32 {
    OutputStream.reserveStandardStreams()
    // A reader that is gone is an error of writing, not the end of a training.
    signal(SIGPIPE, SIG_IGN)
    let console = Console.standard(
      format: request.printsJSON ? .json : .text, isQuiet: request.isQuiet,
      allowsColor: !request.refusesColor, environment: environment)
    console.greet()
    var status: Int32
    do {
      status = try run(request, console)
    } catch {
      let fault = Diagnostic(error, at: nil)
      console.report(fault)
      status = fault.code.exitStatus
    }
    console.flushOutput()
    if status == 0, console.hasLostOutput { status = GraftError.Code.failed.exitStatus }
    return status
  }

  /// Says that options of the command line cannot be read; returns the exit status.
  package func refuse(_ message: String, asJSON: Bool) -> Int32 {
    let console = Console.standard(format: asJSON ? .json : .text, environment: environment)
    let error = GraftError(.usage, message, help: "graft --help")
    console.greet()
    console.report(Diagnostic(error, at: nil))
    return error.code.exitStatus
  }

  private func run(_ request: CommandLineRequest, _ console: Console) throws -> Int32 {
    try Processor.checkLimit(in: environment)
    if request.wantsHelp { return say(CommandLineHelp.text(), .help, console) }
    if request.wantsVersion {
      Version.show(on: console)
      return 0
    }
    if request.tolerance != nil, !request.isVerification {
      throw GraftError(
        .usage, "--tol is about scores that `graft verify` compares",
        help: "graft verify FILE --tol 0.005")
    }
    try checkRunOptions(request)
    let session = try makeSession(request, console)
    session.interrupts.install()
    let interpreter = Executor(session)
    let options = Executor.Options(
      keepsGoing: request.keepsGoing, isDryRun: request.isDryRun)
    if let text = request.commands {
      let file = SourceFile(name: "-c", text: text, folder: session.folder, isTyped: true)
      let settings = try knobs(request.words[...], session)
      return then(
        interpreter.run(file, mode: .recipe, settings: settings, options: options),
        request, session)
    }
    switch request.words.first {
    case nil: return try withoutWords(request, session, interpreter, options)
    case "help": return help(request, session, interpreter)
    case "completions": return try completions(request, console)
    case "check":
      let (file, settings) = try recipe(request.words.dropFirst(), "check", session)
      return interpreter.check(file, settings: settings)
    case "verify": return try verify(request, session)
    case "diff":
      let text = (["diff"] + request.words.dropFirst().map(Printer.text(literal:)))
      let file = SourceFile(
        name: "command line", text: text.joined(separator: " "), folder: session.folder,
        isTyped: true)
      return interpreter.run(file, mode: .recipe)
    case "run":
      let (file, settings) = try recipe(request.words.dropFirst(), "run", session)
      return then(
        interpreter.run(file, mode: .recipe, settings: settings, options: options), request,
        session)
    case .some(let word):
      try refuseVerb(word, session)
      let (file, settings) = try recipe(request.words[...], nil, session)
      return then(
        interpreter.run(file, mode: .recipe, settings: settings, options: options), request,
        session)
    }
  }

  private func say(_ text: String, _ event: JSONEvent, _ console: Console) -> Int32 {
    console.document(text, event: event)
    return 0
  }

  private func makeSession(
    _ request: CommandLineRequest, _ console: Console
  ) throws -> Session {
    try CommandLineRequest.checkProcess()
    let working = FileManager.default.currentDirectoryPath
    let root = request.root.map { FilePath.absolute($0, base: working) }
    if let root, FilePath.isFolder(root) != true {
      throw GraftError(.input, "--root `\(request.root ?? "")` is not a folder")
    }
    let session = Session(console: console, folder: working, rootFolder: root)
    session.trainsAnew = request.trainsAnew
    if request.asksBeforeSteps {
      let question = StepQuestion(
        console: console, editor: PlainEditor(console, interrupts: session.interrupts))
      session.stepper = question.answer
    }
    if let threads = request.threads {
      guard (1...1024).contains(threads) else {
        throw GraftError(.usage, "--threads is \(threads), but must be 1..1024")
      }
      session.settings.threads = threads
    }
    // A verification trains anew, and leaves nothing behind.
    let keepsFiles = !request.isDryRun && !request.isVerification
    if keepsFiles, let folder = UserFolders.state(environment) {
      session.journal = Journal(stateFolder: folder)
      session.stateFolder = folder
    }
    if keepsFiles {
      session.workbench.features.folder = UserFolders.cache(environment).map { $0 + "/features" }
    }
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    session.pretrained = PretrainedWeights(
      environment: environment, program: program ?? CommandLine.arguments[0],
      folders: [session.folder])
    session.pretrained.mayFetch = true
    return session
  }

  private func verify(_ request: CommandLineRequest, _ session: Session) throws -> Int32 {
    if let tolerance = request.tolerance, !(0...1).contains(tolerance) {
      throw GraftError(
        .usage, "--tol is \(tolerance.shortText), but must be 0..1",
        help: "graft verify FILE --tol 0.005")
    }
    guard !request.isDryRun, !request.isInteractive, request.commands == nil else {
      throw GraftError(
        .usage, "graft verify replays a recipe file, without --dry-run, -i and -c",
        help: "graft verify FILE")
    }
    let (file, settings) = try recipe(request.words.dropFirst(), "verify", session)
    let working = FileManager.default.currentDirectoryPath
    let path = request.words[1] == "-" ? nil : FilePath.absolute(request.words[1], base: working)
    // Nothing is taken from there; it tells what differs.
    let store = UserFolders.state(environment).map { RunStore(stateFolder: $0) }
    return try Verification(session, file, path: path, tolerance: request.tolerance, store: store)
      .run(settings: settings, options: Executor.Options(keepsGoing: request.keepsGoing))
  }

  /// Standard input as a recipe, or the prompt when a person is there.
  private func withoutWords(
    _ request: CommandLineRequest, _ session: Session, _ interpreter: Executor,
    _ options: Executor.Options
  ) throws -> Int32 {
    guard isatty(STDIN_FILENO) == 1 else {
      return then(
        interpreter.run(try standardInput(session), mode: .recipe, options: options), request,
        session)
    }
    guard !request.refusesInput else {
      throw GraftError(
        .usage, "there is nothing to run, and --no-input forbids the prompt",
        help: "graft FILE, graft -c 'COMMANDS'")
    }
    return prompt(session, showsBanner: true)
  }

  /// Opens the prompt after a recipe when `-i` asks for it.
  private func then(_ status: Int32, _ request: CommandLineRequest, _ session: Session) -> Int32 {
    guard request.isInteractive, !request.refusesInput, isatty(STDIN_FILENO) == 1,
      !session.isEnding
    else { return status }
    return prompt(session, showsBanner: false)
  }

  private func prompt(_ session: Session, showsBanner: Bool) -> Int32 {
    readInitFile(session)
    if showsBanner && !session.console.isQuiet && session.console.format == .text {
      session.console.print(
        "graft \(Version.number) - `help` shows how to begin, Ctrl-D leaves")
    }
    if showsBanner { tellInterrupted(session) }
    session.setPager(environment)
    return Prompt(session, editor: makeEditor(session)).run()
  }

  /// Speaks of runs that a crash or a closed terminal ended.
  private func tellInterrupted(_ session: Session) {
    let runs = session.store?.interrupted() ?? []
    guard let run = runs.first else { return }
    let others = runs.count == 1 ? "" : "; \(runs.count - 1) more: `runs all`"
    session.console.progress(
      "interrupted: \(run.name) at \(run.place), \(run.updated.clockText) (\(run.encoder), "
        + "\(run.data.escapingControlCharacters)) - `resume \(run.name)` continues\(others)")
  }

  private func makeEditor(_ session: Session) -> any LineEditor {
    #if Readline
      if isatty(STDOUT_FILENO) == 1, environment["TERM"] != "dumb" {
        let state = UserFolders.state(environment)
        if let state {
          try? FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        }
        return ReadlineEditor(
          interrupts: session.interrupts, historyPath: state.map { $0 + "/history" },
          complete: { CompletionEngine(session).completions(for: $0, cursor: $1) })
      }
    #endif
    return PlainEditor(session.console, interrupts: session.interrupts)
  }

  /// The user's own settings; only the prompt reads them, so recipes mean the same everywhere.
  private func readInitFile(_ session: Session) {
    guard let folder = UserFolders.configuration(environment) else { return }
    let path = folder + "/init.graft"
    guard FilePath.isFolder(path) == false else { return }
    do {
      let file = try SourceFile.read(path, base: "/")
      _ = Executor(session).run(file, mode: .initFile)
    } catch {
      session.console.report(Diagnostic(error, at: nil))
    }
  }

  private func standardInput(_ session: Session) throws -> SourceFile {
    let bytes = try StandardInput.readAll(limit: SourceFile.byteLimit)
    try SourceFile.checkLength(bytes.count, "-")
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw GraftError(
        .input, "standard input is not a text", help: "a recipe is UTF-8 text, one verb per line")
    }
    return SourceFile(name: "-", text: text, folder: session.folder)
  }

  private func recipe(
    _ words: ArraySlice<String>, _ verb: String?, _ session: Session
  ) throws -> (SourceFile, [KnobSetting]) {
    guard let path = words.first else {
      throw GraftError(
        .usage, "graft \(verb ?? "run") needs a recipe",
        help: "graft \(verb ?? "run") FILE; - reads it from standard input")
    }
    let settings = try knobs(words.dropFirst(), session)
    if path == "-" { return (try standardInput(session), settings) }
    let working = FileManager.default.currentDirectoryPath
    let file = try SourceFile.read(path, base: working, folder: session.rootFolder)
    return (file, settings)
  }

  private func knobs(_ words: ArraySlice<String>, _ session: Session) throws -> [KnobSetting] {
    // What the user passes on the command line means files as seen from the shell.
    let working = FileManager.default.currentDirectoryPath
    return try words.map { word in
      guard let setting = KnobSetting(commandLine: word, folder: working) else {
        throw GraftError(
          .usage, "`\(word)` is not KNOB=VALUE", help: "graft run FILE lr=3e-4 data=roses/")
      }
      return setting
    }
  }

  private func help(
    _ request: CommandLineRequest, _ session: Session, _ interpreter: Executor
  ) -> Int32 {
    if request.wantsManualPage || request.words.dropFirst().first == "man" {
      return say(String(ManPage.text().dropLast()), .man, session.console)
    }
    if request.wantsReference {
      return say(String(ReferencePage.text().dropLast()), .reference, session.console)
    }
    if request.wantsEvents {
      return say(String(JSONPage.text().dropLast()), .events, session.console)
    }
    if request.wantsSchema {
      return say(String(JSONSchema.text().dropLast()), .schema, session.console)
    }
    let topics = request.words.dropFirst().joined(separator: " ")
    let text = "help " + (topics.isEmpty ? "" : "'\(topics.replacing("'", with: ""))'")
    let file = SourceFile(
      name: "command line", text: text.trimmingSpaces, folder: session.folder, isTyped: true)
    return interpreter.run(file, mode: .recipe)
  }

  private func completions(_ request: CommandLineRequest, _ console: Console) throws -> Int32 {
    let shell = request.words.dropFirst().first ?? ""
    guard let script = ShellCompletions.script(for: shell) else {
      throw GraftError(
        .usage, shell.isEmpty ? "graft completions needs a shell" : "no completions for `\(shell)`",
        help: "one of: " + ShellCompletions.shells.joined(separator: ", "))
    }
    return say(script, .completions, console)
  }
}
