import Foundation

/// What a run of the built program said and what it cost.
struct MeasuredProcess {
  let output: String
  let status: Int32
  let hasTrapped: Bool
  /// Seconds of processor time.
  let seconds: Double
  /// The most memory that was resident, in bytes.
  let peak: Int

  /// Runs graft in a folder to its end, and looks at it every few milliseconds: what its parent had before
  /// the program was loaded would count in its resource usage.
  init(_ arguments: [String], folder: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: GraftProcess.path ?? "")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = GraftProcess.environment(folder)
    let place = folder + "/said"
    _ = FileManager.default.createFile(atPath: place, contents: nil)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: place))
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = file
    process.standardError = file
    try process.run()
    var (peak, ticks) = (0, 0)
    while process.isRunning {
      peak = max(peak, Self.peak(of: process.processIdentifier))
      ticks = max(ticks, Self.ticks(of: process.processIdentifier))
      usleep(2000)
    }
    process.waitUntilExit()
    self.peak = peak
    seconds = Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    status = process.terminationStatus
    hasTrapped = process.terminationReason == .uncaughtSignal
    output = String(decoding: try Data(contentsOf: URL(fileURLWithPath: place)), as: UTF8.self)
  }

  private static func peak(of process: Int32) -> Int {
    let lines = text("/proc/\(process)/status").split(separator: "\n")
    let line = lines.first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").compactMap { Int($0) }.first.map { $0 << 10 } ?? 0
  }

  /// User and system time.
  private static func ticks(of process: Int32) -> Int {
    // The name before ")" may have spaces; times are the 12th and 13th fields after it.
    let fields = text("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ")
    guard let fields, fields.count > 12 else { return 0 }
    return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
  }

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}
