import Foundation
import GraftBase
import GraftImaging
import GraftKernels
import Synchronization

/// What to do about files that cannot be used.
package enum BadFilePolicy: String, Sendable, CaseIterable, Codable {
  /// Leave out up to 5 % of the files; more, or a class left empty, is an error.
  case few
  /// Leave out any number.
  case skip
  /// Stop at the first.
  case stop

  static let largestShare = 0.05
}

/// Reads and decodes every listed image once, so that bad files are known before training.
struct DataScan {
  /// Images between two reports of progress.
  private static let sliceLength = 2048

  let listing: Listing
  let policy: BadFilePolicy
  let pool: ThreadPool

  /// A listed image that could be read, its decoded pixels included while they fit.
  struct Finding {
    let content: ContentHash.Digest
    let size: ImageSize
    let isGray: Bool
    let image: Image?
    /// The largest value of 16-bit gray.
    let grayPeak: Int?
    let mask: MaskFinding?
  }

  /// The mask of an image: how often each value occurs.
  struct MaskFinding {
    let path: String
    let file: BytePath
    let content: ContentHash.Digest
    let counts: [Int]
    let legend: MaskLegend?
    /// A color that the legend does not have, and its pixels.
    let stranger: MaskLegend.Stranger?
  }

  struct Result {
    var samples: [Sample] = []
    var partitions: [Partition?] = []
    var badFiles: [BadFile] = []
    /// Of each sample, in a set for segmentation.
    var masks: [DataScan.MaskFinding?] = []
    var deepGray = DeepGrayUse()
    /// Decoded images by their place in `samples`.
    let cache: ImageCache
    let byteBudget: Int
  }

  /// Scans in parallel; `progress` gets the number of images done and may throw to stop.
  func run(
    cacheBudget: Int, progress: (_ done: Int, _ of: Int) throws -> Void
  ) throws -> Result {
    let entries = listing.entries
    var result = Result(
      cache: ImageCache(count: entries.count, byteBudget: cacheBudget), byteBudget: cacheBudget)
    let budget = SharedBudget(cacheBudget)
    for start in stride(from: 0, to: entries.count, by: Self.sliceLength) {
      let slice = entries[start..<min(start + Self.sliceLength, entries.count)]
      for (entry, outcome) in zip(slice, examine(slice, budget: budget)) {
        switch outcome {
        case .success(let finding): result.add(entry, finding)
        case .failure(let error):
          // A file is not bad because there is too little memory.
          if policy == .stop || error.code == .failed { throw error }
          result.badFiles.append(BadFile(entry.path, error))
        }
      }
      try progress(start + slice.count, entries.count)
    }
    try check(result)
    return result
  }

  private func examine(
    _ entries: ArraySlice<Listing.Entry>, budget: SharedBudget
  ) -> [Swift.Result<Finding, GraftError>] {
    let unknown = GraftError(.failed, "the image was not examined")
    var outcomes = [Swift.Result<Finding, GraftError>](
      repeating: .failure(unknown), count: entries.count)
    outcomes.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      let outcomes = Borrowed(start, count: buffer.count)
      pool.forEach(entries.count, lending: entries, outcomes, budget, listing.grayRange) {
        index, _, entries, outcomes, budget, range in
        outcomes[index] = Self.examine(
          entries[entries.startIndex + index], budget: budget, grayRange: range)
      }
    }
    return outcomes
  }

  private static func examine(
    _ entry: Listing.Entry, budget: SharedBudget, grayRange: ClosedRange<Int>?
  ) -> Swift.Result<Finding, GraftError> {
    do {
      let name = entry.path.description
      let (image, content) = try entry.source.load(name: name, grayRange: grayRange)
      let grayPeak = image.channels == 1 ? try entry.source.grayPeak(name: name) : nil
      let mask = try entry.mask.map { listed in
        let (mask, content, stranger) = try listed.load(imageName: name, size: image.size)
        return MaskFinding(
          path: listed.path.description, file: listed.file ?? listed.path, content: content,
          counts: mask.valueCounts, legend: listed.legend, stranger: stranger)
      }
      let fits = entry.source.isWorthCaching && budget.take(image.pixels.count)
      return .success(
        Finding(
          content: content, size: image.size, isGray: image.channels == 1,
          image: fits ? image : nil, grayPeak: grayPeak, mask: mask))
    } catch let error as GraftError {
      return .failure(error)
    } catch {
      return .failure(GraftError(.input, "\(entry.path) cannot be read: \(error)"))
    }
  }

  private func check(_ result: Result) throws {
    guard policy != .skip, let first = result.badFiles.first else { return }
    let share = Double(result.badFiles.count) / Double(max(1, listing.entries.count))
    guard share <= BadFilePolicy.largestShare else {
      throw GraftError(
        .input,
        "\(result.badFiles.count) of \(listing.entries.count) images cannot be read; "
          + "the first: \(first)", help: "bad=skip leaves them out")
    }
    let before = Set(listing.entries.flatMap(\.labels))
    let after = Set(result.samples.flatMap(\.labels))
    if let emptied = before.subtracting(after).min() {
      throw GraftError(
        .input,
        "no image of class \(listing.classes[emptied]) can be read; the first bad file: \(first)",
        help: "bad=skip leaves them out")
    }
  }
}

extension DataScan.Result {
  fileprivate mutating func add(_ entry: Listing.Entry, _ finding: DataScan.Finding) {
    if let image = finding.image { cache.store(image, at: samples.count) }
    samples.append(
      Sample(
        path: entry.path.description, label: entry.label, labelSet: entry.labelSet,
        content: finding.content,
        size: finding.size, isGray: finding.isGray, source: entry.source))
    partitions.append(entry.partition)
    if let peak = finding.grayPeak { deepGray.add(peak) }
    masks.append(finding.mask)
  }

  /// Derives the classes from the values of all masks and assigns them to the samples; nil without
  /// masks.
  func readMasks(
    names: [String], in samples: inout [Sample]
  ) throws -> (classes: MaskClasses, cache: ImageCache)? {
    let found = masks.compactMap { $0 }
    guard !found.isEmpty else { return nil }
    try MaskLegend.refuse(found.compactMap { mask in mask.stranger.map { (mask.path, $0) } })
    let classes = try MaskClasses(
      counts: found.map { ($0.path, $0.counts) }, names: names,
      isLegend: found.contains { $0.legend != nil })
    for (index, mask) in masks.enumerated() {
      samples[index].mask = mask.map {
        SampleMask(
          path: $0.path, content: $0.content, pixels: classes.pixels($0.counts), file: $0.file,
          legend: $0.legend)
      }
    }
    return (classes, ImageCache(count: samples.count, byteBudget: byteBudget / 4))
  }
}

extension BadFile {
  /// The error message without the path that it starts with.
  fileprivate init(_ path: BytePath, _ error: GraftError) {
    let name = path.description
    let reason = error.message
    self.init(
      path: name,
      reason: reason.hasPrefix(name + " ") ? String(reason.dropFirst(name.count + 1)) : reason)
  }
}

extension BadFile: CustomStringConvertible {
  package var description: String { "\(path) \(reason)" }
}

/// Bytes that threads take from together.
private final class SharedBudget: Sendable {
  private let left: Atomic<Int>

  init(_ bytes: Int) { left = Atomic(bytes) }

  /// Takes so many bytes; false, and takes none, when they are not left.
  func take(_ bytes: Int) -> Bool {
    let fits = left.subtract(bytes, ordering: .relaxed).newValue >= 0
    if !fits { left.add(bytes, ordering: .relaxed) }
    return fits
  }
}
