import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftKernels
import GraftModels
import GraftTraining

/// The ingredients chosen so far and the runs made of them.
package final class Workbench {
  package var encoder: EncoderChoice?
  package var data: DataSet?
  package var balance = ClassBalance.none
  /// Encoders and images by the names that users gave them, to choose them again.
  package var encoders: [String: EncoderChoice] = [:]
  package var dataSets: [String: (data: DataSet, balance: ClassBalance)] = [:]
  package var head = HeadSpec.linear()
  /// The current pipeline.
  package var pipeline = Pipeline.none
  /// Pipelines by the names users gave them.
  package var pipelines: [String: Pipeline] = [:]
  package var policy = Policy.headOnly
  /// The precision of products in models made from here on.
  package var precision = Precision.fp32
  /// In the order they were made.
  package private(set) var runs: [TrainingRun] = []
  /// Earlier runs of a name that are on disk only, by the names they have now, as `A~1`.
  private(set) var earlier: [String: StoredRun] = [:]
  /// How often each run was measured on test images.
  package var testLooks: [String: Int] = [:]
  /// Remarks that are made once in a session.
  package var remarks: Set<String> = []
  /// What frozen encoders have computed in this session.
  package let features = FeatureCache()
  /// The index of the last `neighbors`, by what its features depend on besides images.
  var neighborIndex: (key: ContentHash.Digest, index: NeighborIndex)?
  /// The folder that `neighbors` searched last.
  var searchedFolder: SearchedFolder?
  /// What a rehearsal has read for the plan that follows.
  let readings: PlanReadings
  private var sharedPool: ThreadPool?

  package convenience init() { self.init(readings: PlanReadings()) }

  private init(readings: PlanReadings) { self.readings = readings }

  /// Stand for the classes of a model that is only looked at.
  private static let placeholderClasses = ["a", "b"]

  /// The classes of the images, or placeholders while there are none that a head could tell apart.
  var classesOrPlaceholders: [String] {
    guard let classes = data?.classes, classes.count > 1 else { return Self.placeholderClasses }
    return classes
  }

  /// A copy to try things on; changes to it do not affect the original.
  package func copy() -> Workbench {
    let copy = Workbench(readings: readings)
    copy.take(from: self)
    copy.features.mode = features.mode
    return copy
  }

  /// Takes the ingredients and runs of another one; features and threads stay its own.
  func take(from other: Workbench) {
    takeIngredients(from: other)
    runs = other.runs
    earlier = other.earlier
  }

  /// Takes the ingredients of another one and leaves the runs.
  func takeIngredients(from other: Workbench) {
    encoder = other.encoder
    data = other.data
    balance = other.balance
    encoders = other.encoders
    dataSets = other.dataSets
    head = other.head
    pipeline = other.pipeline
    pipelines = other.pipelines
    policy = other.policy
    precision = other.precision
  }

  /// Ends the threads; the next use of the pool starts new ones.
  package func shutDown() {
    sharedPool?.shutDown()
    sharedPool = nil
  }

  /// The one pool, made when something is first computed.
  package func pool(threads: Int) -> ThreadPool {
    if let sharedPool, sharedPool.threadCount == threads { return sharedPool }
    sharedPool?.shutDown()
    let pool = ThreadPool(threads: threads)
    sharedPool = pool
    return pool
  }

  package func run(named name: String) -> TrainingRun? { runs.first { $0.name == name } }

  /// Keeps a run; it replaces one of the same name.
  package func keep(_ run: TrainingRun) {
    if let place = runs.firstIndex(where: { $0.name == run.name }) {
      runs[place] = run
    } else {
      runs.append(run)
    }
  }

  /// Forgets a run, and the earlier ones of its name.
  package func drop(_ name: String) {
    runs.removeAll { $0.name == name || EarlierRun.isOne($0.name, of: name) }
    earlier = earlier.filter { !EarlierRun.isOne($0.key, of: name) }
  }

  /// Makes room for a new run of a name: the one that has it becomes NAME~1, that one NAME~2, and so on.
  ///
  /// `onDisk` tells where the weights of the first are, if they need not stay in memory. Returns what
  /// was renamed, the last first.
  func makeRoom(
    for name: String, onDisk: (TrainingRun) -> StoredRun?
  ) -> [(from: String, to: String)] {
    var names = [name]
    while let last = names.last, run(named: last) != nil || earlier[last] != nil {
      names.append(EarlierRun.name(name, names.count))
    }
    let renamed = zip(names, names.dropFirst()).reversed().map { (from: $0, to: $1) }
    for (old, new) in renamed {
      if let stored = earlier.removeValue(forKey: old) { earlier[new] = stored }
      guard let place = runs.firstIndex(where: { $0.name == old }) else { continue }
      if old == name, let stored = onDisk(runs[place]) {
        earlier[new] = stored
        runs.remove(at: place)
      } else {
        runs[place] = TrainingRun(runs[place], called: new)
      }
    }
    return renamed
  }

  /// Has an earlier run in memory again.
  func bringIn(_ run: TrainingRun) {
    earlier[run.name] = nil
    keep(run)
  }

  /// The requested name, or the first free one of A2, A3, and so on.
  package func freeName(preferred: String) -> String {
    if run(named: preferred) == nil { return preferred }
    var number = 2
    while run(named: "\(preferred)\(number)") != nil { number += 1 }
    return "\(preferred)\(number)"
  }
}

extension Session {
  package var pool: ThreadPool {
    workbench.pool(threads: settings.threads > 0 ? settings.threads : Self.processorCount)
  }

  /// The encoder, or a sentence about how to choose one.
  package func requireEncoder() throws -> EncoderChoice {
    guard let encoder = workbench.encoder else {
      try requireForeseeable("encoder")
      throw GraftError(
        .failed, "there is no encoder yet", help: "choose one first, such as: encoder resnet20")
    }
    return encoder
  }

  package func requireData() throws -> DataSet {
    guard let data = workbench.data else {
      try requireForeseeable("data")
      throw GraftError(
        .failed, "there are no images yet",
        help: "choose them first: data FOLDER, or data demo:shapes")
    }
    return data
  }

  /// The images, of two classes at least.
  package func requireTrainingData() throws -> DataSet {
    let data = try requireData()
    try data.requireSeveralClasses()
    return data
  }

  /// The named run, or the current one.
  package func requireRun(_ name: String? = nil) throws -> TrainingRun {
    if let name = name ?? currentRun, let run = try keptRun(name) { return run }
    try requireForeseeable(name.map { "run:\($0)" } ?? "current")
    if let name {
      throw GraftError(.failed, "there is no run `\(name)`", help: "`runs` lists them")
    }
    throw GraftError(
      .failed, "there is no run yet", help: "train one first: train epochs=5")
  }

  /// A new model of the chosen encoder and head for these classes.
  ///
  /// `side` is the height and width of its images in pixels, where they are not the encoder's.
  package func makeModel(
    classes: [String], head: HeadSpec? = nil, side: Int? = nil
  ) throws -> Model {
    let encoder = try requireEncoder().resized(to: side)
    var input = encoder.input
    // As the images are read, so that the model can say how to read others.
    if let range = workbench.data?.grayRange { input.grayRange = range }
    let isMultiLabel = workbench.data?.task == .multiLabel
    if let trial, !trial.takesWeights {
      return try Model(
        recording: encoder.spec, head: head ?? workbench.head, classes: classes, input: input,
        precision: workbench.precision, isMultiLabel: isMultiLabel)
    }
    return try Model(
      spec: encoder.spec, head: head ?? workbench.head, classes: classes, seed: seed,
      input: input, weights: encoder.weights, precision: workbench.precision,
      isMultiLabel: isMultiLabel)
  }

  /// Classes for an untrained model: of the own head, of the images, or any two.
  package var assumedClasses: [String] {
    guard workbench.head.isOwn, let encoder = workbench.encoder else {
      return workbench.classesOrPlaceholders
    }
    return encoder.ownClasses ?? (0..<encoder.spec.ownClassCount).map { "class \($0)" }
  }

  /// What the prompt and completion use: names of runs, layers and scores, and the title.
  package func refresh() {
    let runs = workbench.runs.map(\.name) + workbench.earlier.keys.sorted()
    vocabulary.setNames(runs, of: .run)
    vocabulary.setNames(classNames, of: .className)
    vocabulary.setNames(
      Encoders.all.map(\.name) + workbench.encoders.keys.sorted(), of: .encoder)
    // Never empty, for then any word would do.
    let builtIn = [DemoShapesFormat.prefix, DemoFractalsFormat.prefix]
    vocabulary.setNames(builtIn + workbench.dataSets.keys.sorted(), of: .dataSet)
    vocabulary.setNames(
      Pipeline.presets.map(\.name) + workbench.pipelines.keys.sorted(), of: .pipeline)
    vocabulary.setNames(
      (workbench.encoder?.spec.stages.map(\.name) ?? []) + ["head"], of: .layer)
    // Nobody types in a rehearsal, which may have thousands of runs.
    guard trial == nil else { return }
    vocabulary.setNames(runs + storedNames.filter { !runs.contains($0) }, of: .storedRun)
    vocabulary.setNames(Metrics.all.map(\.name) + metrics.keys.sorted(), of: .metric)
    let run = currentRun.flatMap { workbench.run(named: $0) }
    let parts = [
      workbench.data?.name, workbench.encoder?.spec.shortName,
      run.map { $0.name + ($0.isSaved ? "" : "*") },
    ]
    title = parts.compactMap { $0?.escapingControlCharacters }.joined(separator: "·")
  }
  /// Those of the images, then those that only the current run predicts.
  private var classNames: [String] {
    let own = workbench.data?.classes ?? []
    let predicted = currentRun.flatMap { workbench.run(named: $0) }?.model.classes ?? []
    guard predicted != own else { return own }
    let known = Set(own)
    return own + predicted.filter { !known.contains($0) }
  }
}
