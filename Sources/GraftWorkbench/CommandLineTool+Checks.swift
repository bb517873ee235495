import Foundation
import GraftBase

/// What is refused before a session begins.
extension CommandLineTool {
  /// Refuses options of running recipes where none runs, and questions that nobody can answer.
  func checkRunOptions(_ request: CommandLineRequest) throws {
    let given = [("--step", request.asksBeforeSteps), ("--fresh", request.trainsAnew)]
    guard let option = given.first(where: \.1)?.0 else { return }
    let others = CommandLineHelp.words.filter { $0 != "run" }
    if request.commands == nil, let word = request.words.first, others.contains(word) {
      throw GraftError(
        .usage, "\(option) is about recipes that run, not about `graft \(word)`",
        help: "graft FILE \(option)")
    }
    guard request.asksBeforeSteps else { return }
    let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
    guard isTerminal, !request.refusesInput, !request.printsJSON else {
      throw GraftError(
        .usage, "--step asks before each command, and there is nobody to ask",
        help: isTerminal
          ? "leave out --json and --no-input" : "run graft in a terminal, or without --step")
    }
    guard !request.words.isEmpty || request.commands != nil, request.words.last != "-" else {
      throw GraftError(
        .usage, "--step reads answers from standard input, so the recipe has to be a file",
        help: "graft FILE --step")
    }
  }

  /// `graft train` is a command of the language, not a file.
  func refuseVerb(_ word: String, _ session: Session) throws {
    let working = FileManager.default.currentDirectoryPath
    guard FilePath.isFolder(FilePath.absolute(word, base: working)) == nil, word != "-" else {
      return
    }
    if CommandTable.type(for: word) != nil {
      throw GraftError(
        .usage, "`\(word)` is a command of the language, and there is no file of that name",
        help: "graft -c '\(word) …' runs it, graft help \(word) explains it")
    }
    if !word.contains("/") && !word.contains("."),
      let near = Suggestion.nearest(to: word, among: CommandLineHelp.words)
    {
      throw GraftError(
        .usage, "there is no recipe `\(word)`", help: "did you mean `graft \(near)`?")
    }
  }
}
