import CZlib
import GraftBase

/// Unpacks gzip streams without trusting their declared length.
enum GzipReader {
  private static let freeCount = 64 << 20
  private static let mostPerByte = 128

  /// True when the bytes start with the gzip magic number.
  static func isCompressed(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// The unpacked bytes; throws when the stream is broken, cut off or longer than it should be.
  ///
  /// `expectedCount` is called once with the first unpacked bytes and returns how many there may
  /// be. More than `freeCount` are unpacked only where the stream has a byte for every
  /// `mostPerByte` of them: what has less is of one color, or made to fill the memory.
  static func unpack(
    _ bytes: [UInt8], name: BytePath, expectedCount: ([UInt8]) throws -> Int
  ) throws -> [UInt8] {
    var stream = z_stream()
    // 16 + 15: a gzip header is expected, with the largest window.
    let version = ZLIB_VERSION
    guard inflateInit2_(&stream, 31, version, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw GraftError(.failed, "zlib could not be started for \(name)")
    }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    var input = bytes
    let status = try input.withUnsafeMutableBufferPointer { input -> Int32 in
      guard let count = UInt32(exactly: input.count) else {
        throw GraftError(.input, "\(name) is too large to unpack")
      }
      stream.next_in = input.baseAddress
      stream.avail_in = count
      return try inflate(&stream, into: &output, name: name) { start in
        let expected = try expectedCount(start)
        guard expected <= freeCount + mostPerByte * input.count else {
          throw GraftError(
            .input,
            "the gzip file \(name) has \(input.count.bytesText), and its header promises "
              + "\(expected.bytesText), so that it is almost empty or made to fill the memory",
            help: "gunzip it first if it is as it should be")
        }
        try MemoryBudget.require(
          expected, for: "unpacking \(name)", help: "give the process more memory")
        return expected
      }
    }
    guard status == Z_STREAM_END else {
      let reason = status == Z_BUF_ERROR ? "ends too early" : "is damaged"
      throw GraftError(.input, "the gzip file \(name) \(reason)", help: "download it again")
    }
    return output
  }

  private static func inflate(
    _ stream: inout z_stream, into output: inout [UInt8], name: BytePath,
    expectedCount: ([UInt8]) throws -> Int
  ) throws -> Int32 {
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var limit: Int?
    while true {
      let (status, written) = chunk.withUnsafeMutableBufferPointer { chunk in
        stream.next_out = chunk.baseAddress
        stream.avail_out = UInt32(chunk.count)
        let status = CZlib.inflate(&stream, Z_NO_FLUSH)
        return (status, chunk.count - Int(stream.avail_out))
      }
      guard status == Z_OK || status == Z_STREAM_END else { return status }
      output += chunk[..<written]
      let largest: Int
      if let limit {
        largest = limit
      } else {
        largest = try expectedCount(output)
        output.reserveCapacity(largest)
      }
      limit = largest
      guard output.count <= largest else {
        throw GraftError(
          .input, "the gzip file \(name) unpacks to more than the \(largest) bytes it should hold",
          help: "download it again")
      }
      guard status == Z_OK else { return status }
    }
  }
}
