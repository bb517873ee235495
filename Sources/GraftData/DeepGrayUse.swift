import GraftBase

/// How much of 16 bits the gray images of a set use: cameras and scanners often store 10 to 14.
package struct DeepGrayUse: Sendable {
  /// Images of 16-bit gray.
  package private(set) var count = 0
  /// Their largest values.
  private var peaks: [Int: Int] = [:]

  package init() {}

  package mutating func add(_ peak: Int) {
    count += 1
    peaks[peak, default: 0] += 1
  }

  /// What to say about images that were read with a range or without; nil where all is well.
  package func warning(_ range: ClosedRange<Int>?) -> String? {
    guard count > 0 else {
      return range.map { "range=\($0.rangeText) is for 16-bit gray, and no image is of that kind" }
    }
    let peak = peaks.keys.max() ?? 0
    let images = count == 1 ? "1 image of 16-bit gray uses" : "\(count) images of 16-bit gray use"
    guard let range else {
      guard peak < 1 << 15 else { return nil }
      let top = (8...15).lazy.map { 1 << $0 - 1 }.first { peak <= $0 } ?? peak
      return "\(images) 0..\(peak) of 65,535 and come out dark: range=0..\(top) scales them"
    }
    let brighter = peaks.filter { $0.key > range.upperBound }.values.reduce(0, +)
    guard brighter > 0 else { return nil }
    return "\(brighter) of \(count) images of 16-bit gray have values above \(range.upperBound), "
      + "which become white; the largest is \(peak)"
  }
}
