import Foundation
import GraftBase

/// What is piped into the process, read to its end.
enum StandardInput {
  /// All bytes but a byte order mark; throws when it is closed or a folder.
  static func readAll() throws -> [UInt8] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      let code = errno
      if count > 0 {
        bytes += buffer[..<count]
      } else if count == 0 {
        return bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
      } else if code != EINTR {
        throw GraftError(
          .input, "standard input cannot be read: \(String(cString: strerror(code)))",
          help: "name a recipe: graft FILE")
      }
    }
  }
}
