import GraftBase
import GraftEngine
import GraftImaging
import GraftKernels
import GraftModels

/// What `dense=yes size=384 stride=16` asks of `evaluate`, `predict` and `forward`: a classifier at
/// every position of a larger image.
struct DenseChoice {
  /// Pixels of the square that is scored; nil is the short side that images are resized to.
  let side: Int?
  /// Pixels from one score to the next; nil is the network's step.
  let stride: Int?

  static let dense = Argument(
    "dense", .flag, default: false,
    "score the image at every position in one pass, fully connected layers as convolutions")
  static let size = Argument(
    "size", .integer(16...4096), otherwise: "the short side that images are resized to",
    "width and height in pixels of the square that is scored; needs dense=yes")
  static let step = Argument(
    "stride", .integer(1...1024), otherwise: "the network's own",
    "pixels from one score to the next; needs dense=yes")

  static let parameters: [any AnyArgument] = [dense, size, step]

  init(side: Int?, stride: Int?) {
    self.side = side
    self.stride = stride
  }

  /// nil where it is not asked for.
  init?(_ arguments: CheckedArguments) throws {
    side = arguments.declares(Self.size) ? arguments[Self.size] : nil
    stride = arguments[Self.step]
    guard !arguments[Self.dense] else { return }
    for argument in [Self.size, Self.step] where arguments.isGiven(argument) {
      throw arguments.fault(
        .missingParameter, at: argument,
        "`\(argument.name)` is for scoring an image at every position",
        help: "add dense=yes, or leave it out")
    }
    return nil
  }
}

/// A model that scores squares of images at every position.
struct DenseScoring {
  let scorer: DenseScorer
  /// Images for it: the short side resized, the center kept, normalized as the model has it.
  let preprocessing: ImageInput
  let side: Int
  private let own: Int

  /// Refuses what does not fit before an image is read.
  init(_ choice: DenseChoice, _ model: Model, pool: ThreadPool) throws {
    try model.input.requireImages()
    try model.requireFiniteWeights(pool: pool)
    own = model.input.side
    side = choice.side ?? max(own, model.input.resizeShortSide)
    scorer = try DenseScorer(model, stride: choice.stride, pool: pool)
    preprocessing = model.input.sized(side, from: side).framed(for: .classification)
    _ = try shape
  }

  /// Of one image's scores, [1, h, w, classes].
  private var shape: Shape {
    get throws { try scorer.shape(of: [1, side, side, preprocessing.channels]) }
  }

  /// Images a batch, so that it takes about the memory of `count` of the model's own size.
  func batchSize(insteadOf count: Int) -> Int { max(1, count * own * own / (side * side)) }

  /// `6×6 places of 384 px, one every 32 px`.
  var summary: String {
    get throws {
      let shape = try shape
      return "\(shape[1])×\(shape[2]) places of \(side) px, one every \(scorer.stride) px"
    }
  }
}
