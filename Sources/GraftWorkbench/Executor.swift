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

  /// Checks the whole text, rehearses its steps and then runs them; returns the exit status.
  ///
  /// Faults that the rehearsal finds keep all of it from running, unless the rest is to go on anyway.
  package func run(
    _ file: SourceFile, mode: Binder.Mode, settings: [KnobSetting] = [],
    options: Options = Options()
  ) -> Int32 {
    let binder = bind(file, mode: mode, settings: settings)
    if options.isDryRun { return printDry(binder) }
    // A single step of the prompt is judged as it runs.
    let isRehearsed =
      !options.keepsGoing && (mode == .recipe || mode == .prompt && binder.steps.count > 1)
    let faults = isRehearsed ? rehearse(binder).faults : binder.faults
    guard faults.isEmpty else { return refuse(faults) }
    defer { session.workbench.readings.clear() }
    return run(binder.steps, mode: mode, options: options)
  }

  /// Goes through a plan; its faults are those of the text and those of its steps.
  func rehearse(
    _ plan: Binder, forecast: Rehearsal.Forecast = .none
  ) -> Rehearsal {
    let phase = session.interrupts.enter(.running)
    defer { session.interrupts.enter(phase) }
    return Rehearsal(plan, in: session, forecast: plan.faults.isEmpty ? forecast : .none)
  }

  /// Reports the faults of a plan that does not run; of many, the first ones.
  package func refuse(_ faults: [Diagnostic]) -> Int32 {
    session.workbench.readings.clear()
    for fault in faults.prefix(Self.shownFaults) { show(fault) }
    let rest = faults.count - Self.shownFaults
    if rest > 0, console.format == .text {
      console.warn("\(rest) more \(rest == 1 ? "fault" : "faults")")
    }
    return Diagnostic.exitStatus(of: faults)
  }

  /// Faults that are shown of a plan that does not run.
  private static let shownFaults = 20

  /// Reports a fault; where somebody asked for the end, only says so.
  private func show(_ fault: Diagnostic) {
    if fault.code.isStop && console.format == .text {
      console.progress(fault.message)
    } else {
      console.report(fault)
    }
  }

  /// Prints the checked commands, and below each training what it would be, as comments.
  private func printDry(_ plan: Binder) -> Int32 {
    let rehearsal = rehearse(plan, forecast: .shapes)
    guard rehearsal.faults.isEmpty else { return refuse(rehearsal.faults) }
    for (index, step) in plan.steps.enumerated() {
      let text = Printer.text(step.arguments.syntax)
      console.result(
        text, event: .plan, [("line", .integer(step.span.line)), ("text", .string(text))],
        isVerbatim: true)
      guard let training = rehearsal.trainings.first(where: { $0.step == index }) else { continue }
      console.event(.forecast, training.fields)
      let lines = training.run.description.split(separator: "\n")
      console.print(lines.map { "# \($0)" }.joined(separator: "\n"))
    }
    if let remark = rehearsal.remark { console.progress(remark) }
    return 0
  }

  /// Lists every fault of a recipe, or forecasts its trainings; keeps nothing and returns the exit
  /// status.
  ///
  /// Once the text has no faults, its steps are rehearsed: data are looked through and weights read, so
  /// that what is wrong with them shows before a run does.
  package func check(_ file: SourceFile, settings: [KnobSetting] = []) -> Int32 {
    defer { session.workbench.readings.clear() }
    let binder = bind(file, mode: .recipe, settings: settings)
    let rehearsal = rehearse(binder, forecast: .timing)
    let faults = rehearsal.faults
    for fault in faults { show(fault) }
    let count = faults.count
    if count == 0 {
      let steps = binder.steps.count
      let knobs = Self.knobs(of: binder)
      console.result(
        "\(file.name): \(steps) \(steps == 1 ? "command" : "commands"), no faults",
        event: .check,
        file.fields + [
          ("commands", .integer(steps)),
          ("knobs", .array(knobs.map(ShowCommand.object))),
          ("remark", rehearsal.remark.map(JSONValue.string) ?? .null),
        ])
      show(knobs)
      show(rehearsal)
    } else if console.format == .text {
      console.progress("\(file.name): \(count) \(count == 1 ? "fault" : "faults")")
    }
    return Diagnostic.exitStatus(of: faults)
  }

  private func show(_ rehearsal: Rehearsal) {
    for training in rehearsal.trainings { console.event(.forecast, training.fields) }
    if !rehearsal.trainings.isEmpty {
      console.print("forecast, from two timed batches of each training:")
      console.print(rehearsal.table)
      if rehearsal.trainings.count == 1,
        let others = rehearsal.trainings[0].run.forecast?.variants?.othersText, !others.isEmpty
      {
        console.print("the same epochs would take: \(others)")
      }
    }
    if let remark = rehearsal.remark { console.print(remark) }
  }

  /// Name, value and summary of each knob.
  private static func knobs(of binder: Binder) -> [[String]] {
    binder.environment.names.compactMap { binder.environment[$0] }.compactMap { binding in
      binding.knob.map { [$0.name, Printer.text(binding.value), $0.summary ?? ""] }
    }
  }

  private func show(_ rows: [[String]]) {
    guard !rows.isEmpty else { return }
    console.print("knobs:")
    console.print(TextTable(rows: rows, indent: 2).rendered(width: console.tableWidth))
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
    let phase = session.interrupts.enter(.running)
    defer { session.interrupts.enter(phase) }
    for (index, step) in steps.enumerated() {
      do {
        try session.interrupts.check()
        if mode == .recipe, let answer = session.stepper?(step) {
          if answer == .skip { continue }
          if answer == .stop {
            throw GraftError(.interrupted, "stopped before \(step.span.place), as asked")
          }
        }
        console.event(
          .command,
          step.span.file.fields + [
            ("line", .integer(step.span.line)),
            ("text", .string(Printer.text(step.arguments.syntax))),
          ])
        try session.perform(step.matchingOpenPatterns())
        after(index)
      } catch {
        var fault = Diagnostic(error, of: step)
        // 2 promises that nothing ran.
        if fault.code == .usage, steps.count > 1 { fault.code = .failed }
        let isStopped = fault.code.isStop
        show(fault)
        if status == 0 || isStopped { status = fault.code.exitStatus }
        if isStopped || !options.keepsGoing { return status }
      }
      if session.isEnding { break }
    }
    if mode == .recipe && status == 0 { session.closeStoredRuns() }
    return status
  }
}
