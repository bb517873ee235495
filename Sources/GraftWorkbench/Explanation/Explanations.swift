import GraftBase
import GraftEngine
import GraftModels
import GraftTraining

/// What predictions of a run depend on in images, by one or more methods.
struct Explanations {
  /// What was asked.
  struct Request {
    var methods: [any ExplanationMethod.Type] = [GradCAM.self]
    var settings = ExplanationSettings()
    /// The class whose score is explained; nil is the one that is predicted.
    var className: String?
    /// The side of square images that are scored at every position; nil is the model as it is.
    var denseSide: Int?
    /// Of a model that predicts pixels: the side of the square that is cut out of the middle of an image; nil is
    /// that of the model.
    var pixelSide: Int?
  }

  /// One image: what is predicted, and what each method says of the class that is explained.
  struct Explained {
    let subject: SubjectImage
    let predicted: String
    /// Of the class that is explained; nil where each position has one.
    let probability: Double?
    /// The part of the positions where that class is predicted; nil where an image has one.
    let share: Double?
    let className: String
    let attributions: [(method: any ExplanationMethod.Type, attribution: Attribution)]
  }

  let run: TrainingRun
  let request: Request
  let session: Session
  private(set) var images: [Explained] = []

  init(of run: TrainingRun, _ request: Request, in session: Session) {
    self.run = run
    self.request = request
    self.session = session
  }

  /// Throws where the model cannot be explained so, before images are read.
  func check() throws {
    try run.model.input.requireImages()
    if let name = request.className { _ = try classIndex(name) }
    if request.denseSide != nil { _ = try DenseModel(run.model) }
    let network = ExplainedNetwork(run.model)
    for method in request.methods { try method.check(request.settings, network) }
  }

  private func prepared() throws -> (ScoreProbe, ImageInput) {
    let (network, input) = try network(of: run.model)
    for method in request.methods { try method.check(request.settings, network) }
    return (try ScoreProbe(network, pool: session.pool), input)
  }

  private func network(of model: Model) throws -> (ExplainedNetwork, ImageInput) {
    guard let side = request.denseSide else {
      guard let wanted = request.pixelSide else { return (ExplainedNetwork(model), model.input) }
      let side = try SegmentationFrame(model, height: wanted, width: wanted).input.y
      return (ExplainedNetwork(model, side: side), model.input.sized(side, from: side))
    }
    let dense = try DenseScoring(DenseChoice(side: side, stride: nil), model, pool: session.pool)
    return (
      ExplainedNetwork(dense.scorer.model, of: model, side: dense.side), dense.preprocessing
    )
  }

  private func classIndex(_ name: String) throws -> Int {
    try run.model.classes.place(ofClass: name, of: run.name)
  }

  /// Explains the images that `choice` names.
  mutating func explain(_ choice: SubjectChoice) throws {
    try check()
    try run.model.requireFiniteWeights(pool: session.pool)
    let (probe, input) = try prepared()
    let subjects = try choice.images(for: input, in: session)
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    for (number, subject) in subjects.enumerated() {
      images.append(
        try explained(subject, input.values(of: subject.image), probe) { share in
          try session.interrupts.check()
          let line = ProgressLine(
            title: "explain", fraction: (Double(number) + share) / Double(subjects.count))
          if session.settings.isProgressShown { writer.show(line) }
        })
    }
  }

  private func explained(
    _ subject: SubjectImage, _ values: [Float], _ probe: ScoreProbe,
    progress: (Double) throws -> Void
  ) throws -> Explained {
    let model = run.model
    let logits = try probe.logits(of: values)
    try model.requireFinite(logits.allSatisfy(\.isFinite))
    let best = prediction(logits, classCount: probe.classCount)
    let index = try request.className.map(classIndex) ?? best
    let focus = ScoreFocus(on: index, logits: logits, classCount: probe.classCount)
    let isWhole = focus.shares.count == 1
    let counts = Self.counts(logits, classCount: probe.classCount)
    return Explained(
      subject: subject, predicted: model.classes[best],
      probability: isWhole ? model.probabilities(logits)[index] : nil,
      share: isWhole ? nil : Double(counts[index]) / Double(max(1, counts.reduce(0, +))),
      className: model.classes[index],
      attributions: try request.methods.enumerated().map { number, method in
        let count = Double(request.methods.count)
        let found = try method.attribution(of: values, focus, probe, request.settings) { share in
          try progress((Double(number) + share) / count)
        }
        try progress(Double(number + 1) / count)
        return (method, found)
      })
  }

  /// The class that is predicted; of pixels the one that most of them have, the first class left out, which
  /// is the background.
  private func prediction(_ logits: [Float], classCount: Int) -> Int {
    let model = run.model
    guard model.task != .segmentation else {
      let counts = Self.counts(logits, classCount: classCount)
      let found = counts.indices.dropFirst().filter { counts[$0] > 0 }
      return found.max { (counts[$0], $1) < (counts[$1], $0) } ?? 0
    }
    guard model.task != .classification || logits.count > classCount else {
      return model.prediction(logits)
    }
    let means = Self.means(logits, classCount: classCount)
    return means.indices.max { (means[$0], -$0) < (means[$1], -$1) } ?? 0
  }

  /// At how many positions each class has the largest logit.
  private static func counts(_ logits: [Float], classCount: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for start in stride(from: 0, to: logits.count, by: classCount) {
      let row = logits[start..<start + classCount]
      if let best = row.firstIndex(of: row.max() ?? 0) { counts[best - start] += 1 }
    }
    return counts
  }

  /// The mean of each class's logits over positions.
  private static func means(_ logits: [Float], classCount: Int) -> [Double] {
    let positions = logits.count / classCount
    return (0..<classCount).map { index in
      stride(from: index, to: logits.count, by: classCount).reduce(0.0) {
        $0 + Double(logits[$1])
      } / Double(positions)
    }
  }
}
