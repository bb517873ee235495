import GraftBase
import GraftData
import GraftTraining

/// `fewshot`: how well an encoder tells classes apart that it sees few images of.
package struct FewShotCommand: Command {
  private static let usual = FewShot()
  private static let ways = Argument(
    "ways", .integer(2...1000), default: usual.ways, "classes of an episode")
  private static let shots = Argument(
    "shots", .integer(1...1000), default: usual.shots, "labeled images of each class")
  private static let queries = Argument(
    "queries", .integer(1...1000), default: usual.queries,
    "images of each class that are to be labeled")
  private static let episodes = Argument(
    "episodes", .integer(2...100_000), default: usual.episodes, "episodes to draw")
  private static let distance = Argument(
    "distance", .word, default: usual.distance,
    "by which the nearest prototype is found; cosine brings features to length 1 for any head")
  private static let head = Argument(
    "head", .word, default: usual.head, "what labels the queries")
  private static let l2: Argument<Double?> = Argument(
    "l2", .number(1e-9...1e9), otherwise: "1/(ways · shots)",
    "how strongly large weights of head=logistic count, beside the mean cross-entropy")
  private static let on: Argument<DataPart?> = Argument(
    "on", .word, otherwise: "all splits", "split of the data")

  package static let specification = CommandSpecification(
    "fewshot", "measure an encoder on few images of each class", group: .judge,
    parameters: [ways, shots, queries, episodes, head, l2, distance, on],
    examples: [
      "fewshot ways=5 shots=5", "fewshot ways=5 shots=1 episodes=100",
      "fewshot shots=10 queries=5 distance=euclidean", "fewshot ways=5 shots=5 head=logistic",
      "fewshot ways=5 shots=2 head=logistic l2=0.01",
    ],
    seeAlso: ["solve", "head", "embed"], isRecorded: true,
    discussion: """
      Computes the features of all images once, as `embed` does, with the encoder of the current run
      or else the chosen one, and trains nothing. Each episode draws ways= classes and of each
      shots= labeled images and queries= others. A query gets the class whose mean feature (its
      prototype) is nearest (Snell et al. 2017). head=logistic labels it instead by a logistic
      regression with L2 on the labeled images of the episode, as scikit-learn's LogisticRegression
      with C = 1/(l2 · ways · shots) does. The result is the mean accuracy over episodes with its
      95 % interval. Episodes follow from `seed` alone. Classes that the encoder was trained on are
      not new to it, and the score is then too good for new ones.
      """)

  private let arguments: CheckedArguments
  private let task: FewShot

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    var task = FewShot()
    task.ways = arguments[Self.ways]
    task.shots = arguments[Self.shots]
    task.queries = arguments[Self.queries]
    task.episodes = arguments[Self.episodes]
    task.distance = arguments[Self.distance]
    task.head = arguments[Self.head]
    task.l2 = arguments[Self.l2]
    if task.l2 != nil, task.head != .logistic {
      throw arguments.fault(
        .notAllowedHere, at: Self.l2, "prototypes have no weights that l2= could shrink",
        help: "add head=logistic, or leave l2= out")
    }
    self.task = task
  }

  package func rehearse(in trial: Session) throws {
    _ = try images(in: trial)
    _ = try trial.embeddingModel(nil)
  }

  /// The images to draw from, and their labels in order.
  private func images(in session: Session) throws -> (data: DataSet, part: Partition, [Int]) {
    var data = try session.requireData()
    guard data.task == .classification else {
      throw GraftError(
        .usage, "episodes are drawn by class, and \(data.name) has \(data.task)",
        help: "choose images with one class each: data FOLDER")
    }
    let part = arguments[Self.on]?.partition ?? .train
    if arguments[Self.on] == nil { data = data.undivided }
    let labels = data.partition(part).map { data.samples[$0].label }
    try task.validate(labels, name: data.name)
    return (data, part, labels)
  }

  package func run(in session: Session) throws {
    let (data, part, labels) = try images(in: session)
    let model = try session.embeddingModel(nil).model
    let embedding = try session.embedding(
      of: data, part, by: model, verb: "fewshot")
    let outcome = try task.outcome(
      embedding.values, labels: labels, width: embedding.width, seed: session.seed,
      pool: session.pool
    ) { _ in !session.interrupts.asksToStop }
    guard let outcome else {
      throw GraftError(session.interrupts.termination ?? .interrupted, "fewshot was interrupted")
    }
    let (mean, margin) = (outcome.mean, outcome.margin)
    let classes = task.members(of: labels).count
    session.console.result(
      "\(task.ways)-way \(task.shots)-shot accuracy \(mean.percentText) ± "
        + "\((100 * margin).fixedText(2)) (95 %), \(task.episodes.groupedText) episodes of "
        + "\(task.queries) queries a class, \(classes) classes, features of \(model.spec.shortName)"
        + (task.head == .logistic ? ", by logistic regression" : ""),
      event: .fewshot,
      [
        ("ways", .integer(task.ways)), ("shots", .integer(task.shots)),
        ("queries", .integer(task.queries)), ("episodes", .integer(task.episodes)),
        ("head", .string(task.head.rawValue)), ("l2", task.usedL2.map(JSONValue.number) ?? .null),
        ("distance", .string(task.distance.rawValue)), ("encoder", .string(model.spec.name)),
        ("images", .integer(labels.count)), ("classes", .integer(classes)),
        ("accuracy", .number(mean)), ("low", .number(mean - margin)),
        ("high", .number(mean + margin)),
      ])
    session.leaveReceipt("accuracy \(mean.fixedText(3))")
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(
      needs: ["data", "seed"]
        + (session.currentRun == nil ? ["encoder", "precision"] : ["current"]), isOutcome: true)
  }
}
