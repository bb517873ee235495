import GraftBase
import GraftKernels

/// What a user may ask of a data set: the keys of the language's `data`.
package struct DataOptions: Sendable, Equatable, Codable {
  /// `as=`: the format, recognized from the path when nil.
  package var format: String?
  /// `split=`: the layout's own splits, or 80/20, when nil.
  package var split: SplitRatios?
  /// Shifts which images a split puts where.
  package var splitSeed: UInt64 = 0
  /// `val=`: a folder or table with the validation images.
  package var validationPath: String?
  /// `test=`: a folder or table with the test images.
  package var testPath: String?
  /// `labels=`: a table with the labels of the images in a folder.
  package var labelsPath: String?
  /// `limit=`: keep at most so many images, balanced over classes and in proportion over splits.
  package var limit: Int?
  /// `without=`: a list of images to leave out.
  package var withoutPath: String?
  /// `encoding=` and `legend=`.
  package var hints = LayoutHints()
  /// `range=`: the values of 16-bit gray that become black and white.
  package var grayRange: ClosedRange<Int>?
  /// `bad=`: what to do about files that cannot be read.
  package var badFiles = BadFilePolicy.few
  /// Leaves a set without its own splits whole, all of it for validation: a set to measure on.
  package var isForMeasuring = false
  /// Bytes of decoded images kept in memory.
  package var cacheBudget = ImageCache.usualBudget

  package init() {}
}

extension DataSet {
  /// Reads, scans and splits the data set at `path`: a folder, a table or `demo:shapes`.
  ///
  /// `progress` gets the number of images scanned and may throw to stop.
  package static func open(
    _ path: String, options: DataOptions = DataOptions(), pool: ThreadPool,
    progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
  ) throws -> DataSet {
    let location = BytePath(path)
    var listing = try read(location, options)
    listing.grayRange = options.grayRange
    var hints = options.hints
    if listing.task == .multiLabel { hints.isMultiLabel = true }
    for (path, side) in [(options.validationPath, Partition.validation), (options.testPath, .test)]
    {
      if let path { try listing.add(BytePath(path), as: side, hints) }
    }
    let exclusion = try options.withoutPath.map { try ImageExclusion(BytePath($0)) }
    let leftOut = exclusion.map { listing.leaveOut($0) } ?? []
    guard !listing.entries.isEmpty || leftOut.isEmpty else {
      throw GraftError(
        .input,
        "\(options.withoutPath ?? "") leaves none of the \(leftOut.count) images of \(location)",
        help: "list fewer of them, or leave out without=")
    }
    if let limit = options.limit { try listing.limit(to: limit) }
    guard !listing.entries.isEmpty else {
      throw GraftError(.input, "\(location) lists no images")
    }
    let scan = DataScan(listing: listing, policy: options.badFiles, pool: pool)
    let result = try scan.run(cacheBudget: options.cacheBudget, progress: progress)
    var samples = result.samples
    let masks = try result.readMasks(names: listing.classes, in: &samples)
    if let masks { listing.classes = masks.classes.names }
    if let warning = result.deepGray.warning(options.grayRange) { listing.warnings.append(warning) }
    listing.warnings += listing.emptied(by: result)
    if Set(samples.map(\.label)).count == 1, listing.task == .classification,
      !options.isForMeasuring
    {
      listing.warnings.append(
        "all images are of one class: they can be looked at and measured, but training needs two; "
          + "expected \(ImageFolder.expectedLayout)")
    }
    var dataSet = DataSet(
      name: location.name.description, listing: listing, badFiles: result.badFiles,
      samples: samples, cache: result.cache, masks: masks)
    let others = [options.labelsPath, options.validationPath, options.testPath].compactMap { $0 }
    dataSet.places = [location] + others.map { BytePath($0) }
    if let exclusion { dataSet.places.append(exclusion.file) }
    dataSet.leftOut = leftOut
    dataSet.exclusionName = exclusion?.file.name.description
    if let legend = listing.legend { dataSet.places.append(legend.file) }
    dataSet.hasDeepGray = result.deepGray.count > 0
    try dataSet.checkClasses(location, options)
    try dataSet.divide(given: result.partitions, options: options)
    dataSet.leakCount = dataSet.straddlingDuplicates.count
    return dataSet
  }

  /// What is at a place, or in a folder by a table of labels.
  private static func read(_ location: BytePath, _ options: DataOptions) throws -> Listing {
    guard let table = options.labelsPath.map({ BytePath($0) }) else {
      let format = try DataFormats.format(for: location, named: options.format)
      try options.hints.check(for: format, location)
      return try format.read(location, options.hints)
    }
    try options.hints.check(for: Manifest.self, table)
    return try Manifest.read(table, of: location, options.hints)
  }

  /// How many classes the images show.
  private var presentClassCount: Int {
    counts(of: Array(samples.indices)).count { $0 > 0 }
  }

  /// Masks need two classes to be told apart, except where a model has them.
  private func checkClasses(_ path: BytePath, _ options: DataOptions) throws {
    let isEnough = task.isOfImages || options.isForMeasuring ? 1 : 2
    guard presentClassCount < isEnough else { return }
    throw tooFewClasses(path.description)
  }

  /// Refuses images of one class, which can be looked at and measured but not learned from.
  package func requireSeveralClasses() throws {
    if presentClassCount < 2 { throw tooFewClasses(name) }
    guard partition(.train).isEmpty else { return }
    throw GraftError(
      .input,
      "\(name) has no training images, only \(partition(.validation).count) for validation "
        + "and \(partition(.test).count) for testing",
      help: "add a folder train/ beside the others, or name the images to train on: "
        + "data FOLDER val=FOLDER")
  }

  private func tooFewClasses(_ path: String) -> GraftError {
    let counts = counts(of: Array(samples.indices))
    let present = counts.count { $0 > 0 }
    let name = counts.firstIndex { $0 > 0 }.map { classes[$0].escapingControlCharacters }
    if task == .segmentation {
      let only = name.map { "of class \"\($0)\"" } ?? "unknown (255)"
      return GraftError(
        .input, "every pixel of the \(samples.count) masks in \(path) is \(only)",
        help:
          "a mask has the number of a class in each pixel, of two classes or more in all masks; "
          + "open one to see whether anything is marked in it")
    }
    let first = name.map { ", \"\($0)\"" } ?? ""
    if task == .multiLabel {
      return GraftError(
        .input, "\(path) has \(present) label\(present == 1 ? first : "s")",
        help: "a multi-label set needs two labels or more; for one, make having it and not having "
          + "it two classes")
    }
    return GraftError(
      .input, "\(path) has images of \(present) class\(present == 1 ? first : "es")",
      help: "a classifier needs two classes or more: \(ImageFolder.expectedLayout)")
  }

  /// Assigns every image to a split: the layout's where it has one, else by content.
  private mutating func divide(given: [Partition?], options: DataOptions) throws {
    let hasValidation = given.contains(.validation)
    let hasTest = given.contains(.test)
    guard !hasValidation || options.split == nil else {
      throw GraftError(
        .usage, "split= was given for a data set that has its own validation images",
        help: "leave out split=, or name its train folder alone")
    }
    var sides = given.map { $0 ?? .train }
    splitDescription = "as given"
    if options.isForMeasuring, !hasValidation, !hasTest {
      sides = sides.map { _ in .validation }
      splitDescription = "whole"
    } else if !hasValidation, !hasFixedLabels || options.split != nil {
      let ratios = options.split ?? (hasTest ? .trainOnly : .standard)
      let split = Split(hasTest ? ratios.withoutTest : ratios, seed: options.splitSeed)
      let train = sides.indices.filter { sides[$0] == .train }
      let parts =
        try task == .multiLabel
        ? split.sides(
          of: train.map { (samples[$0].labels, samples[$0].content) }, classCount: classes.count)
        : split.sides(
          of: train.map { (samples[$0].label, samples[$0].content) }, classes: classes)
      for (index, side) in zip(train, parts) { sides[index] = side }
      splitDescription =
        "\(split.ratios) by content, seed \(split.seed)" + (hasTest ? ", test as given" : "")
    } else if hasFixedLabels, !hasValidation {
      // A table with numbered classes is there to evaluate on; nothing is held back.
      for index in sides.indices where given[index] == nil { sides[index] = .validation }
    }
    partitions = Dictionary(grouping: samples.indices, by: { sides[$0] })
    for side in Partition.allCases where partition(side).isEmpty { partitions[side] = nil }
  }
}

extension Listing {
  /// Adds the images at `path` to one split, their classes matched by name.
  ///
  /// Only the last part of `path` enters the images' names: a data set that moves stays the same.
  mutating func add(_ path: BytePath, as side: Partition, _ hints: LayoutHints) throws {
    guard !givenPartitions.contains(side) else {
      throw GraftError(
        .usage, "\(path) was given for the \(side.rawValue) split, which the data set already has",
        help: "leave out one of the two")
    }
    let format = try DataFormats.format(for: path, named: nil)
    // What only the main layout has a use for is not asked of the others.
    let other = try format.read(path, hints)
    guard other.task == task else {
      throw GraftError(
        .input, "\(path) has \(other.task), but the training images have \(task)",
        help: "give validation images of the same kind")
    }
    guard other.legend == nil || other.classes == classes else {
      throw GraftError(
        .input, "\(path) has a legend of other classes than the training images",
        help: "give legend=FILE for all of them")
    }
    let labels = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    if let stranger = other.classes.first(where: { labels[$0] == nil }) {
      throw GraftError(
        .input, "\(path) has a class \"\(stranger)\" that the training images do not have",
        help: "classes are matched by name; there are "
          + classes.prefix(10).joined(separator: ", "))
    }
    for place in entries.indices where entries[place].partition == nil {
      entries[place].partition = .train
    }
    for var entry in other.entries {
      if task == .classification {
        entry.label = labels[other.classes[entry.label]] ?? entry.label
      } else if let set = entry.labelSet {
        entry.setLabels(Set(set.compactMap { labels[other.classes[$0]] }))
      }
      entry.path = path.name.appending(entry.path)
      if let mask = entry.mask {
        entry.mask = ListedMask(
          path: path.name.appending(mask.path), file: mask.file, legend: mask.legend ?? legend)
      }
      entry.partition = side
      entries.append(entry)
    }
    ignored += other.ignored.map {
      IgnoredFile(path: "\(path.name)/\($0.path)", reason: $0.reason)
    }
  }

  /// A sentence for each class of which a split has images, none of which could be read.
  func emptied(by result: DataScan.Result) -> [String] {
    guard task.isOfImages, !result.badFiles.isEmpty else { return [] }
    struct Place: Hashable {
      let side: Partition?
      let label: Int
    }
    let listed = Set(
      entries.flatMap { entry in entry.labels.map { Place(side: entry.partition, label: $0) } })
    let left = Set(
      zip(result.partitions, result.samples).flatMap { side, sample in
        sample.labels.map { Place(side: side, label: $0) }
      })
    let places = listed.subtracting(left).sorted {
      ($0.side?.rawValue ?? "", $0.label) < ($1.side?.rawValue ?? "", $1.label)
    }
    return places.map { place in
      let side = place.side.map { "the \($0.rawValue) split" } ?? "the images"
      return "no image of class \(classes[place.label]) in \(side) can be read"
    }
  }

  /// Keeps at most `limit` images: splits in proportion, classes equally, chosen by their paths.
  mutating func limit(to limit: Int) throws {
    guard limit >= 1 else {
      throw GraftError(.usage, "limit=\(limit) keeps no image", help: "give 1 or more")
    }
    guard limit < entries.count else { return }
    let sides = Dictionary(grouping: entries.indices, by: { entries[$0].partition })
    var kept: Set<Int> = []
    for side in [nil] + Partition.allCases.map(Optional.some) {
      guard let members = sides[side] else { continue }
      let share = (Double(limit) * Double(members.count) / Double(entries.count))
      kept.formUnion(balanced(members, count: max(1, Int(share))))
    }
    entries = entries.indices.filter(kept.contains).map { entries[$0] }
  }

  /// `count` of the entries: round after round one of each class, in the order of path hashes.
  private func balanced(_ members: [Int], count: Int) -> [Int] {
    let keyed = members.map { index in
      (index: index, key: ContentHash.of(entries[index].path.bytes).prefix)
    }
    // Images with several labels count for the first, those with none for themselves.
    let byClass = Dictionary(grouping: keyed, by: { entries[$0.index].labels.first ?? -1 })
      .mapValues { $0.sorted { ($0.key, $0.index) < ($1.key, $1.index) }.map(\.index) }
    var chosen: [Int] = []
    var round = 0
    while chosen.count < count {
      let candidates = byClass.keys.sorted().compactMap { label in
        byClass[label].flatMap { round < $0.count ? $0[round] : nil }
      }
      chosen += candidates.prefix(count - chosen.count)
      round += 1
    }
    return chosen
  }
}
