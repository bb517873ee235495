import GraftBase
import GraftModels

/// `head`: chooses what is attached on top of the encoder.
package struct HeadCommand: Command {
  private static let kind = Argument(
    "kind", .choice(kinds),
    "a new classifier, or own: that of the weights; unet and fcn predict one class per pixel"
  ).positional
  private static let hidden = Argument(
    "hidden", .integer(1...65536), default: usualHidden, "units of the hidden layer of mlp")
  private static let dropout = Argument(
    "dropout", .number(0...0.95), default: 0, "share of features dropped in training")
  private static let pool = Argument(
    "pool", .word, default: PoolKind.average, "how a feature map becomes one vector")
  private static let width = Argument(
    "width", .integer(1...1024), default: 32,
    "channels of the finest block of unet; coarser ones have twice as many, up to 256")
  private static let skips = Argument(
    "skips", .integer(0...8), default: 0,
    "finer maps that fcn scores too: 0, 1 and 2 are FCN-32s, FCN-16s and FCN-8s")
  private static let up = Argument(
    "up", .word, default: FCNHead.Upsampling.bilinear,
    "how fcn up-samples scores to the next finer map")

  package static let specification = CommandSpecification(
    "head", "choose what the model predicts, on top of the encoder", group: .ingredients,
    parameters: [kind, hidden, dropout, pool, width, skips, up],
    examples: [
      "head linear", "head mlp hidden=256 dropout=0.2", "head linear pool=avgmax",
      "head unet width=16", "head fcn skips=2 up=transposed",
    ],
    seeAlso: ["encoder", "policy", "train"], isRecorded: true,
    discussion:
      "`unet` is a decoder over the maps of any encoder (Ronneberger 2015), `fcn` one layer on its "
      + "last map and finer ones (Long 2015); on an encoder that has a decoder of its own, such as "
      + "unet, `fcn` is the layer on top. They train on images with masks, in patches of the "
      + "encoder's size, and predict whole images at their own resolution.")

  /// The words for the kinds, and the keys that go with each.
  static let kinds = ["linear", "mlp", "unet", "fcn", "own"]
  private static let kindsOfKey: [(key: any AnyArgument, kinds: [String])] = [
    (hidden, ["mlp"]), (dropout, ["linear", "mlp"]), (pool, ["linear", "mlp"]),
    (width, ["unet"]), (skips, ["fcn"]), (up, ["fcn"]),
  ]
  static let usualHidden = 512

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard arguments.isBare || arguments.isGiven(Self.kind) else {
      throw arguments.fault(
        .missingParameter, at: Self.kind, "`head` needs a kind", help: "for example: head linear")
    }
    for (key, kinds) in Self.kindsOfKey where arguments.isGiven(key) {
      guard !kinds.contains(arguments[Self.kind] ?? "") else { continue }
      throw arguments.fault(
        .wrongType, at: key, "`\(key.name)` goes with \(kinds.joined(separator: " and ")) heads")
    }
  }

  package func run(in session: Session) throws {
    if !arguments.isBare {
      session.workbench.head = Self.spec(arguments[Self.kind], arguments)
    }
    let head = session.workbench.head
    session.console.result("head \(head)", event: "head", [("head", .string("\(head)"))])
  }

  private static func spec(_ kind: String?, _ arguments: CheckedArguments) -> HeadSpec {
    let dropout = Float(arguments[Self.dropout])
    let pool = arguments[Self.pool]
    return switch kind {
    case "own": .own
    case "mlp": .mlp(hidden: arguments[Self.hidden], dropout: dropout, pool: pool)
    case "unet": .unet(width: arguments[Self.width])
    case "fcn":
      .fcn(skips: arguments[Self.skips], upsampling: arguments[Self.up])
    default: .linear(dropout: dropout, pool: pool)
    }
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["head"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    [kind.name: session.workbench.head.description]
  }
}
