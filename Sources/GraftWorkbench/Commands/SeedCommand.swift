import GraftBase

/// `seed`: one number behind the split, the initial weights, the order and every random pixel.
package struct SeedCommand: Command {
  private static let seed = Argument(
    "number", .integer(0...Int.max), "the seed; 0 at the start"
  ).positional

  package static let specification = CommandSpecification(
    "seed", "set the seed for split, weights, order and pixels", group: .ingredients,
    parameters: [seed],
    examples: ["seed 7", "seed 0", "seed"], seeAlso: ["data", "train"], isRecorded: true)

  private let number: Int?

  package init(_ arguments: CheckedArguments) throws { number = arguments[Self.seed] }

  package func run(in session: Session) throws {
    if let number { session.seed = UInt64(number) }
    session.console.result(
      "seed \(session.seed)", event: .seed, [("seed", .integer(Int(session.seed)))])
  }

  package func lineage(in session: Session) -> Lineage? {
    number == nil ? nil : Lineage(provides: ["seed"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    [seed.name: "\(session.seed)"]
  }
}
