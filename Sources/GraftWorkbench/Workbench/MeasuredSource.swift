import GraftBase
import GraftData
import GraftTraining

/// What a run is measured on: a split of the data, or images elsewhere.
enum MeasuredSource: ArgumentReadable {
  case part(DataPart)
  case place(String)

  static func read(_ values: [ArgumentValue]) -> MeasuredSource? {
    if case .text? = values.first, let part = DataPart.read(values) { return .part(part) }
    return String.read(values).map(MeasuredSource.place)
  }

  var argumentText: String {
    switch self {
    case .part(let part): part.rawValue
    case .place(let place): place
    }
  }

  /// Whether it is a split of the current data.
  var isOfData: Bool { if case .part = self { true } else { false } }

  /// Its folder, where the images are elsewhere.
  var inputs: [BytePath] { if case .place(let place) = self { [BytePath(place)] } else { [] } }

  /// The images; refused with what `verb` can be given instead where there are none.
  func images(for verb: String, in session: Session) throws -> MeasuredImages {
    switch self {
    case .part(let part):
      let data = try session.requireData()
      guard !data.partition(part.partition).isEmpty else {
        throw Self.nothing(of: part, in: data, verb)
      }
      return MeasuredImages(
        data: data, partition: part.partition, label: part.rawValue, part: part)
    case .place(let location):
      var options = DataOptions()
      options.isForMeasuring = true
      let data = try DataCommand.open(location, options, in: session)
      let partition: Partition = data.partition(.test).isEmpty ? .validation : .test
      let name = location.lastPathComponent
      // A folder that is named like a split must not be mistaken for it.
      let isTaken = DataPart(rawValue: name) != nil
      return MeasuredImages(
        data: data, partition: partition, label: isTaken ? "\(name)-folder" : name, part: nil)
    }
  }

  /// Says where the images are instead.
  private static func nothing(of part: DataPart, in data: DataSet, _ verb: String) -> GraftError {
    let others = DataPart.allCases.map { ($0, data.partition($0.partition).count) }
      .filter { $0.1 > 0 }
    let found = others.map { "\($0.1) are for \($0.0.rawValue)" }.joined(separator: ", ")
    let choices = others.map { "on=\($0.0.rawValue)" }.joined(separator: " or ")
    return GraftError(
      .failed,
      "\(data.name) has no \(part.rawValue) images: of \(data.samples.count), \(found) "
        + "(split: \(data.splitDescription))",
      help: "\(verb) \(choices), or choose a split: data PATH split=80/10/10, or a column `split` "
        + "in a table")
  }
}

/// Images that a run is measured on.
struct MeasuredImages {
  let data: DataSet
  let partition: Partition
  /// The prefix of their scores: `val`, or the name of a folder.
  let label: String
  /// nil for images elsewhere.
  let part: DataPart?
}

/// A split by its name in the language.
enum DataPart: String, WordChoice {
  case val, test, train

  var partition: Partition {
    switch self {
    case .val: .validation
    case .test: .test
    case .train: .train
    }
  }
}

extension ArgumentType where Value == MeasuredSource {
  static var measuredSource: Self {
    Self(.either([.choice(DataPart.allCases.map(\.rawValue)), .path(.data)]))
  }
}

extension Session {
  /// A run, or the current one, and the images that it is to be measured on; refused where it cannot be.
  func measuring(
    _ run: String?, on source: MeasuredSource, for verb: String
  ) throws -> (run: TrainingRun, images: MeasuredImages) {
    let run = try runToMeasure(run, classes: workbench.data)
    let images = try source.images(for: verb, in: self)
    _ = try RunEvaluation(run: run, session: self)
      .measurable(images.data, views: 1, pipeline: .none)
    return (run, images)
  }

  /// What a run predicts of these images: known from its training where they are those, else measured now;
  /// a look at test images is counted.
  func evaluation(of run: TrainingRun, on images: MeasuredImages) throws -> Evaluation {
    let result =
      if let part = images.part {
        try evaluation(of: run, on: part, of: images.data)
      } else {
        try RunEvaluation(run: run, session: self)
          .evaluate(images.data, images.partition, views: 1, pipeline: .none)
      }
    if images.partition == .test { countTestLook(run.name) }
    return result
  }

  /// Counts that a run was measured on test images.
  func countTestLook(_ run: String) { workbench.testLooks[run, default: 0] += 1 }

  /// How often a run was measured on test images; nil where it never was.
  func remarkOnTestLooks(_ run: String) -> String? {
    workbench.testLooks[run].map {
      "evaluation \($0) on the test images; each reuse weakens the result"
    }
  }
}
