/// Finds the 256 colors that stand for all colors of an image, by median cut (Heckbert, 1982).
///
/// Images of at most 256 colors keep theirs. Others have each color replaced by the mean of its box,
/// without dithering, so that flat areas and text stay clean.
enum ColorQuantizer {
  private struct Entry {
    /// The sums of red, green and blue over the pixels.
    var sums = SIMD3<Int>()
    var count = 0
    /// Where it lies, 0...255 in each channel.
    var place = SIMD3<Int>()
  }

  /// The palette of 256 RGB triples, and the number of each pixel's color.
  static func quantized(_ image: Image) -> (palette: [UInt8], indices: [UInt8]) {
    precondition(image.channels == 3, "colors are quantized")
    // As fine as there are at most 256 colors, else 5 bits of each channel.
    let exact = entries(of: image, bits: 8, most: 256)
    let (bits, entries) =
      exact.map { (8, $0) } ?? (5, entries(of: image, bits: 5, most: 1 << 15) ?? [:])
    let boxes = boxes(of: entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    var palette = [UInt8](repeating: 0, count: 768)
    var numbers: [Int: UInt8] = [:]
    for (number, box) in boxes.enumerated() {
      let sums = box.reduce(into: SIMD3<Int>()) { $0 &+= $1.1.sums }
      let count = max(box.reduce(0) { $0 + $1.1.count }, 1)
      for channel in 0..<3 {
        palette[3 * number + channel] = UInt8((sums[channel] + count / 2) / count)
      }
      for (key, _) in box { numbers[key] = UInt8(number) }
    }
    var indices = [UInt8](repeating: 0, count: image.width * image.height)
    var (lastKey, lastNumber) = (-1, UInt8(0))
    image.pixels.withUnsafeBufferPointer { pixels in
      for index in indices.indices {
        let key = key(pixels, index, bits)
        if key != lastKey { (lastKey, lastNumber) = (key, numbers[key] ?? 0) }
        indices[index] = lastNumber
      }
    }
    return (palette, indices)
  }

  private static func key(
    _ pixels: UnsafeBufferPointer<UInt8>, _ index: Int, _ bits: Int
  ) -> Int {
    let shift = 8 - bits
    let (red, green, blue) = (
      Int(pixels[3 * index]), Int(pixels[3 * index + 1]), Int(pixels[3 * index + 2])
    )
    return (red >> shift) << (2 * bits) | (green >> shift) << bits | blue >> shift
  }

  /// The colors of the image; nil where there are more than `most`.
  private static func entries(of image: Image, bits: Int, most: Int) -> [Int: Entry]? {
    var entries: [Int: Entry] = [:]
    let isWhole = image.pixels.withUnsafeBufferPointer { pixels in
      for index in 0..<(image.width * image.height) {
        let color = SIMD3(
          Int(pixels[3 * index]), Int(pixels[3 * index + 1]), Int(pixels[3 * index + 2]))
        let key = key(pixels, index, bits)
        entries[key, default: Entry()].sums &+= color
        entries[key, default: Entry()].count += 1
        if entries.count > most { return false }
      }
      return true
    }
    guard isWhole else { return nil }
    for (key, entry) in entries {
      let count = max(entry.count, 1)
      entries[key]?.place = SIMD3(
        entry.sums.x / count, entry.sums.y / count, entry.sums.z / count)
    }
    return entries
  }

  /// At most 256 boxes: again and again the one is cut whose longest side, weighted by the root of its
  /// pixels, is greatest, at the median of that side.
  private static func boxes(of entries: [(Int, Entry)]) -> [[(Int, Entry)]] {
    guard entries.count > 256 else { return entries.map { [$0] } }
    var boxes: [(colors: [(Int, Entry)], weight: Double, axis: Int)] = []
    func add(_ colors: [(Int, Entry)]) {
      var (low, high, count) = (SIMD3(repeating: 255), SIMD3(repeating: 0), 0)
      for (_, entry) in colors {
        low = pointwiseMin(low, entry.place)
        high = pointwiseMax(high, entry.place)
        count += entry.count
      }
      let sides = high &- low
      let axis = (0..<3).max { sides[$0] < sides[$1] } ?? 0
      boxes.append((colors, Double(sides[axis]) * Double(count).squareRoot(), axis))
    }
    add(entries)
    while boxes.count < 256,
      let index = boxes.indices.max(by: { boxes[$0].weight < boxes[$1].weight }),
      boxes[index].weight > 0
    {
      let (colors, _, axis) = boxes.remove(at: index)
      let sorted = colors.sorted {
        ($0.1.place[axis], $0.0) < ($1.1.place[axis], $1.0)
      }
      let half = sorted.reduce(0) { $0 + $1.1.count } / 2
      var (place, sum) = (0, 0)
      while place < sorted.count - 1, sum < half || place == 0 {
        sum += sorted[place].1.count
        place += 1
      }
      add(Array(sorted[..<place]))
      add(Array(sorted[place...]))
    }
    return boxes.map(\.colors)
  }
}
