import Foundation
import GraftBase

/// What is piped into the process, read to its end.
enum StandardInput {
  /// All bytes but a byte order mark; throws when it is closed or a folder.
  ///
  /// Reading ends after more than `limit` bytes, which the caller refuses.
  static func readAll(limit: Int) throws -> [UInt8] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      let code = errno
      if count > 0 { bytes += buffer[..<count] }
      if count == 0 || bytes.count > limit {
        return bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
      }
      if count < 0, code != EINTR {
        throw GraftError(
          .input, "standard input cannot be read: \(String(cString: strerror(code)))",
          help: "name a recipe: graft FILE")
      }
    }
  }
}
