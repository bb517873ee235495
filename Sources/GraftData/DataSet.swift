import GraftBase
import GraftImaging

/// Labeled images with fixed numbers, split into train, validation and test.
///
/// All random draws for an image are keyed by its number, its index in `samples`. A data set
/// is a value: splitting gives a new one that shares the images and their cache.
package struct DataSet: Sendable {
  /// The last part of the path it was read from, for tables and file names.
  package let name: String
  /// The data format that read it, as in `as=`.
  package let format: String
  /// What is labeled: each image, or in masks each pixel.
  package let task: PredictionTask
  /// Class names, sorted bytewise for folders and in the file's order where a file numbers them.
  package internal(set) var classes: [String]
  package internal(set) var samples: [Sample]
  /// True when labels are numbers fixed by a file (ImageNet's 0...999): match them by number.
  package internal(set) var hasFixedLabels: Bool
  package let badFiles: [BadFile]
  package let ignored: [IgnoredFile]
  /// Warnings about the layout: classes that a split lacks.
  package let warnings: [String]
  /// SHA-256 over class names and over the path, label and content of every image; the first
  /// eight digits are shown.
  package let fingerprint: ContentHash.Digest
  /// How the images were split, for users: "80/20/0 by content, seed 0".
  package internal(set) var splitDescription = "not split"

  /// The images that the user's list takes out.
  package internal(set) var leftOut: [String] = []
  /// The name of that list; nil where there is none.
  package internal(set) var exclusionName: String?

  /// Images whose equal is in another split.
  package internal(set) var leakCount = 0

  var partitions: [Partition: [Int]]
  private let cache: ImageCache
  /// What the values of masks mean, where there are masks.
  var maskClasses: MaskClasses?
  let maskCache: ImageCache
  /// The values of 16-bit gray that become black and white; nil takes 0 and 65535.
  package let grayRange: ClosedRange<Int>?
  /// Whether there are images of 16-bit gray, which a range changes.
  package internal(set) var hasDeepGray = false
  /// The folders and tables that it was read from.
  package internal(set) var places: [BytePath] = []

  init(
    name: String, listing: Listing, badFiles: [BadFile], samples: [Sample], cache: ImageCache,
    masks: (classes: MaskClasses, cache: ImageCache)? = nil
  ) {
    self.name = name
    task = listing.task
    maskClasses = masks?.classes
    maskCache = masks?.cache ?? ImageCache(count: 0, byteBudget: 0)
    format = listing.format
    classes = listing.classes
    hasFixedLabels = listing.hasFixedLabels
    ignored = listing.ignored
    warnings = listing.warnings
    grayRange = listing.grayRange
    self.badFiles = badFiles
    self.samples = samples
    self.cache = cache
    fingerprint = Self.fingerprint(of: samples, listing)
    partitions = [.train: Array(samples.indices)]
  }

  /// The numbers of the images in one split, ascending.
  package func partition(_ partition: Partition) -> [Int] { partitions[partition] ?? [] }

  /// The split of the image with this number.
  package func side(of index: Int) -> Partition {
    Partition.allCases.first { side in
      let members = partition(side)
      let place = members.partitioningIndex { $0 >= index }
      return place < members.count && members[place] == index
    } ?? .train
  }

  /// The same images with all of them in the training split: to compute something of each.
  package var undivided: DataSet {
    var result = self
    result.partitions = [.train: Array(samples.indices)]
    return result
  }

  /// The same images with only some of them, in the training split: to compute something of these.
  package func choosing(_ indices: [Int]) -> DataSet {
    var result = self
    result.partitions = [.train: indices.sorted()]
    return result
  }

  /// How many images of each class are in one split.
  package func classCounts(_ partition: Partition) -> [Int] {
    counts(of: self.partition(partition))
  }

  /// The label of an image, or all of them, `cat, dog`, where there may be any number.
  package func labelText(of index: Int) -> String {
    let labels = samples[index].labels
    return labels.isEmpty ? "no label" : labels.map { classes[$0] }.joined(separator: ", ")
  }

  /// How many of the images belong to each class.
  package func counts(of indices: [Int]) -> [Int] {
    var counts = [Int](repeating: 0, count: classes.count)
    for index in indices {
      // A mask counts for each class that it shows.
      if let mask = samples[index].mask {
        for label in mask.pixels.indices where mask.pixels[label] > 0 { counts[label] += 1 }
      } else {
        for label in samples[index].labels { counts[label] += 1 }
      }
    }
    return counts
  }

  /// A weight per class that makes all classes count the same: total / (classes present x count).
  ///
  /// Classes without images weigh 1. In masks, pixels are counted. Of images with any number of labels,
  /// the weight of a label that an image has: images without it over images with it.
  package func classWeights(_ partition: Partition = .train) -> [Float] {
    let counts = task == .segmentation ? pixelCounts(partition) : classCounts(partition)
    if task == .multiLabel {
      let all = self.partition(partition).count
      return counts.map { $0 > 0 ? Float(all - $0) / Float($0) : 1 }
    }
    let present = Float(counts.count { $0 > 0 })
    let total = Float(counts.reduce(0, +))
    return counts.map { $0 > 0 ? total / (present * Float($0)) : 1 }
  }

  /// The image with this number in RGB, its orientation applied; safe to call on any thread.
  ///
  /// Throws when its file has vanished, changed since the scan or cannot be read.
  package func image(at index: Int) throws -> Image {
    try storedImage(at: index).converted(toChannels: 3)
  }

  /// The image as stored: one channel for gray files.
  package func storedImage(at index: Int) throws -> Image {
    if let image = cache.image(at: index) { return image }
    let image = try load(index)
    if samples[index].source.isWorthCaching { cache.store(image, at: index) }
    return image
  }

  /// The color profile of an image's file; training has no use for it, copies keep it.
  package func colorProfile(at index: Int) -> ColorProfile? { samples[index].source.colorProfile }

  /// The pixels that a program needs of an image as stored, and the program that starts from them.
  ///
  /// If an image does not fit in memory, only the part that is resized is decoded; a fast program
  /// decodes large ones at a half, a quarter or an eighth in any case, so that
  /// pixels do not depend on memory.
  package func source(
    of index: Int, for program: EditProgram
  ) throws -> (image: Image, program: EditProgram) {
    guard case .file = samples[index].source, let region = program.sourceRegion,
      let target = program.regionTarget
    else { return (try storedImage(at: index), program) }
    let isReduced =
      program.isFast && region.width >= 2 * target.width && region.height >= 2 * target.height
    if !isReduced {
      if let image = cache.image(at: index) { return (image, program) }
      let isWhole = region == ImageBox(samples[index].size)
      if isWhole || cache.hasRoom(for: samples[index].byteCount) {
        return (try storedImage(at: index), program)
      }
    }
    let part = try load(index, region: region, atLeast: isReduced ? target : nil)
    return (part, program.startingAtRegion(of: part.size))
  }

  private func load(
    _ index: Int, region: ImageBox? = nil, atLeast leastSize: ImageSize? = nil
  ) throws -> Image {
    let sample = samples[index]
    return try sample.source.load(
      name: sample.path, region: region, atLeast: leastSize, grayRange: grayRange,
      expecting: sample.content
    ).image
  }

  private static func fingerprint(
    of samples: [Sample], _ listing: Listing
  ) -> ContentHash.Digest {
    var hash = ContentHash()
    for name in listing.classes { hash.update(name + "\0") }
    // What changes pixels or labels without being in the files.
    if let range = listing.grayRange { hash.update("gray \(range.rangeText)\0") }
    if let legend = listing.legend { hash.update(legend.content.bytes) }
    for sample in samples {
      let labels = sample.labels.map { "\($0)" }.joined(separator: ",")
      hash.update("\(sample.path)\0\(labels)\0")
      hash.update(sample.content.bytes)
      if let mask = sample.mask { hash.update(mask.content.bytes) }
    }
    return hash.finish()
  }
}

extension [Int] {
  /// The first place of an ascending list from which on a condition holds.
  fileprivate func partitioningIndex(_ holds: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
