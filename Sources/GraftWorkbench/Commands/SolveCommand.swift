import GraftBase
import GraftData
import GraftImaging
import GraftModels
import GraftTraining

/// `solve`: finds the best weights of a linear head on a frozen encoder, without training.
package struct SolveCommand: TrainingCommand {
  /// How strong L2 is: a number, or chosen by folds.
  enum Strength: ArgumentReadable {
    case chosen
    case given(Double)

    static func read(_ values: [ArgumentValue]) -> Strength? {
      if String.read(values) == Self.word { return .chosen }
      return Double.read(values).map { .given($0) }
    }

    var argumentText: String {
      switch self {
      case .chosen: Self.word
      case .given(let value): value.argumentText
      }
    }

    static let word = "auto"
  }

  private static let l2 = Argument(
    "l2", ArgumentType<Strength>(.either([.choice([Strength.word]), .number(1e-9...1e9)])),
    default: .chosen,
    "how strongly large weights count, on features of variance 1; auto tries 100 to 1e-6 by folds")
  private static let folds = Argument(
    "folds", .integer(2...100), default: HeadSolving.usualFolds,
    "parts of the training images that are held out in turn to choose l2; of fewer, each image is one"
  )
  private static let from = Argument(
    "from", .name(.run), otherwise: "the encoder's own weights",
    "run whose encoder computes the features")
  private static let batch = Argument(
    "batch", .integer(1...65_536), default: TrainingParameters.usualBatch,
    "images whose features are computed at a time; the result does not depend on it")
  private static let name = Argument(
    TrainingParameters.name.name, .newName(.run), otherwise: "head, or the next free name",
    "name of the run")

  package static let specification = CommandSpecification(
    "solve", "find the best head for a frozen encoder, in seconds", group: .train,
    parameters: [l2, folds, from, batch, name],
    examples: [
      "solve as=head", "solve l2=0.01 as=L", "solve as=head ; train policy=C from=head epochs=5",
    ],
    seeAlso: ["head", "train", "finetune", "data"], isRecorded: true,
    discussion: """
      Computes the features of the training images once, without augmentation, and solves multinomial
      logistic regression with L2 on them. The result is an ordinary run with a linear head: the baseline
      that every finetuning should beat, and a better start for it than a random head (LP-FT, Kumar et al.
      2022). What is minimized is the mean cross-entropy plus l2/2 · |W|², with the features brought to
      mean 0 and variance 1; both are folded into the layer. `l2=auto` takes the strongest whose
      cross-entropy on held-out training images is within a standard error of the least; validation images
      are never used. `balance=` of `data`
      weighs classes. A dropout of the head is for training and does nothing here.

      With `head prototype` it computes the mean feature of each class, and with `head knn` it keeps the
      features of all training images, which then vote.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func prepare(in session: Session) throws -> PreparedRun {
    _ = try session.requireEncoder()
    let data = try session.requireTrainingData()
    let isBalanced = session.workbench.balance != .none
    var settings = TrainingSettings(epochs: 1)
    settings.seed = session.seed
    settings.classWeights = isBalanced ? data.classWeights() : nil
    var ingredients = RunIngredients(
      data: data, balance: isBalanced ? .weights : .none,
      batchSize: arguments[Self.batch], seed: session.seed,
      phases: [TrainingPhase(.headOnly, settings)])
    let head = session.workbench.head.sized(for: data.partition(.train).count)
    ingredients.solving = try solving(head)
    let name =
      arguments[Self.name] ?? session.workbench.freeName(preferred: "head")
    let model = try session.makeModel(classes: data.classes, head: head)
    if let source = arguments[Self.from] { try session.takeWeights(of: source, into: model) }
    return try PreparedRun(name: name, model: model, ingredients)
  }

  private func solving(_ head: HeadSpec) throws -> HeadSolving {
    guard head.isSolved else {
      guard case .given(let strength) = arguments[Self.l2] else {
        return .logistic(l2: nil, folds: arguments[Self.folds])
      }
      return .logistic(l2: strength, folds: arguments[Self.folds])
    }
    for argument in [Self.l2, Self.folds] as [any AnyArgument] where arguments.isGiven(argument) {
      throw arguments.fault(
        .wrongType, at: argument, "`\(argument.name)` is for linear heads, not for head \(head)",
        help: "leave it out, or choose: head linear")
    }
    return .features
  }

  package func lineage(in session: Session) -> Lineage? {
    let run = arguments[Self.name] ?? session.currentRun
    let source = arguments[Self.from].map { ["run:\($0)"] } ?? []
    return Lineage(
      provides: (run.map { ["run:\($0)"] } ?? []) + ["current"],
      needs: ["encoder", "data", "head", "seed", "precision"] + source)
  }
}
