import Foundation
import GraftBase

/// The same work in another library: a Python process that measures on request.
///
/// `Benchmarks/peers/harness.py` documents the protocol.
final class Peer {
  /// A script of `Benchmarks/peers` and its arguments.
  struct Job {
    let script: String
    let arguments: [String]
  }

  /// Version by name of what can be measured.
  private(set) var versions: [String: String] = [:]
  /// Names of what is not installed, with reasons.
  private(set) var missing: [String: String] = [:]
  private let process = Process()
  private let commands = Pipe()
  private let answers = Pipe()
  private var unread = Data()

  static let scripts = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "peers")

  init(_ job: Job, python: String) throws {
    let script = Self.scripts.appending(path: job.script + ".py").path
    process.executableURL = URL(filePath: python)
    process.arguments = [script] + job.arguments
    process.standardInput = commands
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch {
      throw GraftError(.usage, "\(python) cannot be started", help: "--peers takes a Python")
    }
    while let fields = readLine() {
      switch fields.first {
      case "peer" where fields.count == 3: versions[fields[1]] = fields[2]
      case "missing" where fields.count == 3: missing[fields[1]] = fields[2]
      case "ready": return
      default: break
      }
    }
    missing[job.script] = "it ended before it was ready; try \(python) \(script)"
  }

  /// One measurement of every library, by name; empty when the process has died.
  func turn(seconds: Double) -> [String: Double] {
    guard process.isRunning else { return [:] }
    try? commands.fileHandleForWriting.write(contentsOf: Data("\(seconds)\n".utf8))
    var values: [String: Double] = [:]
    while let fields = readLine(), fields.first != "done" {
      if fields.count == 3, fields[0] == "value" { values[fields[1]] = Double(fields[2]) }
    }
    return values
  }

  func close() {
    try? commands.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// The fields of the next line, nil at the end.
  private func readLine() -> [String]? {
    while true {
      if let end = unread.firstIndex(of: 10) {
        let line = String(decoding: unread[..<end], as: UTF8.self)
        unread = Data(unread[unread.index(after: end)...])
        return line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      }
      let data = answers.fileHandleForReading.availableData
      guard !data.isEmpty else { return nil }
      unread.append(data)
    }
  }
}
