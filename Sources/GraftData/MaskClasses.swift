import GraftBase
import GraftImaging

/// A mask as a format lists it: not yet read, and perhaps not there.
package struct ListedMask: Sendable {
  /// Where it is or should be, inside the data set.
  package var path: BytePath
  /// nil when there is none.
  package var file: BytePath?
  /// What its colors mean; nil for masks of class numbers.
  package var legend: MaskLegend?
}

/// The mask of a sample: a class of each pixel.
package struct SampleMask: Sendable {
  /// Its path inside the data set, for users.
  package let path: String
  /// SHA-256 of the file.
  package let content: ContentHash.Digest
  /// Pixels of each class.
  package internal(set) var pixels: [Int]
  let file: BytePath
  let legend: MaskLegend?
}

/// What the values of masks mean.
///
/// In memory a pixel of a mask is its class plus 1, and 0 where it is unknown: outside the image,
/// which movements fill with 0, and where the file says 255. Files hold class numbers from 0; masks
/// of nothing but 0 and 255 have two classes, background and foreground.
package struct MaskClasses: Sendable, Equatable {
  /// As many as a byte can number beside "nothing".
  package static let most = 254
  /// Without names, numbers beyond this are taken for something else than classes.
  private static let mostUnnamed = 64
  private static let unknown = 255

  package let names: [String]
  /// The pixel in memory for each value of a file.
  let table: [UInt8]

  /// The classes of masks whose values occur so often; `names` when a file gives them.
  ///
  /// `masks` are those of each image, for error messages. Colors of a legend have become the numbers
  /// of its classes.
  init(
    counts masks: [(path: String, counts: [Int])], names: [String], isLegend: Bool = false
  ) throws {
    var present = [Bool](repeating: false, count: 256)
    for mask in masks {
      for value in 0..<256 where mask.counts[value] > 0 { present[value] = true }
    }
    let values = (0..<256).filter { present[$0] }
    var table = [UInt8](repeating: 0, count: 256)
    let isBinary = values.allSatisfy { $0 == 0 || $0 == Self.unknown }
    if isBinary, !isLegend, names.isEmpty || names.count == 2 {
      table[0] = 1
      table[Self.unknown] = 2
      self.names = names.isEmpty ? ["background", "foreground"] : names
      self.table = table
      return
    }
    let largest = values.last { $0 != Self.unknown } ?? 0
    let count = names.isEmpty ? max(2, largest + 1) : names.count
    let limit = names.isEmpty ? Self.mostUnnamed : names.count
    if largest >= limit {
      let place = masks.first { $0.counts[limit..<Self.unknown].contains { $0 > 0 } }
      let value = place?.counts.indices.first { $0 >= limit && place?.counts[$0] != 0 } ?? largest
      throw GraftError(
        .input,
        "\(place?.path ?? "a mask") has the value \(value), "
          + (names.isEmpty
            ? "which is neither 0 or 255 nor the number of a class"
            : "but there are only \(names.count) classes"),
        help: "masks hold class numbers from 0 (255: unknown), or only 0 and 255; "
          + "classes.txt names more than \(Self.mostUnnamed) classes")
    }
    for value in 0..<count { table[value] = UInt8(value + 1) }
    self.names =
      names.isEmpty ? (0..<count).map { $0 == 0 ? "background" : "class \($0)" } : names
    self.table = table
  }

  private init(names: [String], table: [UInt8]) {
    self.names = names
    self.table = table
  }

  /// Pixels of each class, from those of each value.
  func pixels(_ counts: [Int]) -> [Int] {
    var result = [Int](repeating: 0, count: names.count)
    for (value, count) in counts.enumerated() where table[value] > 0 {
      result[Int(table[value]) - 1] += count
    }
    return result
  }

  /// The same pixels under other numbers: class c becomes `places[c]` of `names`.
  func renumbered(_ places: [Int], names: [String]) -> MaskClasses {
    MaskClasses(names: names, table: table.map { $0 == 0 ? 0 : UInt8(places[Int($0) - 1] + 1) })
  }
}

extension ListedMask {
  /// The mask's stored values, and the hash of its file; it has a place for each pixel of `size`.
  func load(
    imageName: String, size: ImageSize
  ) throws -> (image: Image, content: ContentHash.Digest, stranger: MaskLegend.Stranger?) {
    guard let file else {
      throw GraftError(
        .input, "\(imageName) has no mask \(path)",
        help: "masks have the names of their images")
    }
    let bytes = try file.read(named: path.description)
    let (image, stranger) = try decode(bytes)
    guard image.size == size else {
      throw GraftError(
        .input, "\(imageName) is \(size), but its mask \(path) is \(image.size)",
        help: "a mask has one class per pixel of its image")
    }
    return (image, ContentHash.of(bytes), stranger)
  }

  private func decode(
    _ bytes: [UInt8]
  ) throws -> (image: Image, stranger: MaskLegend.Stranger?) {
    if let legend {
      return legend.numbers(of: try ImageCodec.decode(bytes, name: path.description))
    }
    return (try Self.decode(bytes, name: path.description), nil)
  }

  private static func decode(_ bytes: [UInt8], name: String) throws -> Image {
    let image = try ImageCodec.decode(bytes, name: name, keepsGray: true, keepsIndices: true)
    guard image.channels == 3 else { return image }
    // Many programs save black and white, or gray, as RGB.
    let pixels = image.pixels
    let places = stride(from: 0, to: pixels.count, by: 3)
    let isGray = places.allSatisfy { (place: Int) -> Bool in
      pixels[place] == pixels[place + 1] && pixels[place] == pixels[place + 2]
    }
    guard isGray else {
      throw GraftError(
        .input, "the mask \(name) is a color image, and nothing says which class a color is",
        help:
          "put a table \(MaskLegend.fileNames[0]) with the columns name,r,g,b beside the folders, "
          + "or name one by legend=FILE; other masks are gray or have a palette, the number of a "
          + "class in each pixel")
    }
    return Image(
      width: image.width, height: image.height, channels: 1,
      pixels: places.map { pixels[$0] })
  }
}

extension DataSet {
  /// The mask of an image, gray: the class of each pixel plus 1, 0 where it is unknown.
  ///
  /// Throws when its file has vanished, changed since the scan or cannot be read.
  package func mask(at index: Int) throws -> Image {
    guard let mask = samples[index].mask, let maskClasses else {
      throw GraftError(.failed, "\(samples[index].path) has no mask")
    }
    if let image = maskCache.image(at: index) { return image.applying(maskClasses) }
    let listed = ListedMask(
      path: BytePath(mask.path), file: mask.file, legend: mask.legend)
    let (image, content, _) = try listed.load(
      imageName: samples[index].path, size: samples[index].size)
    guard content == mask.content else {
      throw GraftError(
        .input, "\(mask.path) changed since the data set was scanned",
        help: "read the data set again")
    }
    maskCache.store(image, at: index)
    return image.applying(maskClasses)
  }

  /// Pixels of each class in one split.
  package func pixelCounts(_ partition: Partition) -> [Int] {
    var counts = [Int](repeating: 0, count: classes.count)
    for index in self.partition(partition) {
      for (label, pixels) in (samples[index].mask?.pixels ?? []).enumerated() {
        counts[label] += pixels
      }
    }
    return counts
  }
}

extension Image {
  fileprivate func applying(_ classes: MaskClasses) -> Image {
    let table = classes.table
    return Image(
      width: width, height: height, channels: 1, pixels: pixels.map { table[Int($0)] })
  }

  /// How often each value occurs in a gray image.
  var valueCounts: [Int] {
    var counts = [Int](repeating: 0, count: 256)
    pixels.withUnsafeBufferPointer { for value in $0 { counts[Int(value)] += 1 } }
    return counts
  }
}
