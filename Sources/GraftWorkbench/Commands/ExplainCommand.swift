import GraftBase
import GraftTraining

/// `explain`: shows what predictions depend on in images.
package struct ExplainCommand: Command {
  private static let images = Argument(
    each: "images", .imageChoice, otherwise: "4 of the data",
    "how many images of the data, or image files"
  ).positional
  private static let method = Argument(
    list: "method", .explanationMethods, otherwise: GradCAM.name,
    "methods to use: one, or several to compare")
  private static let className: Argument<String?> = Argument(
    "class", .className, otherwise: "the class that is predicted", "class whose score is explained")
  private static let on = Argument(
    "on", .word, default: DataPart.val, "split of the data that images are taken from")
  private static let layer: Argument<String?> = Argument(
    "layer", .layer, otherwise: "the last one with feature maps",
    "layer or layer group of gradcam and gradcam++")
  private static let window: Argument<Int?> = Argument(
    "window", .integer(1...4096), otherwise: "a seventh of the image",
    "side of the square that occlusion covers, in pixels")
  private static let stride: Argument<Int?> = Argument(
    "stride", .integer(1...4096), otherwise: "half of the window",
    "from one covered square to the next, in pixels")
  private static let samples = Argument(
    "samples", .integer(1...1000), default: ExplanationSettings().samples,
    "noisy copies of the image that smoothgrad averages")
  private static let noise = Argument(
    "noise", .number(0...1), default: ExplanationSettings().noise,
    "standard deviation of smoothgrad's noise, as a share of the image's range")
  private static let steps = Argument(
    "steps", .integer(2...1000), default: ExplanationSettings().steps,
    "points at which integrated takes gradients")
  private static let size: Argument<Int?> = Argument(
    DenseChoice.size.name, .integer(16...4096),
    otherwise: "the short side that images are resized to; of pixels up to 256",
    "with dense=yes, or of a model that predicts pixels: width and height in pixels of the square that is scored"
  )

  package static let specification = CommandSpecification(
    "explain", "show what a prediction depends on in an image", group: .look,
    parameters: [
      images, method, className, on, layer, window, stride, samples, noise, steps,
      DenseChoice.dense, size,
      GalleryOutput.argument,
    ],
    examples: [
      "explain rose.jpg", "explain 4 method=[gradcam,occlusion] to=explained.png",
      "explain rose.jpg method=integrated steps=8 class=red",
      "explain rose.jpg layer=layer2 to=layer2.csv",
    ],
    seeAlso: ["predict", "evaluate", "activations", "check"], isRecorded: true,
    discussion: ExplanationMethods.all.map {
      "\($0.name): \($0.summary) (\($0.source))."
    }.joined(separator: " ")
      + """
       What is explained is the score of a class before softmax: by default of the class that is \
      predicted. Of a model that predicts pixels, and with dense=yes, it is the mean score over \
      the positions where the class is predicted; of pixels that is the most frequent class but for the \
      first, which is the background. gradcam, gradcam++ and occlusion are drawn over \
      the image: bright or red parts speak for the class, blue ones against it; the other methods \
      are drawn without it. `check explain` measures whether to trust them. to=FILE.csv writes the \
      values, a row for each position; events have the size of each map, its least and its largest value, \
      and where that is.
      """)

  private let arguments: CheckedArguments
  private let choice: SubjectChoice
  private let output: GalleryOutput
  private let request: Explanations.Request

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    choice = try SubjectChoice(arguments, Self.images, on: Self.on, usualCount: 4)
    output = try GalleryOutput(arguments)
    request = Self.request(arguments)
    let used = request.methods.reduce(into: Set()) { $0.formUnion($1.settings) }
    for key in ExplanationSettings.Key.allCases where !used.contains(key) {
      guard let argument = Self.argument(of: key), arguments.isGiven(argument) else { continue }
      let takers = ExplanationMethods.all.filter { $0.settings.contains(key) }.map { $0.name }
      throw arguments.fault(
        .notAllowedHere, at: argument,
        "`\(argument.name)` is for \(takers.joined(separator: " and "))",
        help: "leave it out, or add method=\(takers[0])")
    }
  }

  private static func argument(of key: ExplanationSettings.Key) -> (any AnyArgument)? {
    [layer, window, stride, samples, noise, steps].first { $0.name == key.rawValue }
  }

  private static func request(_ arguments: CheckedArguments) -> Explanations.Request {
    var request = Explanations.Request()
    let methods = arguments[method].compactMap(ExplanationMethods.method)
    if !methods.isEmpty { request.methods = methods }
    request.className = arguments[className]
    request.settings.layer = arguments[layer]
    request.settings.window = arguments[window]
    request.settings.stride = arguments[stride]
    request.settings.samples = arguments[samples]
    request.settings.noise = arguments[noise]
    request.settings.steps = arguments[steps]
    return request
  }

  /// What a session has to be asked.
  private func explanations(in session: Session) throws -> Explanations {
    let run = try session.runToMeasure(nil, classes: session.workbench.data)
    var request = request
    request.settings.seed = session.seed
    let input = run.model.input
    if arguments[DenseChoice.dense] {
      request.denseSide = arguments[Self.size] ?? max(input.side, input.resizeShortSide)
    } else if run.model.task == .segmentation {
      request.pixelSide = try arguments[Self.size] ?? pixelSide(input, in: session)
    } else if arguments.isGiven(Self.size) {
      throw arguments.fault(
        .missingParameter, at: Self.size, "`size` is for scoring an image at every position",
        help: "add dense=yes, or leave it out")
    }
    return Explanations(of: run, request, in: session)
  }

  /// Patches that a model learned from show little: as much of the images as is there, up to 256 pixels.
  private func pixelSide(_ input: ImageInput, in session: Session) throws -> Int {
    guard choice.files.isEmpty else { return max(input.side, Self.largestPixelSide) }
    let data = try session.requireMeasurable(choice.part)
    let sides = data.partition(choice.part.partition).map { sample in
      min(data.samples[sample].size.width, data.samples[sample].size.height)
    }
    return max(input.side, min(Self.largestPixelSide, sides.min() ?? input.side))
  }

  private static let largestPixelSide = 256

  package func rehearse(in trial: Session) throws {
    _ = try output.place(in: trial, reading: choice.inputs)
    try choice.check(in: trial)
    try explanations(in: trial).check()
  }

  package func run(in session: Session) throws {
    let place = try output.place(in: session, reading: choice.inputs)
    try choice.check(in: session)
    var explanations = try explanations(in: session)
    try explanations.explain(choice)
    var gallery = explanations.gallery()
    if choice.files.isEmpty, choice.part == .test {
      session.countTestLook(explanations.run.name)
      if let looks = session.remarkOnTestLooks(explanations.run.name) { gallery.add(looks) }
    }
    try output.present(
      gallery, at: place, in: session, event: .explanation,
      [("run", .string(explanations.run.name))])
  }

  package func lineage(in session: Session) -> Lineage? {
    session.lineage(of: output, needing: choice.needs)
  }
}

extension ArgumentType where Value == [String] {
  /// One method or several.
  static var explanationMethods: Self {
    Self(.list(of: .choice(ExplanationMethods.all.map { $0.name })))
  }
}

extension ArgumentType where Value == String {
  /// A class of the model, which need not be one of the data.
  static var className: Self { Self(.either([.name(.className), .text(prefix: "")])) }
}
