import GraftBase
import GraftModels

/// `head`: chooses what is attached on top of the encoder.
package struct HeadCommand: Command {
  package static let specification = CommandSpecification(
    "head", "choose what is told of an image, on top of the encoder", group: .ingredients,
    parameters: [
      .positional(
        "kind", .choice(Heads.all.map { $0.name }),
        "a new classifier, or own: the one the weights came with; unet and fcn tell the class of each pixel"
      )
    ] + arguments.map(ParameterSpecification.init),
    examples: Heads.all.flatMap { $0.examples }.map { "head \($0)" },
    seeAlso: ["encoder", "policy", "train"], isRecorded: true,
    discussion: Heads.all.map { "`\($0.name)` is \($0.summary). " }.joined()
      + "Heads of pixels train on images with masks, in patches of the encoder's size, and tell whole "
      + "images at their own resolution.")

  /// The arguments of all heads, each once.
  private static let arguments: [any AnyArgument] = Heads.all.reduce(into: []) { result, kind in
    result += kind.arguments.filter { argument in
      !result.contains { $0.name == argument.name }
    }
  }

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard arguments.isBare || arguments.isGiven("kind") else {
      throw arguments.fault(
        .missingParameter, at: "kind", "`head` needs a kind", help: "for example: head linear")
    }
    for name in Self.arguments.map(\.name) where arguments.isGiven(name) {
      let kinds = Heads.all.filter { $0.arguments.contains { $0.name == name } }.map { $0.name }
      guard !kinds.contains(arguments.text("kind") ?? "") else { continue }
      throw arguments.fault(
        .wrongType, at: name, "`\(name)` goes with \(kinds.joined(separator: " and ")) heads")
    }
  }

  package func run(in session: Session) throws {
    if let kind = arguments.text("kind").flatMap(Heads.kind) {
      session.workbench.head = HeadSpec(kind) { values in
        for argument in kind.arguments {
          guard let value = arguments.value(argument.name)?.argumentValue else { continue }
          values.set([value], for: argument.name, isGiven: true)
        }
      }
    }
    let head = session.workbench.head
    session.console.result("head \(head)", event: "head", [("head", .string("\(head)"))])
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["head"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    ["kind": session.workbench.head.description]
  }
}

extension ParameterSpecification {
  fileprivate init(_ argument: any AnyArgument) {
    let kind: ParameterKind =
      switch argument.declaration.kind {
      case .integer(let range): .integer(range)
      case .number(let range): .number(range)
      case .choice(let words): .choice(words)
      default: .text
      }
    self.init(
      argument.name, kind, default: argument.declaration.defaultText.map(Default.value) ?? .none,
      argument.declaration.summary)
  }
}

extension CheckedValue {
  fileprivate var argumentValue: ArgumentValue? {
    switch self {
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let text): .text(text)
    default: nil
    }
  }
}
