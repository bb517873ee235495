import GraftBase

/// The zip form of a PyTorch file: stored entries below one folder (caffe2's inline_container).
///
/// The central directory has names, sizes and checksums; the headers in front of the entries have
/// only zeros there, and are read only for the entry's name and the start of its bytes.
struct TorchArchive {
  struct Entry {
    /// Where its bytes begin.
    var offset: Int
    var count: Int
    var checksum: UInt32
  }

  let source: ByteSource
  /// By name without the top folder.
  private(set) var entries: [ByteString: Entry] = [:]
  private let limits: TorchFile.Limits

  init(_ source: ByteSource, limits: TorchFile.Limits) throws {
    self.source = source
    self.limits = limits
    let directory = try findDirectory()
    guard let bytes = try source.read(at: directory.offset, count: directory.count) else {
      throw WeightFault("its list of entries lies outside the file")
    }
    try readDirectory(bytes, count: directory.entries, end: directory.offset)
  }

  func bytes(of entry: Entry, name: ByteString, verifyingChecksum: Bool) throws -> [UInt8] {
    guard let bytes = try source.read(at: entry.offset, count: entry.count) else {
      throw WeightFault("the entry '\(name)' lies outside the file")
    }
    guard !verifyingChecksum || CRC32.of(bytes) == entry.checksum else {
      throw WeightFault(
        "the checksum of '\(name)' does not match",
        help: "download the file again; checksums=no accepts a file that was written without them")
    }
    return bytes
  }

  /// Reads the records at the end of the file, the one for 64 bits where there is one.
  private func findDirectory() throws -> (offset: Int, count: Int, entries: Int) {
    let ending = 22
    guard let end = try source.read(at: source.size - ending, count: ending),
      end.starts(with: [0x50, 0x4B, 0x05, 0x06]), end.littleEndian(at: 20, bytes: 2) == 0
    else {
      throw WeightFault(
        "its list of entries is not at the end of the file: the file was truncated or extended")
    }
    var result = (
      offset: end.littleEndian(at: 16, bytes: 4), count: end.littleEndian(at: 12, bytes: 4),
      entries: end.littleEndian(at: 10, bytes: 2)
    )
    var limit = source.size - ending
    var isOneDisk = end.littleEndian(at: 4, bytes: 4) == 0
    if let locator = try source.read(at: limit - 20, count: 20),
      locator.starts(with: [0x50, 0x4B, 0x06, 0x07])
    {
      let place = Int(clamping: locator.littleEndian(at: 8, bytes: 8))
      guard let record = try source.read(at: place, count: 56),
        record.starts(with: [0x50, 0x4B, 0x06, 0x06]), place == limit - 20 - 56
      else { throw WeightFault("its 64-bit end record is not where it should be") }
      isOneDisk = isOneDisk && record.littleEndian(at: 16, bytes: 8) == 0
      result = (
        record.littleEndian(at: 48, bytes: 8), record.littleEndian(at: 40, bytes: 8),
        record.littleEndian(at: 32, bytes: 8)
      )
      limit = place
    }
    let (sum, overflows) = result.offset.addingReportingOverflow(result.count)
    guard isOneDisk, !overflows, sum == UInt64(limit) else {
      throw WeightFault("its list of entries does not end where its end record begins")
    }
    guard result.entries <= UInt64(limits.archiveEntries), result.count <= 64 << 20 else {
      throw WeightFault("it has \(result.entries) entries; up to \(limits.archiveEntries) are read")
    }
    return (Int(result.offset), Int(result.count), Int(result.entries))
  }

  private mutating func readDirectory(_ bytes: [UInt8], count: Int, end: Int) throws {
    var place = 0
    var folder: [UInt8]?
    var ranges: [Range<Int>] = []
    for _ in 0..<count {
      let record = try CentralRecord(bytes, at: &place)
      let slash = record.name.firstIndex(of: UInt8(ascii: "/"))
      guard let slash, folder == nil || record.name[..<slash] == folder?[...] else {
        throw WeightFault(
          "the entry '\(ByteString(record.name))' is not in its one folder",
          help: Self.kerasHelp(record.name)
            ?? "this is a zip archive, but not one that PyTorch wrote")
      }
      folder = Array(record.name[..<slash])
      let name = ByteString(Array(record.name[(slash + 1)...]))
      let entry = Entry(
        offset: try payloadOffset(of: record), count: record.count, checksum: record.checksum)
      guard entry.count <= end - entry.offset else {
        throw WeightFault("the entry '\(name)' reaches beyond the entries' part of the file")
      }
      ranges.append(record.headerOffset..<entry.offset + entry.count)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw WeightFault("the entry '\(name)' comes twice")
      }
    }
    guard place == bytes.count else { throw WeightFault("its list of entries has another length") }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    for (range, next) in zip(ranges, ranges.dropFirst()) where range.upperBound > next.lowerBound {
      throw WeightFault("two of its entries overlap")
    }
  }

  /// What to do with a `.keras` file and with NumPy's archives.
  private static func kerasHelp(_ name: [UInt8]) -> String? {
    switch ByteString(name).text {
    case "metadata.json", "config.json", "model.weights.h5":
      "it is a .keras file; in Python: tf2onnx.convert.from_keras(keras.models.load_model('FILE'), "
        + "output_path='NEW.onnx')"
    case let text where text.hasSuffix(".npy"):
      "it is an archive of NumPy; in Python: "
        + "safetensors.numpy.save_file(dict(numpy.load('FILE')), 'NEW.safetensors')"
    default: nil
    }
  }

  /// Checks the header in front of an entry and passes it.
  private func payloadOffset(of record: CentralRecord) throws -> Int {
    let title = ByteString(record.name)
    guard let header = try source.read(at: record.headerOffset, count: 30),
      header.starts(with: [0x50, 0x4B, 0x03, 0x04])
    else { throw WeightFault("the entry '\(title)' has no header") }
    let nameCount = Int(header.littleEndian(at: 26, bytes: 2))
    let extraCount = Int(header.littleEndian(at: 28, bytes: 2))
    guard try source.read(at: record.headerOffset + 30, count: nameCount) == record.name else {
      throw WeightFault("the entry '\(title)' has another name in front of its values")
    }
    let isEncrypted = header.littleEndian(at: 6, bytes: 2) & 1 == 1
    guard !isEncrypted, header.littleEndian(at: 8, bytes: 2) == 0 else {
      throw WeightFault(
        "the entry '\(title)' is compressed or encrypted, which PyTorch does not do")
    }
    let offset = record.headerOffset + 30 + nameCount + extraCount
    guard offset <= source.size else { throw WeightFault("the entry '\(title)' has no values") }
    return offset
  }
}

/// One line of a zip archive's list of entries.
private struct CentralRecord {
  let name: [UInt8]
  let headerOffset: Int
  let count: Int
  let checksum: UInt32

  init(_ bytes: [UInt8], at place: inout Int) throws {
    guard place + 46 <= bytes.count, bytes[place...].starts(with: [0x50, 0x4B, 0x01, 0x02]) else {
      throw WeightFault("its list of entries ends early")
    }
    func number(_ offset: Int, _ count: Int) -> UInt64 {
      bytes.littleEndian(at: place + offset, bytes: count)
    }
    let (nameCount, extraCount) = (Int(number(28, 2)), Int(number(30, 2)))
    let end = place + 46 + nameCount + extraCount + Int(number(32, 2))
    guard end <= bytes.count else { throw WeightFault("its list of entries ends early") }
    name = Array(bytes[place + 46..<place + 46 + nameCount])
    let title = ByteString(name)
    guard !title.text.contains("/code/__torch__/") else {
      throw WeightFault(
        "it is a TorchScript program, not a state dict",
        help: "in Python: torch.save(torch.jit.load(FILE).state_dict(), NEW)")
    }
    guard number(8, 2) & 1 == 0, number(10, 2) == 0 else {
      throw WeightFault(
        "the entry '\(title)' is compressed or encrypted, which PyTorch does not do")
    }
    let extraStart = place + 46 + nameCount
    let wide = Self.wideNumbers(Array(bytes[extraStart..<extraStart + extraCount]))
    // Only what does not fit 32 bits is in the extra field, in this order.
    var next = 0
    func widened(_ value: UInt64) throws -> UInt64 {
      guard value == 0xFFFF_FFFF else { return value }
      guard let number = wide[checked: next] else {
        throw WeightFault("the entry '\(title)' lacks its 64-bit size")
      }
      next += 1
      return number
    }
    let size = try widened(number(24, 4))
    let stored = try widened(number(20, 4))
    let offset = try widened(number(42, 4))
    guard size == stored, let count = Int(exactly: size), let headerOffset = Int(exactly: offset)
    else { throw WeightFault("the entry '\(title)' has two different sizes") }
    self.count = count
    self.headerOffset = headerOffset
    checksum = UInt32(number(16, 4))
    place = end
  }

  /// The numbers of the extra field for 64 bits, none where it is absent.
  private static func wideNumbers(_ extra: [UInt8]) -> [UInt64] {
    var place = 0
    while place + 4 <= extra.count {
      let count = Int(extra.littleEndian(at: place + 2, bytes: 2))
      guard place + 4 + count <= extra.count else { return [] }
      if extra.littleEndian(at: place, bytes: 2) == 1 {
        return (0..<count / 8).map { extra.littleEndian(at: place + 4 + 8 * $0, bytes: 8) }
      }
      place += 4 + count
    }
    return []
  }
}

/// The storages of the zip form: entry `data/KEY` is the storage KEY.
struct TorchArchiveStorages: TorchStorages {
  private let archive: TorchArchive
  private let verifiesChecksums: Bool

  init(_ archive: TorchArchive, verifyingChecksums: Bool) {
    self.archive = archive
    verifiesChecksums = verifyingChecksums
  }

  /// The object that `data.pkl` describes.
  func object(limits: TorchFile.Limits) throws -> PickledObject {
    guard archive.entries["constants.pkl"] == nil else {
      throw WeightFault(
        "it is a TorchScript program, not weights",
        help: "in Python: torch.save(torch.jit.load('FILE').state_dict(), 'NEW.pth')")
    }
    if let order = try bytes(of: "byteorder"), order != Array("little".utf8) {
      throw WeightFault("its byte order is '\(ByteString(Array(order.prefix(16))))', not little")
    }
    guard let entry = archive.entries["data.pkl"] else {
      throw WeightFault(
        "it has no entry 'data.pkl'", help: "this is a zip archive, but not one of PyTorch's")
    }
    guard entry.count <= limits.pickleBytes else {
      throw WeightFault(
        "its data.pkl has \(entry.count) bytes, more than the limit of \(limits.pickleBytes)")
    }
    let pickle = try bytes(of: "data.pkl") ?? []
    var machine = PickleMachine(ByteSource(bytes: pickle, name: "data.pkl"), limits: limits)
    let object = try machine.run()
    guard machine.position == pickle.count else {
      throw WeightFault("\(pickle.count - machine.position) bytes follow the end of its data.pkl")
    }
    return object
  }

  func values(of storage: PickledStorage) throws -> [UInt8] {
    let name = ByteString(Array("data/".utf8) + storage.key.bytes)
    guard let entry = archive.entries[name] else { throw WeightFault("it has no entry '\(name)'") }
    let needed = try storage.byteCount()
    guard entry.count == needed else {
      throw WeightFault(
        "the entry '\(name)' has \(entry.count) bytes, but its \(storage.count) values of type "
          + "\(storage.type.rawValue) need \(needed)")
    }
    return try bytes(of: name) ?? []
  }

  private func bytes(of name: ByteString) throws -> [UInt8]? {
    try archive.entries[name].map {
      try archive.bytes(of: $0, name: name, verifyingChecksum: verifiesChecksums)
    }
  }
}
