/// `drop`: forgets runs.
package struct DropCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "drop", "forget runs and their weights", group: .keep,
    parameters: [.positional("runs", .name(.run), default: .required, repeats: true, "the runs")],
    examples: ["drop A", "drop A B", "drop C ; runs"],
    seeAlso: ["runs", "use"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }
}
