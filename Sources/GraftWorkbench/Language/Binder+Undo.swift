/// `undo` and `redo` in a recipe: they change the plan before it runs.
extension Binder {
  /// Takes the last recorded step out of the plan.
  mutating func takeBack(_ syntax: CommandSyntax) throws {
    guard let place = steps.lastIndex(where: \.specification.isRecorded) else {
      throw Diagnostic(
        .notAllowedHere, "there is no line above that `undo` could take back",
        at: syntax.verbSpan, help: "leave it out")
    }
    let step = steps.remove(at: place)
    takenBack.append((step, environment))
    environment = environments.remove(at: place)
  }

  /// Puts the step that was taken out last back to the end of the plan.
  mutating func putBack(_ syntax: CommandSyntax) throws {
    guard let (step, after) = takenBack.popLast() else {
      throw Diagnostic(
        .notAllowedHere, "there is no `undo` above that `redo` could take back",
        at: syntax.verbSpan, help: "leave it out")
    }
    steps.append(step)
    environments.append(environment)
    environment = after
  }
}
