import GraftBase

/// One reading of a safetensors file: lengths, header, tiling, values, in this order.
struct SafetensorsReader {
  let source: ByteSource
  let limits: Safetensors.Limits

  private var size: Int { source.size }

  func read() throws -> SafetensorsFile {
    let headerCount = try readHeaderCount()
    guard let header = try source.read(at: 8, count: headerCount) else {
      throw failure("its header is cut")
    }
    guard String(validating: header, as: UTF8.self) != nil else {
      throw failure("its header is not UTF-8")
    }
    var parser = SafetensorsHeaderParser(limits: limits)
    do {
      try parser.parse(header)
    } catch let fault as JSONScanner.Fault {
      throw failure("header byte \(fault.position): \(fault.message)")
    }
    let dataStart = 8 + headerCount
    let dataCount = size - dataStart
    let entries = parser.entries.sorted {
      ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name)
    }
    try checkTiling(entries, dataCount)
    guard let data = try source.read(at: dataStart, count: dataCount) else {
      throw failure("its values are cut")
    }
    return SafetensorsFile(
      metadata: parser.metadata,
      tensors: entries.map {
        SafetensorsTensor(
          name: $0.name, type: $0.type, shape: $0.shape, bytes: data[$0.begin..<$0.end])
      })
  }

  private func readHeaderCount() throws -> Int {
    guard size > 0 else { throw failure("the file is empty") }
    let start = try source.start(64)
    do {
      let count = try checkedHeaderCount(start)
      guard start.count > 8, [0x7B, 0x20, 0x09, 0x0A, 0x0D].contains(start[8]) else {
        throw failure("its header does not start with '{'")
      }
      return count
    } catch {
      guard let kind = ForeignFormat.recognized(in: start) else { throw error }
      throw GraftError(
        .input, "cannot read '\(source.name)': it is \(kind.description)",
        help: kind.help)
    }
  }

  private func checkedHeaderCount(_ start: [UInt8]) throws -> Int {
    guard size >= 8 else { throw failure("it has \(size) bytes, too few for a header length") }
    guard size <= limits.fileBytes else {
      throw failure("it has \(size) bytes, more than the limit of \(limits.fileBytes)")
    }
    let count = start.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard count > 0 else { throw failure("its header has no bytes") }
    guard count <= limits.headerBytes else {
      throw failure(
        "its header claims \(count) bytes, more than the limit of \(limits.headerBytes)")
    }
    guard count <= size - 8 else {
      throw failure("its header claims \(count) bytes, but only \(size - 8) follow")
    }
    return Int(count)
  }

  /// Checks that the ranges, sorted by offset, cover the data without holes and overlaps.
  private func checkTiling(_ entries: [SafetensorsHeaderParser.Entry], _ dataCount: Int) throws {
    var covered = 0
    var previous: ByteString?
    for entry in entries {
      guard entry.end <= dataCount else {
        throw failure(
          "tensor '\(entry.name)' ends at byte \(entry.end) of the values, but there are only "
            + "\(dataCount)")
      }
      if entry.begin > covered {
        throw failure(
          "bytes \(covered) to \(entry.begin) of the values, before tensor '\(entry.name)', "
            + "belong to no tensor")
      }
      if entry.begin < covered, let previous {
        throw failure("tensors '\(previous)' and '\(entry.name)' overlap")
      }
      covered = entry.end
      previous = entry.name
    }
    guard covered == dataCount else {
      throw failure("\(dataCount - covered) bytes at the end belong to no tensor")
    }
  }

  private func failure(_ reason: String) -> GraftError {
    GraftError(
      .input, "cannot read '\(source.name)' as safetensors: \(reason)",
      help: "download or export the file again")
  }
}
