import GraftBase
import GraftEngine
import GraftKernels

/// An encoder with a head, recorded as a graph, with its parameters in groups from stem to head.
package final class Model {
  package let spec: EncoderSpec
  package let headKind: HeadSpec
  package let classes: [String]
  /// What it predicts: the head decides.
  package let task: PredictionTask
  /// The images it takes; the encoder's own unless asked otherwise.
  package let input: ImageInput

  package let graph: Graph
  /// Images [N, H, W, 3], normalized; the graph's input `image`.
  package let image: Value
  /// The encoder's last feature map [N, h, w, C].
  package let featureMap: Value
  /// Pooled features [N, F].
  package let features: Value
  /// What the head's own parameters read: a cache for a frozen encoder keeps it.
  package let headInput: Value
  /// [N, classes], or [N, h, w, classes] for segmentation, before softmax.
  package let logits: Value
  /// Soft labels [N, classes], or label maps [N, h, w]; the graph's input `target`.
  package let target: Value
  /// The loss of each image [N].
  package let losses: Value
  /// The loss that training minimizes [N]: the same with the auxiliary classifiers' shares.
  package let trainingLosses: Value
  /// [N, classes] of each auxiliary classifier that is kept.
  package let auxiliaryLogits: [Value]

  /// Every parameter, running statistics included, in the order of torch's `state_dict`.
  package let parameters: [Parameter]
  /// From stem to head; every parameter and every node but the losses is in exactly one.
  ///
  /// Auxiliary classifiers belong to the head: none of them is pretrained for its classes.
  package let groups: [LayerGroup]
  /// torch's `num_batches_tracked`: carried from file to file, used by nothing.
  package internal(set) var counters: [(name: String, value: Int64)]
  /// What turns logits into probabilities and labels.
  package var calibration = Calibration()
  /// Images of each sample that the loss compares in a batch of training.
  package internal(set) var copiesOfEachSample = 1
  /// What came from a weight file, if the model was made with one.
  package internal(set) var loadReport: LoadReport?

  let head: any Head
  let state: ModelState

  /// Builds the model and draws its parameters, or takes those of the encoder from `weights`.
  ///
  /// Parameters that come from the file are not drawn; a new head's are. With the head `own`, all
  /// come from the file. The draws of a parameter depend on `seed` and its name alone. With `isMultiLabel`,
  /// a head of images predicts any number of labels.
  package convenience init(
    spec: EncoderSpec, head: HeadSpec, classes: [String], seed: UInt64,
    input: ImageInput? = nil, weights: WeightFile? = nil, precision: Precision = .fp32,
    isMultiLabel: Bool = false
  ) throws {
    try self.init(
      recording: spec, head: head, classes: classes, input: input, precision: precision,
      isMultiLabel: isMultiLabel)
    try takeMemory()
    var loaded: Set<String> = []
    if let weights { loaded = Set(try load(weights: weights).matched) }
    initialize(seed: seed, except: loaded)
  }

  /// Takes the memory of all parameters; throws where there is none for them.
  func takeMemory() throws {
    try Storage.requireRoom(
      parameters.reduce(0) { $0 + 4 * $1.count }, for: "a model of \(spec.shortName)",
      help: "choose a smaller encoder")
    for parameter in parameters { _ = parameter.value }
  }

  /// Records the graph; all parameters are zero, and take memory when they are first asked for.
  package init(
    recording spec: EncoderSpec, head headKind: HeadSpec, classes: [String],
    input: ImageInput? = nil, precision: Precision = .fp32, isMultiLabel: Bool = false
  ) throws {
    let task = try headKind.task(on: spec, isMultiLabel: isMultiLabel)
    let input = (input ?? spec.input).framed(for: task)
    try Self.check(input, for: spec)
    try Self.checkAuxiliary(of: spec, for: task)
    let state = ModelState()
    let scope = Scope(state)
    let encoder = spec.makeEncoder(scope, input.channels)
    let auxiliary = spec.keptAuxiliary.map { $0.makeLayers(scope[$0.name], classes.count) }
    let graph = Graph(precision: precision)
    let image = graph.input("image", [1, input.side, input.side, input.channels])
    let map = try encoder(image)
    let auxiliaryLogits = try zip(spec.keptAuxiliary, auxiliary).map { classifier, layers in
      try layers(graph.result(of: classifier.source))
    }
    let head = try headKind.makeHead(
      in: HeadContext(
        scope: scope, spec: spec, classCount: classes.count,
        pyramid: Pyramid(image: image, map: map)))
    let values = try head(map)
    let layerCount = graph.nodes.count
    let target = graph.input("target", task.targetShape(forLogits: values.logits.shape))
    let losses = try graph.record(
      Losses.usual(for: task).makeOp(classWeights: nil), [values.logits, target], path: "loss")
    trainingLosses = try Self.sum(
      losses, auxiliaryLogits, of: spec.keptAuxiliary, target: target, task: task, in: graph)

    self.spec = spec
    self.headKind = headKind
    self.classes = classes
    self.task = task
    self.input = input
    self.graph = graph
    self.image = image
    self.target = target
    self.losses = losses
    self.head = head
    self.state = state
    featureMap = map
    features = values.features
    headInput = values.input
    logits = values.logits
    self.auxiliaryLogits = auxiliaryLogits
    parameters = state.parameters
    counters = state.counters.map { ($0, 0) }
    groups = LayerGroup.groups(
      of: spec, parameters: parameters, nodes: graph.nodes.prefix(layerCount))
  }

  /// The losses of the images, and those of auxiliary classifiers added by their weights.
  private static func sum(
    _ losses: Value, _ auxiliaryLogits: [Value], of classifiers: [AuxiliaryClassifier],
    target: Value, task: PredictionTask, in graph: Graph
  ) throws -> Value {
    guard !classifiers.isEmpty else { return losses }
    let shares = try zip(classifiers, auxiliaryLogits).map { classifier, logits in
      try graph.record(
        Losses.usual(for: task).makeOp(classWeights: nil), [logits, target],
        path: "loss.\(classifier.name)")
    }
    return try graph.record(
      WeightedSumOp([1] + classifiers.map(\.weight)), [losses] + shares, path: "loss.sum")
  }

  private static func check(_ input: ImageInput, for spec: EncoderSpec) throws {
    guard ImageInput.sides.contains(input.side) else {
      throw GraftError(
        .usage,
        "images of \(input.side)×\(input.side) for \(spec.name); 16 to 4096 are supported")
    }
    guard ImageInput.channelCounts.contains(input.channels) else {
      throw GraftError(
        .usage, "images of \(input.channels) channels for \(spec.name); 1 to 64 are supported")
    }
    try input.validate()
  }

  private static func checkAuxiliary(of spec: EncoderSpec, for task: PredictionTask) throws {
    guard task.isOfImages || spec.keptAuxiliary.isEmpty else {
      throw GraftError(
        .usage,
        "the auxiliary classifiers of \(spec.shortName) predict "
          + "\(PredictionTask.classification), but the head predicts \(task)",
        help: "use the encoder without them: encoder \(spec.shortName) aux=no")
    }
  }

  private func initialize(seed: UInt64, except loaded: Set<String>) {
    for case .parameter(let parameter, let initializer) in state.entries
    where !loaded.contains(parameter.name) {
      initializer.fill(parameter, seed: seed)
    }
  }
}

extension Model {
  /// Parameters that training may change; torch's count, without running statistics.
  package var parameterCount: Int {
    parameters.reduce(0) { $0 + ($1.canTrain ? $1.count : 0) }
  }

  /// What its products are computed in; it belongs to the model, since results depend on it.
  package var precision: Precision { graph.precision }

  /// The shapes of the graph's inputs for so many images of the model's size.
  package func inputShapes(batch: Int) -> [String: Shape] {
    ["image": image.shape.withBatch(batch), "target": target.shape.withBatch(batch)]
  }

  /// The parameter of that name.
  package func parameter(_ name: String) -> Parameter? {
    parameters.first { $0.name == name }
  }

  /// SHA-256 over the content hashes of all parameters, sorted by name; equal means equal bits.
  package var weightsHash: ContentHash.Digest {
    var hash = ContentHash()
    for parameter in parameters.sorted(by: { ByteString($0.name) < ByteString($1.name) }) {
      hash.update(parameter.contentHash.bytes)
    }
    return hash.finish()
  }
}
