import GraftBase
import GraftModels

/// `head`: chooses what is attached on top of the encoder.
package struct HeadCommand: Command {
  private static let kind = Argument(
    "kind", .choice(Heads.all.map { $0.name }),
    "a new classifier, or own: that of the weights; unet and fcn predict one class per pixel"
  ).positional
  /// The arguments of all heads, each once.
  private static let settings: [any AnyArgument] = Heads.all.reduce(into: []) { result, kind in
    result += kind.arguments.filter { argument in
      !result.contains { $0.name == argument.name }
    }
  }

  package static let specification = CommandSpecification(
    "head", "choose what the model predicts, on top of the encoder", group: .ingredients,
    parameters: [kind] + settings,
    examples: Heads.all.flatMap { $0.examples }.map { "head \($0)" },
    seeAlso: ["encoder", "policy", "train"], isRecorded: true,
    labelsByWord: Dictionary(
      uniqueKeysWithValues: Heads.all.map { kind in (kind.name, kind.arguments.map(\.name)) }),
    discussion: Heads.all.map { "`\($0.name)` is \($0.summary). " }.joined()
      + "Heads of pixels train on images with masks, in patches of the encoder's size, and predict whole "
      + "images at their own resolution.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard arguments.isBare || arguments.isGiven(Self.kind) else {
      throw arguments.fault(
        .missingParameter, at: Self.kind, "`head` needs a kind", help: "for example: head linear")
    }
    for key in Self.settings where arguments.isGiven(key) {
      let kinds = Heads.all.filter { $0.arguments.contains { $0.name == key.name } }
        .map { $0.name }
      guard !kinds.contains(arguments[Self.kind] ?? "") else { continue }
      throw arguments.fault(
        .wrongType, at: key, "`\(key.name)` goes with \(kinds.joined(separator: " and ")) heads")
    }
  }

  package func run(in session: Session) throws {
    if let kind = arguments[Self.kind].flatMap(Heads.kind) {
      session.workbench.head = HeadSpec(kind) { values in
        for argument in kind.arguments where arguments.isGiven(argument) {
          values.set(arguments.all(argument), for: argument.declaration, isGiven: true)
        }
      }
    }
    let head = session.workbench.head
    session.console.result("head \(head)", event: .head, [("head", .string("\(head)"))])
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["head"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    [kind.name: session.workbench.head.description]
  }
}
