import GraftBase

/// The read-run loop of a person at the terminal.
package struct Prompt {
  private let session: Session
  private let editor: any LineEditor
  private let interpreter: Executor

  package init(_ session: Session, editor: any LineEditor) {
    self.session = session
    self.editor = editor
    interpreter = Executor(session)
  }

  /// Reads and runs lines until `quit` or Ctrl-D; returns the exit status.
  package func run() -> Int32 {
    session.isInteractive = true
    session.interrupts.enter(.prompt)
    var pending: [String] = []
    while !session.isEnding {
      switch editor.readLine(prompt: pending.isEmpty ? Self.text(for: session) : "...> ") {
      case .cleared: pending = []
      case .terminated: return (session.interrupts.termination ?? .terminated).exitStatus
      case .ended:
        session.console.promptRaw("\n")
        session.leave()
      case .line(let line):
        let typed = Transcript.commands(in: line)
        pending.append(typed)
        let text = pending.joined(separator: "\n")
        let file = SourceFile(name: "prompt", text: text, folder: session.folder, isTyped: true)
        if Parser.parse(file).isIncomplete { continue }
        pending = []
        if !text.trimmingSpaces.isEmpty {
          editor.remember(text)
          run(file)
        }
      }
      if let termination = session.interrupts.termination { return termination.exitStatus }
    }
    return 0
  }

  private func run(_ file: SourceFile) {
    session.interrupts.reset()
    _ = interpreter.run(file, mode: .prompt)
    session.interrupts.reset()
  }

  /// What stands before the cursor.
  static func text(for session: Session) -> String {
    let title = session.settings.prompt.isEmpty ? session.title : session.settings.prompt
    return (title.isEmpty ? "graft" : title) + "> "
  }
}
