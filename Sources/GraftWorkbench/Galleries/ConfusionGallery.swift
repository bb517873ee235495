import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import GraftPlots
import GraftTraining

/// Pairs of classes that a run takes for one another, the most confused first, with examples of each.
struct ConfusionGallery {
  /// What makes one pair more confused than another.
  enum Order: String, WordChoice {
    /// Images of one class that are taken for the other.
    case count
    /// Their share of all images of their class.
    case share
  }

  struct Request {
    /// Pairs at most.
    var pairs = 12
    /// Images of a pair at most.
    var each = 4
    var order = Order.count
    /// Only pairs of this true class.
    var truth: String?
    /// Only pairs of this predicted class.
    var predicted: String?
  }

  /// Images of one class that are taken for another.
  struct Pair {
    let truth: String
    let predicted: String
    let count: Int
    /// Images of the true class.
    let total: Int
    /// Images by their number, and how probable the wrong class is; the most certain first.
    let examples: [(sample: Int, probability: Double)]

    var share: Double { Double(count) / Double(max(1, total)) }
  }

  private static let cellSize = 128
  /// A sheet has not more rows.
  static let drawnPairs = 60

  let data: DataSet
  let run: String
  /// What it was measured on: `val`.
  let label: String
  let request: Request
  let imageCount: Int
  let wrongCount: Int
  /// All pairs that were asked for, the most confused first, of equals the earlier classes.
  let pairs: [Pair]

  /// Throws for a class that the run does not predict, and where there is more or less than one class per
  /// image.
  init(
    _ evaluation: Evaluation, of data: DataSet, run: String, on label: String, _ request: Request
  ) throws {
    guard case .images(let result) = evaluation else { throw Self.refusal(run) }
    try Self.check(request, result.classes, run)
    self.data = data
    self.run = run
    self.label = label
    self.request = request
    imageCount = result.count
    wrongCount = result.count - result.accuracy.count
    pairs = Self.pairs(result, request)
  }

  /// Refuses classes that are not the run's.
  static func check(_ request: Request, _ classes: [String], _ run: String) throws {
    var others = MistakeGallery.Request()
    (others.truth, others.predicted) = (request.truth, request.predicted)
    try MistakeGallery.check(others, classes, run)
  }

  static func refusal(_ run: String) -> GraftError {
    GraftError(
      .failed,
      "\(run.escapingControlCharacters) predicts the class of each pixel, and takes no image as a whole "
        + "for another class",
      help: "`plot confusion` counts the pixels")
  }

  private static func pairs(_ result: EvaluationResult, _ request: Request) -> [Pair] {
    var images: [[Int]: [Int]] = [:]
    for (place, (truth, prediction)) in zip(result.labels, result.predictions).enumerated()
    where truth != prediction {
      images[[truth, prediction], default: []].append(place)
    }
    let totals = result.confusion.counts.map { $0.reduce(0, +) }
    let names = result.classes
    let found = images.filter { pair, _ in
      request.truth ?? names[pair[0]] == names[pair[0]]
        && request.predicted ?? names[pair[1]] == names[pair[1]]
    }
    func rank(_ classes: [Int], _ count: Int) -> (Double, Double, Int, Int) {
      let share = Double(count) / Double(totals[classes[0]])
      let keys = [Double(count), share]
      let (first, second) = request.order == .count ? (keys[0], keys[1]) : (keys[1], keys[0])
      return (-first, -second, classes[0], classes[1])
    }
    let ordered = found.sorted { rank($0.key, $0.value.count) < rank($1.key, $1.value.count) }
    return ordered.map { classes, places in
      let examples = places.map { place in
        (
          sample: result.samples[place],
          probability: Double(Array(result.probabilities(at: place))[classes[1]])
        )
      }
      .sorted { ($1.probability, $0.sample) < ($0.probability, $1.sample) }
      return Pair(
        truth: names[classes[0]], predicted: names[classes[1]], count: places.count,
        total: totals[classes[0]], examples: Array(examples.prefix(request.each)))
    }
  }
}

// As images, numbers and text.
extension ConfusionGallery {
  /// The pairs that are shown.
  var shown: ArraySlice<Pair> { pairs.prefix(request.pairs) }

  /// Throws where a file has vanished or changed.
  func gallery(pool: ThreadPool, width: Int? = nil) throws -> Gallery {
    let drawn = shown.prefix(Self.drawnPairs)
    let images = try data.thumbnails(
      of: drawn.flatMap { $0.examples.map(\.sample) }, side: Self.cellSize, pool: pool)
    var rest = images[...]
    let rows = drawn.map { pair in
      let own = rest.prefix(pair.examples.count)
      rest = rest.dropFirst(own.count)
      return ContactSheet.Row(
        lines: [
          ContactSheet.Line(pair.truth, .good, keepsEnds: true),
          ContactSheet.Line("→ " + pair.predicted, .bad, keepsEnds: true),
          ContactSheet.Line("\(pair.count) of \(pair.total)", .soft),
        ],
        cells: zip(pair.examples, own).map { example, image in
          let name = data.samples[example.sample].path.lastPathComponent
          return ContactSheet.Cell(
            image,
            lines: [
              .file(name),
              ContactSheet.Line(
                "→ " + pair.predicted, ending: " " + example.probability.fixedText(3), .bad),
            ], tone: .bad)
        })
    }
    let sheet = ContactSheet(
      title: "Confused by \(run.escapingControlCharacters) on \(label.escapingControlCharacters)",
      subtitle: pairs.isEmpty
        ? summary
        : "\(summary). Beside each row: true class, → predicted class, how many of the images of the true class",
      rows: rows, cellSize: Self.cellSize)
    let undrawn = shown.count - drawn.count
    return Gallery(
      kind: "confusion", sheet: sheet, table: table,
      notes: [summary] + (undrawn > 0 ? ["\(undrawn) more pairs are in the table only"] : []),
      text: text(width: width))
  }

  var summary: String {
    guard wrongCount > 0 else { return MistakeGallery.allRight(imageCount) }
    let counted =
      "\(wrongCount) of \(imageCount) images \(wrongCount == 1 ? "is" : "are") wrong"
    let conditions = [
      request.truth.map { "of \($0)" }, request.predicted.map { "taken for \($0)" },
    ].compactMap { $0?.escapingControlCharacters }
    let images = pairs.reduce(0) { $0 + $1.count }
    let ofPairs = "\(pairs.count) pair\(pairs.count == 1 ? "" : "s") of classes"
    return conditions.isEmpty
      ? "\(counted), in \(ofPairs)"
      : "\(counted), \(images) \(conditions.joined(separator: " ")) in \(ofPairs)"
  }

  /// A row for each image.
  private var table: PlotTable {
    let rows = shown.flatMap { pair in pair.examples.map { (pair, $0) } }
    return PlotTable()
      .adding("true", rows.map(\.0.truth)).adding("predicted", rows.map(\.0.predicted))
      .adding("count", rows.map { Double($0.0.count) })
      .adding("total", rows.map { Double($0.0.total) })
      .adding("image", rows.map { data.samples[$0.1.sample].path })
      .adding("probability", rows.map(\.1.probability))
  }

  private func text(width: Int?) -> String {
    let head = "\(run.escapingControlCharacters) on \(label.escapingControlCharacters): \(summary)"
    guard !pairs.isEmpty else { return head }
    var table = TextTable(
      ["true", "predicted", "images", "share"],
      alignments: [.left, .left, .right, .right], indent: 2,
      flexibilities: [0: .shortens(atLeast: 12), 1: .shortens(atLeast: 12)])
    for pair in shown {
      table.add([
        pair.truth.escapingControlCharacters, pair.predicted.escapingControlCharacters,
        "\(pair.count) of \(pair.total)", pair.share.percentText,
      ])
    }
    let more = pairs.count - shown.count
    return
      ([head, table.rendered(width: width)]
      + (more > 0 ? ["  and \(more.groupedText) more"] : [])).joined(separator: "\n")
  }

  /// The pairs for programs.
  var fields: JSONValue {
    .array(
      shown.map { pair in
        .object([
          ("true", .string(pair.truth)), ("predicted", .string(pair.predicted)),
          ("count", .integer(pair.count)), ("total", .integer(pair.total)),
        ])
      })
  }
}
