import Foundation

/// Measures what a run costs: wall time, processor time, peak memory.
package struct ResourceMeter {
  private let start = ContinuousClock.now
  private let processorStart = Self.processorSeconds

  /// Starts the clocks and, where the system allows it, the watermark of memory.
  init() {
    // 5 resets VmHWM; without it the peak is the whole process's, which is only less precise.
    if let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") {
      try? file.write(contentsOf: Data("5".utf8))
      try? file.close()
    }
  }

  var seconds: Double { (ContinuousClock.now - start).seconds }

  var processorSeconds: Double { Self.processorSeconds - processorStart }

  /// Seconds all threads of the process have computed.
  static var processorSeconds: Double {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_utime.seconds + usage.ru_stime.seconds
  }

  /// The highest resident memory since the watermark was reset, in bytes.
  package static var peakBytes: Int { status("VmHWM:") }

  /// The resident memory now, in bytes.
  package static var residentBytes: Int { status("VmRSS:") }

  private static func status(_ key: String) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
      let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return 0 }
    return kibibytes * 1024
  }
}

extension timeval {
  fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

extension Duration {
  var seconds: Double { self / .seconds(1) }
}
