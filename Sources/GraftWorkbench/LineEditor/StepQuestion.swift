import GraftBase

/// What a person wants of the next command of a recipe.
package enum StepAnswer: Sendable {
  case run, skip, stop
}

/// Shows each command of a recipe before it runs, and asks: `--step`.
struct StepQuestion {
  let console: Console
  let editor: any LineEditor

  /// Asks until the answer is one: ENTER, s or q; the end of the input stops.
  func answer(before step: BoundCommand) -> StepAnswer {
    console.progress("\(step.span.place)  \(Printer.text(step.arguments.syntax))")
    while true {
      switch editor.readLine(prompt: "ENTER runs it, s skips it, q stops: ") {
      case .line(let text):
        switch text.trimmingSpaces.lowercased() {
        case "", "r", "run": return .run
        case "s", "skip": return .skip
        case "q", "quit": return .stop
        default: continue
        }
      case .cleared, .ended, .terminated: return .stop
      }
    }
  }
}
