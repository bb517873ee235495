import Foundation
import GraftBase

/// What can only be measured on a separate process: peak memory, the start of the program.
enum ProcessWork {
  /// The folder of this program; `graft` is built beside it.
  private static var folder: URL {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  }

  /// Bytes at the peak of a process that runs three steps of one network and nothing else.
  static func peakBytes(
    encoder: String, batch: Int, size: Int, variant: NetworkWork.Variant, threads: Int
  ) throws -> Double {
    let text = try output(
      of: "graft-bench",
      [
        encoder, "--batch", "\(batch)", "--size", "\(size)", "--variant", variant.rawValue,
        "--steps", "3", "--threads", "\(threads)", "--peak",
      ])
    guard let bytes = text.split(separator: "\n").last.flatMap({ Double($0) }) else {
      throw GraftError(.failed, "graft-bench reported no peak")
    }
    return bytes
  }

  /// How far the peak of a training is from what `check` forecast for it, in percent.
  static func forecastError(_ recipe: String, threads: Int) throws -> Double {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "graft-bench-\(ProcessInfo.processInfo.processIdentifier).graft")
    try Data(recipe.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let options = ["--json", "--quiet", "--threads", "\(threads)"]
    let forecast = number(
      "memory_bytes", in: try output(of: "graft", options + ["check", file.path]))
    let peak = number(
      "peak_memory_bytes", in: try output(of: "graft", options + ["run", file.path]))
    guard let forecast, let peak, peak > 0 else {
      throw GraftError(.failed, "graft reported no forecast or no peak")
    }
    return abs(forecast / peak - 1) * 100
  }

  /// Milliseconds from the start of `graft` on a terminal to its prompt.
  static func startMilliseconds() throws -> Double {
    var ends: (outer: Int32, inner: Int32) = (0, 0)
    guard openpty(&ends.outer, &ends.inner, nil, nil, nil) == 0 else {
      throw GraftError(.failed, "there is no pseudo-terminal to start graft on")
    }
    let outer = FileHandle(fileDescriptor: ends.outer, closeOnDealloc: true)
    let inner = FileHandle(fileDescriptor: ends.inner, closeOnDealloc: true)
    let process = Process()
    process.executableURL = folder.appending(path: "graft")
    process.standardInput = inner
    process.standardOutput = inner
    process.standardError = inner
    process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "dumb"]) { $1 }
    let start = ContinuousClock.now
    try process.run()
    var shown = Data()
    while shown.range(of: Data("> ".utf8)) == nil {
      let data = outer.availableData
      guard !data.isEmpty else { throw GraftError(.failed, "graft ended before its prompt") }
      shown.append(data)
    }
    let elapsed = (ContinuousClock.now - start) / .milliseconds(1)
    try outer.write(contentsOf: Data("quit\n".utf8))
    process.waitUntilExit()
    return elapsed
  }

  private static func output(of program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = folder.appending(path: program)
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch {
      throw GraftError(
        .usage, "there is no \(program) beside graft-bench",
        help: "swift build -c release builds both")
    }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw GraftError(.failed, "\(program) \(arguments.joined(separator: " ")) failed")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// The last number that JSON lines give under a key.
  private static func number(_ key: String, in text: String) -> Double? {
    text.split(separator: "\n").compactMap { line in
      (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
    }.compactMap { ($0[key] as? NSNumber)?.doubleValue }.last
  }
}
