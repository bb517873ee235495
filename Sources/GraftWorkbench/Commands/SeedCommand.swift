/// `seed`: one number behind the split, the initial weights, the order and every random pixel.
package struct SeedCommand: Command {
  package static let specification = CommandSpecification(
    "seed", "set the one seed for split, weights, order and pixels", group: .ingredients,
    parameters: [.positional("number", .integer(0...Int.max), "the seed; 0 at the start")],
    examples: ["seed 7", "seed 0", "seed"], seeAlso: ["data", "train"], isRecorded: true)

  private let number: Int?

  package init(_ arguments: CheckedArguments) throws { number = arguments.integer("number") }

  package func run(in session: Session) throws {
    if let number { session.seed = UInt64(number) }
    session.console.result(
      "seed \(session.seed)", event: "seed", [("seed", .integer(Int(session.seed)))])
  }

  package func lineage(in session: Session) -> Lineage? {
    number == nil ? nil : Lineage(provides: ["seed"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    ["number": "\(session.seed)"]
  }
}
