import GraftBase
import GraftEngine
import GraftImaging
import GraftModels
import GraftPlots
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
  }

  /// One image: what is predicted, and what each method says of the class that is explained.
  struct Explained {
    let subject: SubjectImage
    let predicted: String
    /// Of the class that is explained; nil where each pixel has one.
    let probability: Double?
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
    guard let side = request.denseSide else { return (ExplainedNetwork(model), model.input) }
    let dense = try DenseScoring(DenseChoice(side: side, stride: nil), model, pool: session.pool)
    return (
      ExplainedNetwork(dense.scorer.model, of: model, side: dense.side), dense.preprocessing
    )
  }

  private func classIndex(_ name: String) throws -> Int {
    let classes = run.model.classes
    if let index = classes.firstIndex(of: name) { return index }
    let near = NearestName.of(name, among: classes)
    throw GraftError(
      .usage, "\(run.name) has no class '\(name.escapingControlCharacters)'",
      help: near.map { "did you mean '\($0.escapingControlCharacters)'?" }
        ?? "`evaluate` lists its classes")
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
    let means = Self.means(logits, classCount: probe.classCount)
    let best =
      model.task == .classification && logits.count == probe.classCount
      ? model.prediction(logits)
      : means.indices.max { (means[$0], -$0) < (means[$1], -$1) } ?? 0
    let index = try request.className.map(classIndex) ?? best
    let focus = ScoreFocus(on: index, logits: logits, classCount: probe.classCount)
    let isWhole = focus.shares.count == 1
    return Explained(
      subject: subject, predicted: model.classes[best],
      probability: isWhole ? model.probabilities(logits)[index] : nil,
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

extension Explanations {
  /// A row for each image: itself, then what each method says.
  func gallery() -> Gallery {
    let names = request.methods.map { $0.name }
    let side = run.model.input.side
    let rows = images.map { explained in
      ContactSheet.Row(
        cells: [
          ContactSheet.Cell(
            explained.subject.image, lines: captionLines(explained), tone: tone(explained))
        ]
          + explained.attributions.map { method, attribution in
            ContactSheet.Cell(
              AttributionImage(attribution: attribution).drawn(over: explained.subject.image),
              lines: [
                .init(method.name), .init(explained.className.escapingControlCharacters, .soft),
              ])
          })
    }
    let methods = request.methods.map { "\($0.name) (\($0.source))" }.joined(separator: ", ")
    let sheet = ContactSheet(
      title: "What \(run.name.escapingControlCharacters) looks at",
      subtitle: "Below each: file, class, → predicted class. \(methods)", rows: rows,
      cellSize: side < 112 ? max(128, side * 3) : 224)
    return Gallery(
      kind: "explain", sheet: rows.isEmpty ? nil : sheet, table: table(names), notes: notes,
      text: (images.map(caption) + notes).joined(separator: "\n"))
  }

  /// Each place of each map: row and column count from 0.
  private func table(_ names: [String]) -> PlotTable {
    var (texts, methods, classes): ([String], [String], [String]) = ([], [], [])
    var (rows, columns, values): ([Double?], [Double?], [Double?]) = ([], [], [])
    for explained in images {
      for (method, attribution) in explained.attributions {
        for (place, value) in attribution.map.enumerated() {
          texts.append(explained.subject.name)
          methods.append(method.name)
          classes.append(explained.className)
          rows.append(Double(place / attribution.columns))
          columns.append(Double(place % attribution.columns))
          values.append(Double(value))
        }
      }
    }
    return PlotTable().adding("image", texts).adding("class", classes).adding("method", methods)
      .adding("row", rows).adding("column", columns).adding("value", values)
  }

  /// What methods said beside their values, once each.
  private var notes: [String] {
    var notes: [String] = []
    for explained in images {
      for (method, attribution) in explained.attributions {
        for note in attribution.notes {
          let isOwn = attribution.notes.count > 0 && images.count == 1
          let text = "\(method.name): \(note)"
          if isOwn || !notes.contains(text) { notes.append(text) }
        }
      }
    }
    return notes
  }

  private func tone(_ explained: Explained) -> ContactSheet.Tone {
    guard let label = explained.subject.className else { return .neutral }
    return label == explained.predicted ? .good : .bad
  }

  /// `bee.jpg: ant, predicted bee; bee 0.93`.
  private func caption(_ explained: Explained) -> String {
    let name = explained.subject.name.escapingControlCharacters
    let label = explained.subject.className.map { "\($0.escapingControlCharacters), " } ?? ""
    let predicted = "predicted \(explained.predicted.escapingControlCharacters)"
    let share = explained.probability.map {
      explained.className == explained.predicted
        ? " \($0.fixedText(2))"
        : "; \(explained.className.escapingControlCharacters) \($0.fixedText(2))"
    }
    return "\(name): \(label)\(predicted)\(share ?? "")"
  }

  private func captionLines(_ explained: Explained) -> [ContactSheet.Line] {
    let probability = explained.probability.map { " " + $0.fixedText(2) } ?? ""
    let isOfPrediction = explained.className == explained.predicted
    let ink: ContactSheet.Line.Ink =
      switch tone(explained) {
      case .neutral: .plain
      case .good: .good
      case .bad: .bad
      }
    return [.file(explained.subject.name.escapingControlCharacters)]
      + (explained.subject.className.map { [.init($0.escapingControlCharacters)] } ?? [])
      + [
        .init(
          "→ \(explained.predicted.escapingControlCharacters)",
          ending: isOfPrediction ? probability : "", ink)
      ]
      + (isOfPrediction || explained.probability == nil
        ? [] : [.init(explained.className.escapingControlCharacters, ending: probability)])
  }
}
