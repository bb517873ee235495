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
        "name", .either([.path(.weights), .name(.encoder), .network]),
        "name of an encoder, a weight file, or a formula: net(\"…\")"),
      ParameterSpecification(
        "weights", .either([.choice(["pretrained", "random"]), .path(.weights)]),
        default: .value("pretrained"), "where its weights come from"),
      ParameterSpecification(
        "until", .text, default: .described("the last"),
        "name of the last stage to keep; alone, `encoder` lists them"),
      ParameterSpecification(
        "size", .integer(16...4096), default: .described("the size it was trained at"),
        "side of the input image in pixels"),
      ParameterSpecification(
        "mean", .list(of: .number(-10...10)), default: .described("of its training images"),
        "mean per channel, of values 0..1"),
      ParameterSpecification(
        "std", .list(of: .number(1e-6...10)), default: .described("of its training images"),
        "standard deviation per channel"),
    ],
    examples: [
      "encoder resnet18", "encoder mobilenet_v2 size=160", "encoder resnet18 until=layer3",
      "encoder net(\"[[conv(32) relu]*2 pool]*3 [fc(256) relu]*1\")",
      "encoder resnet18 weights=random mean=[0.5, 0.5, 0.5] std=[0.5, 0.5, 0.5]",
    ],
    seeAlso: ["data", "head", "summary"], isRecorded: true,
    discussion:
      "Alone, it shows parameters, layer groups, input size and preprocessing. `help net` "
      + "explains formulas; their weights start at random. Encoders: "
      + Encoders.all.map(\.name).joined(separator: ", ") + ".")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard arguments.isBare || arguments.isGiven("name") else {
      throw arguments.fault(
        .missingParameter, at: "name", "`encoder` needs a name or a weight file",
        help: "for example: encoder resnet18")
    }
    if arguments.isGiven("until") { try checkCut() }
  }

  /// Refuses a stage that is not there before anything runs, where the name tells the encoder.
  private func checkCut() throws {
    guard arguments.isGiven("name") else {
      throw arguments.fault(
        .missingParameter, at: "until", "`until` needs the encoder that it cuts",
        help: "for example: encoder resnet18 until=layer3")
    }
    if let name = arguments.text("name") { _ = try cut(Encoders.named(name)) }
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
    let spec = try cut(encoder(of: file))
    return EncoderChoice(
      spec: spec, input: try input(of: spec, file), weights: weights,
      weightsHash: try path.map { try Self.hash(ofFile: $0) })
  }

  /// The file that `weights=` or the name itself points at; nil for random weights.
  private func weightsPath(in session: Session) throws -> String? {
    if let path = arguments.path("weights") { return path }
    if arguments.text("weights") == "random" { return nil }
    if arguments.network("name") != nil { return nil }
    if let path = arguments.path("name") { return path }
    return try session.pretrained.requireFile(for: arguments.text("name") ?? "")
  }

  /// The encoder up to the stage `until`.
  private func cut(_ spec: EncoderSpec) throws -> EncoderSpec {
    guard let stage = arguments.text("until") else { return spec }
    do {
      return try spec.cut(behind: stage)
    } catch let error as GraftError {
      throw arguments.fault(.unknownValue, at: "until", error.message, help: error.help)
    }
  }

  private func encoder(of file: WeightFile?) throws -> EncoderSpec {
    let side = arguments.integer("size")
    if let network = arguments.network("name") {
      do {
        return try Net.spec(network, side: side)
      } catch let fault as NetFault {
        throw GraftError(.usage, fault.message, help: fault.help)
      }
    }
    if let name = arguments.text("name") { return try Encoders.named(name) }
    if let name = file?.metadata[ByteString(ModelFile.Key.encoder.rawValue)]?.text {
      return try side.flatMap { try Net.spec(named: name, side: $0) } ?? Encoders.named(name)
    }
    if let spec = file?.recognisedEncoder { return spec }
    throw GraftError(
      .input, "the weights in `\(file?.name ?? "")` fit no encoder that graft knows",
      help: "name it: encoder NAME weights=FILE; encoders: "
        + Encoders.all.map(\.name).joined(separator: ", "))
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
      spec: encoder.spec, head: .linear(), classes: ["a", "b"], seed: 0, input: encoder.input)
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
    ]
  }

  private static func list(_ numbers: [Float]) -> String {
    "[" + numbers.map { Double($0).shortText }.joined(separator: ", ") + "]"
  }
}
