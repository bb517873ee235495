/// `runs`: the table of runs.
package struct RunsCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "runs", "list the runs with their scores", group: .keep,
    examples: ["runs", "runs ; use A", "runs ?"], seeAlso: ["use", "drop", "train"])

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }
}
