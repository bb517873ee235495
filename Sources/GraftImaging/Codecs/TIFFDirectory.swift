/// The first directory of a TIFF: its tags, of which nothing is read before somebody asks.
///
/// Classic TIFF and BigTIFF in both byte orders. Later pages are never visited, so directories that
/// form a circle do no harm. Aldus, TIFF 6.0 (1992); AWare Systems, BigTIFF (2007).
struct TIFFDirectory {
  /// More tags than any file has.
  static let mostTags = 4_096

  private struct Entry {
    var type: Int
    var count: Int
    /// Where its values lie in the file.
    var offset: Int
  }

  enum Tag: Int {
    case width = 256
    case height = 257
    case bitsPerSample = 258
    case compression = 259
    case photometric = 262
    case stripOffsets = 273
    case orientation = 274
    case samplesPerPixel = 277
    case rowsPerStrip = 278
    case stripByteCounts = 279
    case planarConfiguration = 284
    case colorMap = 320
    case tileWidth = 322
    case tileLength = 323
    case tileOffsets = 324
    case tileByteCounts = 325
    case extraSamples = 338
    case sampleFormat = 339
  }

  private let file: FileIntegers
  private var entries: [Int: Entry] = [:]

  static func recognizes(_ file: [UInt8]) -> Bool {
    let starts: [[UInt8]] = [
      [0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43],
    ]
    return starts.contains { file.starts(with: $0) }
  }

  init(_ bytes: [UInt8]) throws(ImageFault) {
    file = FileIntegers(bytes: bytes, isLittleEndian: bytes.first == 0x49)
    func read(_ offset: Int, _ count: Int) throws(ImageFault) -> Int {
      guard let value = file.unsigned(at: offset, bytes: count) else {
        throw ImageFault.truncated(at: bytes.count)
      }
      return value
    }
    let isBig = try read(2, 2) == 43
    let (wordLength, tagLength) = isBig ? (8, 20) : (4, 12)
    let start = try read(isBig ? 8 : 4, wordLength)
    let countLength = isBig ? 8 : 2
    let count = try read(start, countLength)
    guard (1...Self.mostTags).contains(count) else {
      throw ImageFault("its directory has \(count) tags, which no image has")
    }
    // Tags that all refer to the same bytes would make a small file cost like a large one.
    var sum = 0
    for index in 0..<count {
      let place = start + countLength + index * tagLength
      let (tag, type) = (try read(place, 2), try read(place + 2, 2))
      let valueCount = try read(place + 4, wordLength)
      let (length, isTooLong) = valueCount.multipliedReportingOverflow(by: Self.length(of: type))
      let isInside = !isTooLong && length <= wordLength
      // Bytes beyond the end of the file are an error only if they are needed.
      let offset =
        isInside
        ? place + 4 + wordLength : min(try read(place + 4 + wordLength, wordLength), bytes.count)
      if !isInside, !isTooLong { (sum, _) = sum.addingReportingOverflow(length) }
      guard !isTooLong, sum >= 0, sum <= bytes.count else {
        throw ImageFault("its tags hold more bytes than the file has")
      }
      if entries[tag] == nil { entries[tag] = Entry(type: type, count: valueCount, offset: offset) }
    }
  }

  func has(_ tag: Tag) -> Bool { entries[tag.rawValue] != nil }

  /// The first integer of a tag, or `missing` where the file has no such tag.
  func integer(_ tag: Tag, missing: Int? = nil) throws(ImageFault) -> Int {
    if let missing, !has(tag) { return missing }
    return try integers(tag, count: 1)[0]
  }

  /// The integers of a tag that has one for each sample: the first eight, none without the tag.
  func integersOfSamples(_ tag: Tag) throws(ImageFault) -> [Int] {
    let mostSamples = 8
    guard let entry = entries[tag.rawValue] else { return [] }
    return try integers(tag, count: min(entry.count, mostSamples))
  }

  /// The first `count` integers of a tag.
  func integers(_ tag: Tag, count: Int) throws(ImageFault) -> [Int] {
    guard let entry = entries[tag.rawValue] else {
      throw ImageFault("its directory has no \(tag)")
    }
    guard [1, 3, 4, 13, 16, 18].contains(entry.type) else {
      throw ImageFault("its \(tag) is not an integer")
    }
    guard count <= entry.count else {
      throw ImageFault("its \(tag) has \(entry.count) values in place of \(count)")
    }
    let length = Self.length(of: entry.type)
    var values: [Int] = []
    for index in 0..<count {
      guard let value = file.unsigned(at: entry.offset + index * length, bytes: length) else {
        throw ImageFault.truncated(at: file.bytes.count)
      }
      values.append(value)
    }
    return values
  }

  /// The bytes of a value; those of unknown kinds count as one.
  private static func length(of type: Int) -> Int {
    switch type {
    case 3, 8: 2
    case 4, 9, 11, 13: 4
    case 5, 10, 12, 16, 17, 18: 8
    default: 1
    }
  }
}

extension TIFFDirectory.Tag: CustomStringConvertible {
  /// The tag as sentences name it.
  var description: String {
    switch self {
    case .width: "width"
    case .height: "height"
    case .bitsPerSample: "number of bits"
    case .compression: "compression"
    case .photometric: "kind of color"
    case .stripOffsets, .tileOffsets: "list of offsets"
    case .orientation: "orientation"
    case .samplesPerPixel: "number of samples"
    case .rowsPerStrip: "height of strips"
    case .stripByteCounts, .tileByteCounts: "list of lengths"
    case .planarConfiguration: "order of samples"
    case .colorMap: "palette"
    case .tileWidth: "width of tiles"
    case .tileLength: "height of tiles"
    case .extraSamples: "kinds of samples"
    case .sampleFormat: "format of samples"
    }
  }
}
