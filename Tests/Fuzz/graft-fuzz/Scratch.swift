import Foundation
import GraftBase

/// A folder in memory for parsers that read files; removed by the script that starts the fuzzer.
enum Scratch {
  /// `GRAFT_FUZZ_SCRATCH`.
  static let folder = ProcessInfo.processInfo.environment["GRAFT_FUZZ_SCRATCH"] ?? "/tmp/graft-fuzz"

  /// A folder of that name in it.
  static func place(_ name: String) throws -> String {
    let path = "\(folder)/\(name)"
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST, mkdir(path, 0o700) == 0 || errno == EEXIST
    else { throw GraftError(.failed, "\(path) cannot be made") }
    return path
  }

  static func write(_ bytes: [UInt8], _ path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    require(close(file) == 0 && count == bytes.count, "\(path) cannot be written")
  }
}
