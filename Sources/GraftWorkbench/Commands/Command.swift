/// One verb of the language: its row in the table, and what it does.
///
/// A new command is one file with one conforming struct, and one line in `CommandTable.all`.
package protocol Command: Sendable {
  static var specification: CommandSpecification { get }

  /// Takes checked arguments; throws a `Diagnostic` for combinations that make no sense, which is
  /// reported before anything runs.
  init(_ arguments: CheckedArguments) throws

  /// Runs it; throws `GraftError` when it cannot, and then leaves the session unchanged.
  func run(in session: Session) throws

  /// Goes through it in a session that only rehearses a plan: throws what `run` would be refused for, as
  /// far as that can be known before, and leaves what later steps of the plan rest on.
  ///
  /// Throws `Unforeseeable` where only the run can tell. Those that choose ingredients just run.
  func rehearse(in trial: Session) throws

  /// What a finished run of this command made and what it depends on, for the distilled recipe.
  ///
  /// Nil when it only showed something, such as `encoder` alone; then it is not recorded.
  func lineage(in session: Session) -> Lineage?

  /// What its parameters are now, by name, for those that outlast the command; `help` shows them.
  static func currentValues(in session: Session) -> [String: String]
}

extension Command {
  package static func currentValues(in session: Session) -> [String: String] { [:] }

  package func lineage(in session: Session) -> Lineage? { Lineage() }

  package func rehearse(in trial: Session) throws {
    if Self.specification.group == .ingredients { try run(in: trial) }
  }
}

/// A command that acts while the plan is made, before anything runs: it binds names or brings in
/// other files.
package protocol BindingCommand: Command {
  func bind(in binder: inout Binder, _ syntax: CommandSyntax) throws
}

/// What a command made and what it depends on: `encoder`, `data`, `run:A`, `pipeline:mild`.
package struct Lineage: Sendable, Equatable {
  /// What this command set; later lines that need it depend on this one.
  package var provides: [String]
  /// Things it read.
  package var needs: [String]
  /// Whether it belongs to the recipe although nothing depends on it, such as `expect` and `save`.
  package var isOutcome: Bool

  package init(provides: [String] = [], needs: [String] = [], isOutcome: Bool = false) {
    self.provides = provides
    self.needs = needs
    self.isOutcome = isOutcome
  }
}
