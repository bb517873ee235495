import Foundation
import GraftBase
import GraftData
import GraftImaging
import Synchronization

/// Checks many augmented images and reports what a person should look at: `check augment`.
struct AugmentCheck {
  /// One kind of fault, and the share of images that have it.
  struct Finding {
    let name: String
    let count: Int
    let share: Double
    /// Shares above which it is reported, and is a fault.
    let lookAbove: Double
    let faultAbove: Double
    /// The first image it happened to.
    let example: String?
    let advice: String

    /// What has the fault, for a sentence that starts with the share.
    var subject: String {
      name == AugmentCheck.lostBox ? "boxes are lost" : "augmented images are \(name)"
    }

    var verdict: String {
      share > faultAbove ? "fault" : share > lookAbove ? "look" : "ok"
    }
  }

  /// What an operation drew, over all images.
  struct Operation {
    let name: String
    var applied = 0
    var drawn = 0
    /// Drawn numbers by what they stand for.
    var values: [(name: String, numbers: [Double])] = []
    /// Seconds that it took alone on the images that were timed, and how many of them it changed.
    var seconds = 0.0
    var timed = 0
  }

  let pipeline: Pipeline
  let imageCount: Int
  let part: String
  private(set) var findings: [Finding] = []
  private(set) var operations: [Operation] = []
  /// Shares that mixed images keep of themselves, one per batch; nil for batches that are not
  /// mixed.
  private(set) var ownShares: [Double?] = []
  /// Seconds an image, on one thread: everything from the decoded image to the normalized one, and
  /// the same without augmentation.
  private(set) var secondsPerImage = 0.0
  private(set) var plainSecondsPerImage = 0.0
  private(set) var timedImages = 0
  /// What `fast` changes in those; nil for exact pipelines.
  private(set) var difference: ImageDifference?

  private static let timedLimit = 24
  private static let batchSize = 32

  /// Draws `count` training images of the first epochs, on all threads; times some of them on one.
  ///
  /// Of the current data, or of a source that was named.
  init(
    _ pipeline: Pipeline, count: Int, of source: RenderSource? = nil, in session: Session,
    progress: (_ done: Int) throws -> Void
  ) throws {
    let data = try source?.data ?? session.requireData()
    let preprocessing = session.workbench.preprocessing
    let keys = Self.keys(count, of: data, seed: session.seed)
    self.pipeline = pipeline
    imageCount = count
    part = "\(data.name), \(Self.indices(of: data).count) training images"
    let looks = try Self.look(pipeline, keys, data, preprocessing, session, progress)
    findings = Self.findings(looks, keys, data, isMixed: pipeline.mixing != nil)
    if let boxes = source?.boxes {
      var input = preprocessing
      if session.workbench.encoder == nil { input.framing = .original }
      findings += Self.boxFinding(pipeline, keys, data, boxes, input).map { [$0] } ?? []
    }
    collect(keys, data, preprocessing)
    try time(Array(keys.prefix(Self.timedLimit)), data, preprocessing, session)
    if let mixing = pipeline.mixing {
      ownShares = (0..<256).map { batch in
        mixing.draw(
          seed: session.seed, epoch: 0, batch: batch, count: Self.batchSize,
          size: preprocessing.outputSize)?.sample(at: batch % Self.batchSize)?.ownShare
      }
    }
  }

  // MARK: Looking

  /// What one augmented image looks like.
  private struct Look {
    var isUnchanged = false
    var isBlack = false
    var isFlat = false
    /// Whether a class of the mask vanished, or shrank to under a tenth of its part of the pixels.
    var hasLostObject = false
  }

  private static func look(
    _ pipeline: Pipeline, _ keys: [SampleKey], _ data: DataSet, _ preprocessing: ImageInput,
    _ session: Session, _ progress: (_ done: Int) throws -> Void
  ) throws -> [Look] {
    var looks: [Look] = []
    for start in stride(from: 0, to: keys.count, by: batchSize) {
      let slice = Array(keys[start..<min(start + batchSize, keys.count)])
      let found = Mutex([Swift.Result<Look, GraftError>?](repeating: nil, count: slice.count))
      session.pool.forEach(slice.count) { place, _ in
        let result = look(pipeline, slice[place], data, preprocessing)
        found.withLock { $0[place] = result }
      }
      looks += try found.withLock { try $0.compactMap { try $0?.get() } }
      try progress(looks.count)
      try session.interrupts.check()
    }
    return looks
  }

  private static func look(
    _ pipeline: Pipeline, _ key: SampleKey, _ data: DataSet, _ preprocessing: ImageInput
  ) -> Swift.Result<Look, GraftError> {
    do {
      let source = try data.storedImage(at: key.sample)
      let image = pipeline.trainingImage(from: source, key: key, preprocessing: preprocessing)
      let plain = preprocessing.evaluationImage(source)
      // An image that was dark or flat before does not count against the pipeline.
      let (after, before) = (Tone(image), Tone(plain))
      var look = Look(
        isUnchanged: image == plain, isBlack: after.isBlack && !before.isBlack,
        isFlat: after.isFlat && !after.isBlack && !before.isFlat)
      if data.task == .segmentation {
        look.hasLostObject = try hasLostObject(pipeline, key, data, preprocessing)
      }
      return .success(look)
    } catch let error as GraftError {
      return .failure(error)
    } catch {
      return .failure(GraftError(.input, "\(data.samples[key.sample].path): \(error)"))
    }
  }

  /// Compares the pixels of each class with those of the same patch, or image, without operations.
  private static func hasLostObject(
    _ pipeline: Pipeline, _ key: SampleKey, _ data: DataSet, _ preprocessing: ImageInput
  ) throws -> Bool {
    func counts(_ pipeline: Pipeline) throws -> [Int] {
      let recipe = ImagePreparation(
        preprocessing: preprocessing, pipeline: pipeline, seed: key.seed)
      var counts = [Int](repeating: 0, count: 256)
      for value in try recipe.mask(of: data, key: key).pixels { counts[Int(value)] += 1 }
      return counts
    }
    let (before, after) = (try counts(.none), try counts(pipeline))
    return (1..<256).contains { before[$0] > 0 && 10 * after[$0] < before[$0] }
  }

  /// How bright an image is, and how much it varies.
  private struct Tone {
    let mean: Double
    let deviation: Double

    init(_ image: Image) {
      let luma = image.converted(toChannels: 1).pixels
      let sums = luma.reduce(into: (sum: 0, squares: 0)) {
        $0.sum += Int($1)
        $0.squares += Int($1) * Int($1)
      }
      mean = Double(sums.sum) / Double(luma.count)
      deviation = max(0, Double(sums.squares) / Double(luma.count) - mean * mean).squareRoot()
    }

    /// Darker than 4 % of white in the mean.
    var isBlack: Bool { mean < 10 }
    /// A tenth of the usual deviation of photographs.
    var isFlat: Bool { deviation < 5 }
  }

  private static func findings(
    _ looks: [Look], _ keys: [SampleKey], _ data: DataSet, isMixed: Bool
  ) -> [Finding] {
    func finding(
      _ name: String, _ look: Double, _ fault: Double, _ advice: String,
      _ holds: (Look) -> Bool
    ) -> Finding {
      let places = looks.indices.filter { holds(looks[$0]) }
      let example = places.first.map { place in
        "\(data.samples[keys[place].sample].path.escapingControlCharacters) in epoch "
          + "\(keys[place].epoch + 1)"
      }
      return Finding(
        name: name, count: places.count,
        share: Double(places.count) / Double(max(1, looks.count)), lookAbove: look,
        faultAbove: fault, example: example, advice: advice)
    }
    // What is mixed later is changed by that.
    let (look, fault) = isMixed ? (1, 1) : (0.5, 0.999)
    return [
      finding(
        "unchanged", look, fault, "most images come out as they are: add an op, or raise p=",
        \.isUnchanged),
      finding(
        "near black", 0.005, 0.1, "weaken what darkens, or use another fill=", \.isBlack),
      finding(
        "one color", 0.005, 0.1, "weaken what removes contrast, or erase smaller parts", \.isFlat),
    ]
      + (data.task == .classification
        ? []
        : [
          finding(
            "object lost", 0.05, 0.3, "crop or erase less, or move by less", \.hasLostObject)
        ])
  }

  // MARK: Draws and times

  /// Draws look at sizes alone, so many cost nothing.
  private mutating func collect(
    _ keys: [SampleKey], _ data: DataSet, _ preprocessing: ImageInput
  ) {
    for key in keys {
      let draw = pipeline.trainingDraw(
        size: data.samples[key.sample].size, key: key, preprocessing: preprocessing)
      for step in draw.steps {
        let place = place(of: step.name)
        operations[place].drawn += 1
        guard step.isApplied else { continue }
        operations[place].applied += 1
        for (name, number) in step.values { operations[place].add(number, as: name) }
      }
    }
  }

  private mutating func place(of name: String) -> Int {
    if let place = operations.firstIndex(where: { $0.name == name }) { return place }
    operations.append(Operation(name: name))
    return operations.count - 1
  }

  /// Runs each operation alone on some images, on this thread, and the whole as training does.
  private mutating func time(
    _ keys: [SampleKey], _ data: DataSet, _ preprocessing: ImageInput, _ session: Session
  ) throws {
    let clock = ContinuousClock()
    var output = [Float](
      repeating: 0, count: preprocessing.floatCount(for: preprocessing.outputSize))
    func seconds(_ work: () -> Void) -> Double { clock.measure(work) / .seconds(1) }
    let recipe = ImagePreparation(
      preprocessing: preprocessing, pipeline: pipeline, seed: session.seed)
    if pipeline.isFast { difference = ImageDifference() }
    for key in keys {
      try session.interrupts.check()
      let source = try data.storedImage(at: key.sample)
        .converted(toChannels: preprocessing.channels)
      let draw = pipeline.trainingDraw(size: source.size, key: key, preprocessing: preprocessing)
      var image = draw.preparation.reduce(source) { $1.applied(to: $0) }
      for step in draw.steps {
        guard let edits = step.edits else { continue }
        let place = place(of: step.name)
        operations[place].timed += 1
        operations[place].seconds += seconds {
          image = edits.reduce(image) { $1.applied(to: $0) }
        }
      }
      try difference?.add(draw, of: key, in: data, recipe)
      let plain = EditProgram(
        [.move(preprocessing.evaluation(of: source.size))], size: source.size)
      output.withUnsafeMutableBufferPointer { output in
        secondsPerImage += seconds {
          draw.program.write(source, normalizedFor: preprocessing, into: output)
        }
        plainSecondsPerImage += seconds {
          plain.write(source, normalizedFor: preprocessing, into: output)
        }
      }
    }
    timedImages = keys.count
    secondsPerImage /= Double(max(1, keys.count))
    plainSecondsPerImage /= Double(max(1, keys.count))
  }
}

extension AugmentCheck.Operation {
  fileprivate mutating func add(_ number: Double, as name: String) {
    if let place = values.firstIndex(where: { $0.name == name }) {
      values[place].numbers.append(number)
    } else {
      values.append((name, [number]))
    }
  }

  /// Milliseconds an image that it changes; nil when it was not timed.
  var milliseconds: Double? { timed > 0 ? 1000 * seconds / Double(timed) : nil }
}
