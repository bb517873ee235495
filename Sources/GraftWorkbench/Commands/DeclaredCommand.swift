import GraftBase

/// A command whose row stands in the table while its work is done elsewhere in the project.
///
/// It is parsed, checked, completed and explained like any other; running it says that this build
/// lacks it.
package protocol DeclaredCommand: Command {
  var arguments: CheckedArguments { get }
}

extension DeclaredCommand {
  package func run(in session: Session) throws {
    let verb = Self.specification.verb
    throw GraftError(
      .failed, "this build of graft cannot run `\(verb)`",
      help: "`help \(verb)` explains it; a full build runs it")
  }
}
