import Foundation
import Testing

/// The Python that tests compare with where there is one: `$GRAFT_PYTHON`, else `python3`.
enum Python {
  private static let executable =
    ProcessInfo.processInfo.environment["GRAFT_PYTHON"] ?? "python3"

  /// Whether it has these modules.
  static func has(_ modules: String...) -> Bool {
    (try? run(["-c", "import " + modules.joined(separator: ", ")]))?.status == 0
  }

  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [executable] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
