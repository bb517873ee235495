import GraftBase

/// Runs text in a session: a line of the prompt, a recipe, `-c` and standard input all go this way.
package struct Executor {
  package struct Options: Sendable {
    /// Go on with the next command when one fails.
    package var keepsGoing = false
    /// Print the checked commands and what trainings would be, and run none.
    package var isDryRun = false

    package init(keepsGoing: Bool = false, isDryRun: Bool = false) {
      self.keepsGoing = keepsGoing
      self.isDryRun = isDryRun
    }
  }

  private let session: Session
  private var console: Console { session.console }

  package init(_ session: Session) { self.session = session }

  /// Checks the whole text and then runs it; returns the exit status.
  package func run(
    _ file: SourceFile, mode: Binder.Mode, settings: [KnobSetting] = [],
    options: Options = Options()
  ) -> Int32 {
    let binder = bind(file, mode: mode, settings: settings)
    if let status = report(binder.faults, in: file, mode) { return status }
    if options.isDryRun {
      printDry(binder.steps)
      return 0
    }
    return run(binder.steps, mode: mode, options: options)
  }

  /// Reports the first fault and says how many there are; returns the exit status, nil without any.
  package func report(
    _ faults: [Diagnostic], in file: SourceFile, _ mode: Binder.Mode
  ) -> Int32? {
    guard let first = faults.first else { return nil }
    console.report(first)
    let rest = faults.count - 1
    if rest > 0 && console.format == .text {
      let where_ = mode == .recipe && !file.isTyped ? "; `graft check \(file.name)` lists them" : ""
      console.warn("\(rest) more \(rest == 1 ? "fault" : "faults")\(where_)")
    }
    return Diagnostic.exitStatus(of: faults)
  }

  /// Prints the checked commands, and below each training what it would be, as comments.
  private func printDry(_ steps: [BoundCommand]) {
    let hasTraining = steps.contains { $0.command is any TrainingCommand }
    let forecast = hasTraining ? RecipeForecast(steps, in: session, isTimed: false) : nil
    for (index, step) in steps.enumerated() {
      console.document(Printer.text(step.arguments.syntax), event: "plan")
      guard let row = forecast?.rows.first(where: { $0.step == index }) else { continue }
      console.event("forecast", RecipeForecast.fields(row))
      let lines = row.run.description.split(separator: "\n")
      console.print(lines.map { "# \($0)" }.joined(separator: "\n"))
    }
    if let line = forecast?.unknownLine {
      console.progress(
        "line \(line) needs a file that the recipe makes; no forecast from there on")
    }
    if let fault = forecast?.fault {
      console.progress("what trainings would be cannot be said from here on: \(fault.message)")
    }
  }

  /// Lists every fault of a recipe, or forecasts its trainings; keeps nothing and returns the exit
  /// status.
  ///
  /// Once the text has no faults, the data are looked through and the weights read, so that what is
  /// wrong with them shows before a run does.
  package func check(_ file: SourceFile, settings: [KnobSetting] = []) -> Int32 {
    let binder = bind(file, mode: .recipe, settings: settings)
    var faults = binder.faults
    let forecast = faults.isEmpty ? RecipeForecast(binder.steps, in: session) : nil
    if let fault = forecast?.fault { faults.append(fault) }
    for fault in faults { console.report(fault) }
    let count = faults.count
    if count == 0 {
      let steps = binder.steps.count
      console.result(
        "\(file.name): \(steps) \(steps == 1 ? "command" : "commands"), no faults",
        event: "check", [("file", .string(file.name)), ("commands", .integer(steps))])
      printKnobs(of: binder)
      if let forecast { show(forecast) }
    } else if console.format == .text {
      console.progress("\(file.name): \(count) \(count == 1 ? "fault" : "faults")")
    }
    return Diagnostic.exitStatus(of: faults)
  }

  private func show(_ forecast: RecipeForecast) {
    for row in forecast.rows { console.event("forecast", RecipeForecast.fields(row)) }
    if !forecast.rows.isEmpty {
      console.print("forecast, from two timed batches of each training:")
      console.print(forecast.table)
    }
    if let line = forecast.unknownLine {
      console.print("line \(line) needs a file that the recipe makes; no forecast from there on")
    }
  }

  private func printKnobs(of binder: Binder) {
    let knobs = binder.environment.names.compactMap { binder.environment[$0] }
    let rows = knobs.compactMap { binding in
      binding.knob.map { [$0.name, Printer.text(binding.value), $0.summary ?? ""] }
    }
    guard !rows.isEmpty else { return }
    console.print("knobs:")
    console.print(TextTable(rows: rows, indent: 2).rendered())
  }

  package func bind(
    _ file: SourceFile, mode: Binder.Mode, settings: [KnobSetting] = [], outputRoot: String? = nil
  ) -> Binder {
    var binder = Binder(
      mode: mode, environment: session.environment, vocabulary: session.vocabulary,
      rootFolder: session.rootFolder, aliases: session.aliases, settings: settings,
      outputRoot: outputRoot)
    binder.bind(file)
    return binder
  }

  /// Runs checked steps in order and calls `after` with the number of each that succeeded; returns the
  /// exit status.
  package func run(
    _ steps: [BoundCommand], mode: Binder.Mode, options: Options,
    after: (Int) -> Void = { _ in }
  ) -> Int32 {
    var status: Int32 = 0
    var hasRun = false
    let phase = session.interrupts.enter(.running)
    defer { session.interrupts.enter(phase) }
    for (index, step) in steps.enumerated() {
      do {
        try session.interrupts.check()
        console.event(
          "command",
          [
            ("line", .integer(step.span.line)),
            ("text", .string(Printer.text(step.arguments.syntax))),
          ])
        try session.perform(step)
        hasRun = true
        after(index)
      } catch {
        let fault = Diagnostic(error, at: step.span)
        let isStopped = [.interrupted, .terminated, .hungUp].contains(fault.code)
        if isStopped && console.format == .text {
          console.progress(fault.message)
        } else {
          console.report(fault)
        }
        if status == 0 || isStopped {
          // 2 promises that nothing ran.
          let code = fault.code == .usage && hasRun ? GraftError.Code.failed : fault.code
          status = code.exitStatus
        }
        if isStopped || !options.keepsGoing { return status }
      }
      if session.isEnding { break }
    }
    if mode == .recipe && status == 0 { session.closeStoredRuns() }
    return status
  }
}
