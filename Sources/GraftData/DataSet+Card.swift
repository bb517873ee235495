import Foundation
import GraftBase
import GraftImaging

extension DataSet: CustomStringConvertible {
  /// The card: counts by class and split, image sizes, what was left out, warnings.
  package var description: String {
    var lines = [summary]
    lines += classTable
    if task == .multiLabel { lines.append("labels per image: \(labelCountText)") }
    lines.append("split: \(splitDescription)")
    lines.append("sizes: \(sizeSummary)")
    if let grayRange { lines.append("16-bit gray: black and white are \(grayRange.rangeText)") }
    let list = "`data bad to=bad.csv` lists all"
    lines += Self.section("bad files, left out", badFiles.map(\.description), list)
    if let exclusionName {
      lines += Self.section(
        "left out by \(exclusionName.escapingControlCharacters)",
        leftOut.map(\.escapingControlCharacters), "the list has all")
    }
    lines += Self.section("ignored", ignored.map { "\($0.path) (\($0.reason))" }, list)
    lines += Self.section("the same image in two splits", straddlingDuplicates)
    lines += (warnings + sizeWarnings).map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  /// One line: `hymenoptera: 397 images, 2 classes, 9c41e07a`.
  package var summary: String {
    let leaks = leakCount == 0 ? "" : ", \(leakCount) in two splits"
    let bad = badFiles.isEmpty ? "" : ", \(badFiles.count) unreadable left out"
    let other = ignored.isEmpty ? "" : ", \(ignored.count) ignored"
    let list = exclusionName.map {
      ", \(leftOut.count) left out by \($0.escapingControlCharacters)"
    }
    let images = "\(samples.count) images\(task == .segmentation ? " with masks" : "")"
    let count = presentClasses.count
    let classes =
      task == .multiLabel
      ? "\(count) labels, any number per image" : "\(count) class\(count == 1 ? "" : "es")"
    return "\(name): \(images), \(classes), \(fingerprint)\(bad)\(leaks)\(other)\(list ?? "")"
  }

  /// A table of all that was left out, `path,reason`: files that cannot be read, then others.
  package var leftOutTable: String {
    let rows = badFiles.map { ($0.path, $0.reason) } + ignored.map { ($0.path, $0.reason) }
    return (["path,reason"] + rows.map { "\($0.asCSVField),\($1.asCSVField)" })
      .joined(separator: "\n") + "\n"
  }

  /// Equal contents in different splits: "train/a/1.jpg = val/a/9.jpg", a leak when not wanted.
  package var straddlingDuplicates: [String] {
    var first: [ContentHash.Digest: (side: Partition, index: Int)] = [:]
    var found: [String] = []
    for side in Partition.allCases {
      for index in partition(side) {
        let content = samples[index].content
        if let earlier = first[content] {
          guard earlier.side != side else { continue }
          found.append("\(samples[earlier.index].path) = \(samples[index].path)")
        } else {
          first[content] = (side, index)
        }
      }
    }
    return found
  }

  /// The labels that have images.
  private var presentClasses: [Int] {
    counts(of: Array(samples.indices)).enumerated().filter { $0.element > 0 }.map(\.offset)
  }

  private static let shownLines = 20

  private static func section(
    _ title: String, _ lines: [String], _ hint: String? = nil
  ) -> [String] {
    guard !lines.isEmpty else { return [] }
    let more = lines.count - shownLines
    return ["\(title): \(lines.count)"] + lines.prefix(shownLines).map { "  \($0)" }
      + (more > 0 ? ["  and \(more) more" + (hint.map { "; \($0)" } ?? "")] : [])
  }

  private var classTable: [String] {
    let sides = Partition.allCases.filter { !partition($0).isEmpty }
    var counts = sides.map(classCounts)
    var titles = sides.map(\.rawValue)
    if task == .segmentation {
      // What part of the pixels, in tenths of a percent.
      let pixels = sides.map(pixelCounts)
      let sums = presentClassSums(pixels)
      titles.append("‰ of pixels")
      counts.append(sums)
    }
    let shown = presentClasses.prefix(Self.shownLines)
    var table = TextTable(
      ofNumbers: [task == .multiLabel ? "label" : "class"] + titles, indent: 2)
    for label in shown { table.add([classes[label]] + counts.map { "\($0[label])" }) }
    if presentClasses.count > shown.count {
      table.add(["and \(presentClasses.count - shown.count) more"])
    }
    table.add(
      [task == .multiLabel ? "images" : "total"] + sides.map { "\(partition($0).count)" })
    return table.description.split(separator: "\n").map(String.init)
  }

  /// How many images have how many labels: `0: 12, 1: 80, 2: 31; mean 1.15`.
  private var labelCountText: String {
    var images: [Int: Int] = [:]
    for sample in samples { images[sample.labels.count, default: 0] += 1 }
    let sum = images.reduce(0) { $0 + $1.key * $1.value }
    let mean = Double(sum) / Double(max(1, samples.count))
    return images.keys.sorted().map { "\($0): \(images[$0] ?? 0)" }.joined(separator: ", ")
      + "; mean \(mean.fixedText(2))"
  }

  /// Thousandths of all pixels that each class has.
  private func presentClassSums(_ pixels: [[Int]]) -> [Int] {
    let sums = classes.indices.map { label in pixels.reduce(0) { $0 + $1[label] } }
    let all = max(1, sums.reduce(0, +))
    return sums.map { ($0 * 1000 + all / 2) / all }
  }

  /// The smallest and the largest size, and how many are gray.
  package var sizeSummary: String {
    guard let first = samples.first else { return "none" }
    var (smallest, largest) = (first.size, first.size)
    for sample in samples {
      let area = sample.size.width * sample.size.height
      if area < smallest.width * smallest.height { smallest = sample.size }
      if area > largest.width * largest.height { largest = sample.size }
    }
    let gray = samples.count(where: \.isGray)
    let kinds = gray == 0 ? "" : gray == samples.count ? ", all gray" : ", \(gray) gray"
    return (smallest == largest ? "\(smallest)" : "\(smallest) to \(largest)") + kinds
  }

  /// Classes of under 20 images, with the uncertainty of a score measured on them.
  package var sizeWarnings: [String] {
    // A mask has many pixels to measure on.
    guard task.isOfImages else { return [] }
    let totals = counts(of: Array(samples.indices))
    let side: Partition = partition(.validation).isEmpty ? .test : .validation
    let measured = classCounts(side)
    let small = presentClasses.filter { totals[$0] < 20 && !hasFixedLabels }
    let lines = small.prefix(Self.shownLines).map { label in
      let interval = Self.scoreInterval(count: measured[label])
      return "class \(classes[label]) has \(totals[label]) images; its score, "
        + "measured on \(measured[label]), will be known to ±\(interval) points"
    }
    let more = small.count - lines.count
    return lines + (more > 0 ? ["\(more) more classes have under 20 images"] : [])
  }

  /// Half the width in points of a 95 % interval around a score of 50 % (Wilson, 1927).
  package static func scoreInterval(count: Int) -> Int {
    let z = 1.96
    let squared = z * z
    return Int((100 * z * (0.25 / (Double(count) + squared)).squareRoot()).rounded())
  }
}
