import GraftBase

/// `drop`: forgets runs.
package struct DropCommand: Command {
  private static let runs = Argument(
    each: "runs", .name(.run), isRequired: true, "the runs"
  ).positional

  package static let specification = CommandSpecification(
    "drop", "forget runs and their weights", group: .keep,
    parameters: [runs],
    examples: ["drop A", "drop A B", "drop C ; runs"],
    seeAlso: ["runs", "use"], isRecorded: true,
    discussion: "Earlier runs of the name, such as A~1, go with it; what is on disk stays there.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func rehearse(in trial: Session) throws { try run(in: trial) }

  package func run(in session: Session) throws {
    let names = arguments[Self.runs]
    for name in names {
      _ = try session.requireRun(name)
      guard !EarlierRun.isOne(name) else {
        throw GraftError(
          .usage, "`\(name)` is an earlier run of its name, and goes with the latest",
          help: "`drop \(name.prefix { $0 != "~" })` forgets all of that name")
      }
    }
    for name in names {
      session.workbench.drop(name)
      for key in session.metrics.keys
      where key.hasPrefix(name + ".") || EarlierRun.isOne(key, of: name) {
        session.metrics[key] = nil
      }
      if let current = session.currentRun, current == name || EarlierRun.isOne(current, of: name) {
        session.currentRun = session.workbench.runs.last?.name
      }
    }
    session.makeFinal()
    session.refresh()
    session.console.result(
      "dropped \(names.joined(separator: ", "))", event: .drop,
      [("runs", .array(names.map(JSONValue.string)))])
  }
}
