import Foundation
import GraftBase
import GraftModels

/// `encoder`: chooses the network whose features are used; alone it shows its card.
package struct EncoderCommand: Command {
  package static let specification = CommandSpecification(
    "encoder", "choose the encoder, the network that turns images into features",
    group: .ingredients,
    parameters: [
      .positional(
        "name", .either([.path(.weights), .name(.encoder)]), "name of an encoder, or a weight file"),
      ParameterSpecification(
        "weights", .either([.choice(["pretrained", "random"]), .path(.weights)]),
        default: .value("pretrained"), "where its weights come from"),
      ParameterSpecification(
        "size", .integer(16...4096), default: .described("the size it was trained at"),
        "side of the input image in pixels"),
      ParameterSpecification(
        "mean", .list(of: .number(-10...10)), default: .described("of its training images"),
        "mean per channel, of values 0..1"),
      ParameterSpecification(
        "std", .list(of: .number(1e-6...10)), default: .described("of its training images"),
        "standard deviation per channel"),
      ParameterSpecification(
        "aux", .flag, default: .value("no"),
        "train with the auxiliary classifiers that an Inception has; evaluation leaves them out"),
    ],
    examples: [
      "encoder resnet18", "encoder mobilenet_v2 size=160",
      "encoder resnet18 weights=random mean=[0.5, 0.5, 0.5] std=[0.5, 0.5, 0.5]",
    ],
    seeAlso: ["data", "head", "summary"], isRecorded: true,
    discussion: "Alone, it shows parameters, layer groups, input size and preprocessing. Encoders: "
      + Encoders.all.map(\.name).joined(separator: ", ") + ".")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard arguments.isBare || arguments.isGiven("name") else {
      throw arguments.fault(
        .missingParameter, at: "name", "`encoder` needs a name or a weight file",
        help: "for example: encoder resnet18")
    }
  }

  package func run(in session: Session) throws {
    if !arguments.isBare {
      session.workbench.encoder = try choice(in: session)
      session.refresh()
    }
    let encoder = try session.requireEncoder()
    session.console.result(
      arguments.isBare ? try card(encoder) : encoder.description, event: "encoder",
      [
        ("encoder", .string(encoder.spec.name)),
        ("parameters", .integer(encoder.spec.parameterCount)),
        ("size", .integer(encoder.input.width)),
        ("weights", encoder.weights.map { .string($0.name) } ?? .null),
      ])
    for warning in encoder.weights?.warnings ?? [] { session.console.warn(warning) }
    session.leaveReceipt(
      "\(encoder.spec.name), weights \(encoder.weightsHash?.prefix(8) ?? "random")")
  }

  private func choice(in session: Session) throws -> EncoderChoice {
    let path = try weightsPath(in: session)
    let weights = try path.map { try WeightFile(path: $0) }
    // A file in the place of the name tells what the encoder is, even if its weights are not taken.
    let namePath = arguments.path("name")
    let file = namePath == path ? weights : try namePath.map { try WeightFile(path: $0) } ?? weights
    let spec = try auxiliary(encoder(of: file))
    return EncoderChoice(
      spec: spec, input: try input(of: spec, file), weights: weights,
      weightsHash: try path.map { try Self.hash(ofFile: $0) })
  }

  /// The file that `weights=` or the name itself points at; nil for random weights.
  private func weightsPath(in session: Session) throws -> String? {
    if let path = arguments.path("weights") { return path }
    if arguments.text("weights") == "random" { return nil }
    if let path = arguments.path("name") { return path }
    return try session.pretrained.requireFile(for: arguments.text("name") ?? "")
  }

  private func encoder(of file: WeightFile?) throws -> EncoderSpec {
    if let name = arguments.text("name") { return try Encoders.named(name) }
    if let name = file?.metadata[ByteString(ModelFile.Key.encoder.rawValue)]?.text {
      return try Encoders.named(name)
    }
    if let spec = file?.recognisedEncoder { return spec }
    throw GraftError(
      .input, "the weights in `\(file?.name ?? "")` fit no encoder that graft knows",
      help: "name it: encoder NAME weights=FILE; encoders: "
        + Encoders.all.map(\.name).joined(separator: ", "))
  }

  /// The encoder with its auxiliary classifiers, where they are asked for.
  private func auxiliary(_ spec: EncoderSpec) throws -> EncoderSpec {
    guard arguments.flag("aux") == true else { return spec }
    guard !spec.auxiliary.isEmpty else {
      let names = Encoders.all.filter { !$0.auxiliary.isEmpty }.map(\.name)
      throw GraftError(
        .usage, "\(spec.name) has no auxiliary classifiers",
        help: "leave out aux=; those that have some: " + names.joined(separator: ", "))
    }
    return spec.withAuxiliaryClassifiers()
  }

  /// The pictures it takes: as the model file says, else the encoder's own, else as asked.
  private func input(of spec: EncoderSpec, _ file: WeightFile?) throws -> InputSpecification {
    var input = spec.input
    let key = ByteString(ModelFile.Key.preprocessing.rawValue)
    if let file, let text = file.metadata[key]?.text {
      do {
        input = try JSONDecoder().decode(InputSpecification.self, from: Data(text.utf8))
        try input.validate()
      } catch {
        throw GraftError(
          .input, "the preprocessing in `\(file.name)` cannot be understood",
          help: "the file was damaged or made by something else; take the original")
      }
    }
    if let size = arguments.integer("size") { input = input.resized(to: size) }
    for (name, place) in [("mean", \InputSpecification.mean), ("std", \.std)] {
      let numbers = arguments.numbers(name)
      guard arguments.isGiven(name) else { continue }
      guard numbers.count == 1 || numbers.count == input.channels else {
        throw GraftError(
          .usage, "`\(name)` has \(numbers.count) numbers for \(input.channels) channels",
          help: "give one for all or one each: \(name)=[0.485, 0.456, 0.406]")
      }
      input[keyPath: place] = (0..<input.channels).map {
        Float(numbers[numbers.count == 1 ? 0 : $0])
      }
    }
    return input
  }

  private static func hash(ofFile path: String) throws -> String {
    ContentHash.of(try RegularFile(path: path).readAll(limit: .max)).hex
  }

  private func card(_ encoder: EncoderChoice) throws -> String {
    let model = try Model(
      recording: encoder.spec, head: .linear(), classes: ["a", "b"], input: encoder.input)
    let rows = model.groups.map { group in
      [
        group.name, "\(group.parameters.count)",
        group.name == "head" ? "" : group.parameterCount.countText,
      ]
    }
    let table = TextTable(["group", "tensors", "parameters"], rows: rows, indent: 2).rendered()
    return [
      "\(encoder)", encoder.spec.summary,
      "features \(encoder.spec.featureWidth), layer groups from stem to head:", table,
    ].joined(separator: "\n")
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["encoder"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    guard let encoder = session.workbench.encoder else { return [:] }
    return [
      "name": encoder.spec.name, "size": "\(encoder.input.width)",
      "weights": encoder.weights?.name.lastPathComponent.escapingControlCharacters ?? "random",
      "mean": list(encoder.input.mean), "std": list(encoder.input.std),
      "aux": encoder.spec.keepsAuxiliary ? "yes" : "no",
    ]
  }

  private static func list(_ numbers: [Float]) -> String {
    "[" + numbers.map { Double($0).shortText }.joined(separator: ", ") + "]"
  }
}
