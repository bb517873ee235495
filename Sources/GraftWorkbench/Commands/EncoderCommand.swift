import Foundation
import GraftBase
import GraftModels

/// `encoder`: chooses the network whose features are used; alone it shows its card.
package struct EncoderCommand: Command {
  private static let name: Argument<EncoderSource?> = Argument(
    "name", .encoderOrAuto,
    "name of an encoder, a weight file, a formula: net(\"…\"), or auto, which chooses one for the images"
  ).positional
  private static let weights = Argument(
    "weights", .weightSource, default: WeightSource.pretrained,
    "where its weights come from, downloaded if necessary; `show pretrained` lists them")
  private static let until = Argument(
    "until", .text, otherwise: "the last",
    "name of the last stage to keep; alone, `encoder` lists them")
  private static let size = Argument(
    "size", .integer(16...4096), otherwise: "the size it was trained at",
    "width and height of the input image in pixels")
  private static let channels = Argument(
    "channels", .integer(ImageInput.channelCounts), otherwise: "as it was trained",
    "1 for gray images: the first layer is adapted")
  static let mean = Argument(
    list: "mean", .numbers(-10...10), otherwise: "of its training images",
    "mean per channel, of values 0..1")
  private static let deviation = Argument(
    list: "std", .numbers(1e-6...10), otherwise: "of its training images",
    "standard deviation per channel")
  private static let auxiliary = Argument(
    "aux", .flag, default: false,
    "train with the auxiliary classifiers of an Inception; evaluation ignores them")
  private enum Padding: String, WordChoice { case torch, same }

  private static let padding = Argument(
    "padding", .word, default: Padding.torch,
    "same: as TensorFlow pads, for weights from there; encoders named tf_… always do")
  private static let averages = Argument(
    "ema", .flag, default: false,
    "take the averaged weights that a checkpoint has beside the others")
  private static let budget: Argument<Double?> = Argument(
    "budget", .duration, otherwise: "10m",
    "with auto: the time that one pass over the images may take")
  private static let alias = Argument(
    "as", .newName(.encoder), "name by which `encoder NAME` chooses it again, as it is now")
  private static let checksums = Argument(
    "checksums", .flag, default: true, "whether the checksums inside a PyTorch file must match")

  package static let specification = CommandSpecification(
    "encoder", "choose the encoder, the network that turns images into features",
    group: .ingredients,
    parameters: [
      name, weights, until, size, channels, mean, deviation, padding, auxiliary, averages,
      checksums, budget,
      alias,
    ],
    examples: [
      "encoder", "encoder resnet18", "encoder mobilenet_v2 size=160",
      "encoder resnet20 weights=random until=layer2",
      "encoder net(\"[[conv(32) relu]*2 pool]*3 [fc(256) relu]*1\")",
      "encoder resnet20 weights=random channels=1",
      "encoder mobilenet_v2 size=160 as=small ; encoder resnet18 ; encoder small",
      "encoder resnet18 weights=random mean=[0.5, 0.5, 0.5] std=[0.5, 0.5, 0.5]",
      "encoder mobilenet_v2 weights=random padding=same size=64",
      "data demo:shapes ; encoder auto",
    ],
    seeAlso: ["data", "head", "summary"], isRecorded: true,
    discussion:
      "Alone, it shows parameters, layer groups, input size and preprocessing, and before one is chosen "
      + "those that are available. With auto one of these is chosen by the size and number of images and "
      + "classes and by budget=, never a download, and a recipe has the choice itself. Weights come from "
      + "safetensors and PyTorch's .pth, .pt and .th files, which are read without executing what "
      + "they hold; what training code puts around a model is removed from names, averages are taken "
      + "with ema=yes, and a file that fits no encoder is refused with the nearest. With channels=1 the first layer's weights are summed over colors and images "
      + "are read in gray; with more channels, which only raw tensors have, they are repeated, "
      + "times 3/channels. `help net` explains formulas, whose weights are random at first. "
      + "`help encoders` lists all \(Encoders.all.count) encoders.")

  private let arguments: CheckedArguments
  /// What `auto` chose.
  private var advice: EncoderAdvice?

  /// The encoder as it is named, or as it was chosen.
  private var source: EncoderSource? {
    advice.map { .name($0.candidate.encoder) } ?? arguments[Self.name]
  }
  private var weightSource: WeightSource {
    advice.map { .named($0.candidate.weights) } ?? arguments[Self.weights]
  }
  private var isAuto: Bool {
    if case .name(EncoderSource.auto)? = source { true } else { false }
  }

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    guard arguments.isBare || arguments.isGiven(Self.name) else {
      throw arguments.fault(
        .missingParameter, at: Self.name, "`encoder` needs a name or a weight file",
        help: "for example: encoder resnet18")
    }
    if let alias = arguments[Self.alias],
      alias == EncoderSource.auto || Encoders.all.contains(where: { $0.name == alias })
    {
      throw arguments.fault(
        .wrongType, at: Self.alias, "`\(alias)` is a word of Graft that chooses an encoder",
        help: "choose another name: as=my_\(alias)")
    }
    if arguments.isGiven(Self.until) { try checkCut() }
    try checkAuto()
  }

  /// Refuses what does not go with `auto`, and what goes with it alone.
  private func checkAuto() throws {
    guard isAuto else {
      guard arguments.isGiven(Self.budget) else { return }
      throw arguments.fault(
        .notAllowedHere, at: Self.budget, "budget= is for `encoder auto`", help: "leave it out")
    }
    let own: [any AnyArgument] = [Self.weights, Self.until, Self.auxiliary, Self.averages]
    guard let option = arguments.firstGiven(of: own) else { return }
    throw arguments.fault(
      .notAllowedHere, at: option, "`auto` chooses encoder and weights, without `\(option.name)`",
      help: "leave it out, or name the encoder")
  }

  /// Refuses a missing stage before anything runs, where the name decides the encoder.
  private func checkCut() throws {
    guard arguments.isGiven(Self.name) else {
      throw arguments.fault(
        .missingParameter, at: Self.until, "`until` needs the encoder to cut",
        help: "for example: encoder resnet18 until=layer3")
    }
    if case .name(let name)? = source {
      guard name != EncoderSource.auto else { return }
      _ = try cut(padded(Encoders.named(name)))
    }
  }

  package func run(in session: Session) throws {
    if arguments.isBare, session.workbench.encoder == nil {
      // A rehearsal has nothing to show.
      if session.trial == nil { try session.showPretrained(PretrainedFilter(isHere: true)) }
      return
    }
    if !arguments.isBare {
      let choice =
        try named(in: session) ?? (isAuto ? autoChoice(in: session) : choice(in: session))
      session.workbench.encoder = choice
      if let alias = arguments[Self.alias] { session.workbench.encoders[alias] = choice }
      session.refresh()
    }
    let encoder = try session.requireEncoder()
    session.console.result(
      arguments.isBare ? try card(encoder) : encoder.report, event: .encoder,
      [
        ("encoder", .string(encoder.spec.name)),
        ("parameters", .integer(encoder.spec.parameterCount)),
        ("size", .integer(encoder.input.side)),
        ("weights", encoder.weights.map { .string($0.name) } ?? .null),
        ("weights_hash", encoder.weightsHash.map(JSONValue.string) ?? .null),
        ("notes", .array((encoder.weights?.notes ?? []).map(JSONValue.string))),
      ])
    for warning in encoder.weights?.warnings ?? [] { session.console.warn(warning) }
    session.leaveReceipt(
      "\(encoder.spec.name), weights \(encoder.weightsHash?.prefix(8) ?? "random")")
  }

  /// The choice that the user gave this name; nil where it is none.
  private func named(in session: Session) throws -> EncoderChoice? {
    guard case .name(let name)? = source,
      let choice = session.workbench.encoders[name]
    else { return nil }
    let options: [any AnyArgument] = [
      Self.weights, Self.until, Self.size, Self.channels, Self.mean, Self.deviation,
      Self.padding, Self.auxiliary, Self.averages, Self.checksums,
    ]
    if let option = arguments.firstGiven(of: options) {
      throw arguments.fault(
        .notAllowedHere, at: option,
        "`\(name)` is chosen as it was named, without `\(option.name)`",
        help: "to change it, choose \(choice.spec.shortName) again with that")
    }
    return choice
  }

  /// The encoder that fits the images best among those that are available, as it will be recorded.
  private func autoChoice(in session: Session) throws -> EncoderChoice {
    let advice = try session.encoderAdvice(budget: arguments[Self.budget])
    session.amendRecordedSubject(advice.candidate.encoder)
    session.amendRecord(Self.weights.name, advice.candidate.weights)
    session.amendRecord(Self.budget.name, nil)
    var command = self
    command.advice = advice
    let choice = try command.choice(in: session)
    return EncoderChoice(
      spec: choice.spec, input: choice.input, weights: choice.weights?.noting(advice.reason),
      weightsHash: choice.weightsHash)
  }

  private func choice(in session: Session) throws -> EncoderChoice {
    let path = try weightsPath(in: session)
    let weights = try path.map { try read($0, in: session) }
    // A file in the place of the name decides the encoder, even if its weights are not used.
    let namePath = source?.path
    let file =
      namePath == path ? weights : try namePath.map { try read($0, in: session) } ?? weights
    var spec = try withAuxiliary(cut(padded(encoder(of: file?.file))))
    if let path, let hash = weights?.hash { try Self.checkPublished(path, hash) }
    var spelled = weights?.file.spelled(for: spec)
    try spelled?.checkFit(to: spec)
    if let count = spelled?.ownClassCount(of: spec), count != spec.ownClassCount {
      spec = spec.withOwnClasses(count)
      spelled = spelled?.noting(
        "its own classifier has \(count) classes, which `head own` keeps")
    }
    let input = try input(of: spec, file?.file)
    for note in advice(on: spec, weights?.file, input) { spelled = spelled?.noting(note) }
    return EncoderChoice(spec: spec, input: input, weights: spelled, weightsHash: weights?.hash)
  }

  /// What the file cannot show and a user should know: a twin of the recognized encoder, and images that
  /// the weights were not trained on.
  private func advice(
    on spec: EncoderSpec, _ file: WeightFile?, _ input: ImageInput
  ) -> [String] {
    guard let file else { return [] }
    var notes: [String] = []
    if source?.path != nil,
      file.metadata[ByteString(ModelFile.Key.encoder.rawValue)] == nil,
      let twin = file.recognizedEncoders.first(where: {
        $0.isOfTensorFlow != spec.isOfTensorFlow && !spec.name.hasPrefix($0.name)
      })
    {
      notes.append(
        "the same tensors fit \(twin.name), "
          + (twin.isOfTensorFlow ? "with TensorFlow's padding" : "with PyTorch's padding")
          + ": name it if they come from there")
    }
    let known = PretrainedCatalog.standard.entry(ofFile: file.name.lastPathComponent)?.input
    if let known, known.mean != input.mean || known.std != input.std {
      notes.append(
        "these weights were trained with mean \(Self.list(known.mean)) and std "
          + "\(Self.list(known.std)), not with the chosen ones")
    }
    return notes
  }

  /// The encoder with TensorFlow's padding, where it is asked for.
  private func padded(_ spec: EncoderSpec) throws -> EncoderSpec {
    guard arguments[Self.padding] == .same, !spec.isOfTensorFlow else { return spec }
    do {
      return try spec.paddedSame()
    } catch let error as GraftError {
      throw arguments.fault(.notAllowedHere, at: Self.padding, error.message, help: error.help)
    }
  }

  private func read(
    _ path: String, in session: Session
  ) throws -> PlanReadings.WeightReading {
    try session.workbench.readings.weights(
      path, verifyingChecksums: arguments[Self.checksums], isAveraged: arguments[Self.averages],
      isKept: session.trial != nil)
  }

  /// The file that `weights=` or the name itself points at; nil for random weights.
  private func weightsPath(in session: Session) throws -> String? {
    let weights: String?
    switch weightSource {
    case .file(let path): return path
    case .random: return nil
    case .named(let name): weights = name
    case .pretrained: weights = nil
    }
    guard case .name(let name)? = source else { return source?.path }
    // What the run will fetch is taken to fit.
    if session.trial != nil, session.pretrained.wouldFetch(for: name, weights: weights) {
      return nil
    }
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    return try session.pretrained.requireFile(for: name, weights: weights) { state in
      try session.interrupts.check()
      guard session.settings.isProgressShown, let total = state.total, total > 0 else { return }
      writer.show(
        ProgressLine(
          title: "fetch \(total.bytesText)",
          fraction: Double(state.received) / Double(total)))
    }
  }

  /// The encoder up to the stage `until`.
  private func cut(_ spec: EncoderSpec) throws -> EncoderSpec {
    guard let stage = arguments[Self.until] else { return spec }
    do {
      return try spec.cut(behind: stage)
    } catch let error as GraftError {
      throw arguments.fault(.unknownValue, at: Self.until, error.message, help: error.help)
    }
  }

  private func encoder(of file: WeightFile?) throws -> EncoderSpec {
    let side = arguments[Self.size]
    if case .network(let network)? = source {
      do {
        return try Net.spec(network, side: side)
      } catch let fault as NetFault {
        throw GraftError(.usage, fault.message, help: fault.help)
      }
    }
    if case .name(let name)? = source { return try Encoders.named(name) }
    if let name = file?.metadata[ByteString(ModelFile.Key.encoder.rawValue)]?.text {
      return try side.flatMap { try Net.spec(named: name, side: $0) } ?? Encoders.named(name)
    }
    if let spec = file?.recognizedEncoder { return spec }
    throw GraftError(
      .input, "the weights in `\(file?.name ?? "")` fit no encoder of graft",
      help: [file?.nearestText, "name one: encoder NAME weights=FILE; `help encoders` lists them"]
        .compactMap(\.self).joined(separator: "; "))
  }

  /// The encoder with its auxiliary classifiers, where they are asked for.
  private func withAuxiliary(_ spec: EncoderSpec) throws -> EncoderSpec {
    guard arguments[Self.auxiliary] else { return spec }
    guard !spec.auxiliary.isEmpty else {
      let names = Encoders.all.filter { !$0.auxiliary.isEmpty }.map(\.name)
      throw GraftError(
        .usage, "\(spec.name) has no auxiliary classifiers",
        help: "leave out aux=; encoders that have some: " + names.joined(separator: ", "))
    }
    return spec.withAuxiliaryClassifiers()
  }

  /// The images it takes: as the model file says, else the encoder's own, or as the arguments say.
  private func input(of spec: EncoderSpec, _ file: WeightFile?) throws -> ImageInput {
    var input = spec.input
    if let file, let entry = PretrainedCatalog.standard.entry(ofFile: file.name.lastPathComponent),
      entry.encoder == spec.name
    {
      input = entry.input
    }
    let key = ByteString(ModelFile.Key.preprocessing.rawValue)
    if let file, let text = file.metadata[key]?.text {
      do {
        input = try JSONDecoder().decode(ImageInput.self, from: Data(text.utf8))
      } catch {
        throw GraftError(
          .input,
          "the preprocessing in `\(file.name)` cannot be parsed"
            + ((error as? GraftError).map { ": \($0.message)" } ?? ""),
          help: "the file was damaged or made by another program; use the original")
      }
    }
    if let channels = arguments[Self.channels] { input = input.withChannels(channels) }
    if let size = arguments[Self.size] { input = input.resized(to: size) }
    for (argument, place) in [
      (Self.mean, \ImageInput.mean), (Self.deviation, \.std),
    ] where arguments.isGiven(argument) {
      let (name, numbers) = (argument.name, arguments[argument])
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

  /// A file with the name of a published one must have its contents.
  private static func checkPublished(_ path: String, _ hash: String) throws {
    guard let entry = PretrainedCatalog.standard.entry(ofFile: path.lastPathComponent),
      let checksum = entry.checksum, !hash.hasPrefix(checksum)
    else { return }
    throw GraftError(
      .input,
      "\(entry.fileName) has the SHA-256 \(hash.prefix(16))…, but the published file's starts with "
        + checksum,
      help: "download it again from \(entry.address), or give it another name")
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
    guard !arguments.isBare else { return nil }
    let names = [arguments[Self.alias]].compactMap(\.self)
    var sources: [String] = []
    if case .name(let name)? = source, session.workbench.encoders[name] != nil {
      sources = ["encoder:\(name)"]
    }
    return Lineage(provides: ["encoder"] + names.map { "encoder:\($0)" }, needs: sources)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    guard let encoder = session.workbench.encoder else { return [:] }
    return [
      name.name: encoder.spec.name, size.name: "\(encoder.input.side)",
      channels.name: "\(encoder.input.channels)",
      weights.name: encoder.weights?.name.lastPathComponent.escapingControlCharacters ?? "random",
      mean.name: list(encoder.input.mean), deviation.name: list(encoder.input.std),
      auxiliary.name: encoder.spec.keepsAuxiliary.argumentText,
      padding.name: encoder.spec.isOfTensorFlow ? Padding.same.rawValue : Padding.torch.rawValue,
    ]
  }

  private static func list(_ numbers: [Float]) -> String {
    "[" + numbers.map { Double($0).shortText }.joined(separator: ", ") + "]"
  }
}
