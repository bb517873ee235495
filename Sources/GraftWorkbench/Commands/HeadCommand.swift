import GraftModels

/// `head`: chooses what is attached on top of the encoder.
package struct HeadCommand: Command {
  package static let specification = CommandSpecification(
    "head", "choose the classifier on top of the encoder", group: .ingredients,
    parameters: [
      .positional(
        "kind", .choice(["linear", "mlp", "own"]),
        "a new classifier, or own: the one the weights came with"),
      ParameterSpecification(
        "hidden", .integer(1...65536), default: .value("512"), "units of the hidden layer of mlp"),
      ParameterSpecification(
        "dropout", .number(0...0.95), default: .value("0"), "share of features dropped in training"),
      ParameterSpecification(
        "pool", .choice(PoolKind.allCases.map(\.rawValue)), default: .value("average"),
        "how a feature map becomes one vector"),
    ],
    examples: ["head linear", "head mlp hidden=256 dropout=0.2", "head linear pool=avgmax"],
    seeAlso: ["encoder", "policy", "train"], isRecorded: true)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard arguments.isBare || arguments.isGiven("kind") else {
      throw arguments.fault(
        .missingParameter, at: "kind", "`head` needs a kind", help: "for example: head linear")
    }
    for name in ["hidden", "dropout", "pool"] where arguments.isGiven(name) {
      let kinds = name == "hidden" ? ["mlp"] : ["linear", "mlp"]
      guard !kinds.contains(arguments.text("kind") ?? "") else { continue }
      throw arguments.fault(
        .wrongType, at: name, "`\(name)` goes with \(kinds.joined(separator: " and ")) heads")
    }
  }

  package func run(in session: Session) throws {
    if !arguments.isBare {
      session.workbench.head = Self.spec(arguments.text("kind") ?? "linear", arguments)
    }
    let head = session.workbench.head
    session.console.result("head \(head)", event: "head", [("head", .string("\(head)"))])
  }

  private static func spec(_ kind: String, _ arguments: CheckedArguments) -> HeadSpec {
    let dropout = Float(arguments.number("dropout") ?? 0)
    let pool = arguments.text("pool").flatMap(PoolKind.init(rawValue:)) ?? .average
    return switch kind {
    case "own": .own
    case "mlp": .mlp(hidden: arguments.integer("hidden") ?? 512, dropout: dropout, pool: pool)
    default: .linear(dropout: dropout, pool: pool)
    }
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["head"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    ["kind": session.workbench.head.description]
  }
}
