import Foundation
import Glibc

/// The built `graft` beside the test bundle.
enum GraftProcess {
  struct Outcome {
    var output: String
    var errors: String
    var status: Int32
  }

  /// Where the executable lies, or nil when it has not been built.
  static let path: String? = {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    let folders =
      [
        bundle.deletingLastPathComponent(),
        bundle.deletingLastPathComponent().deletingLastPathComponent(),
      ]
      + Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    return folders.map { $0.appendingPathComponent("graft").path }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }()

  static let isBuilt = path != nil

  /// An environment in which a run leaves no files outside `folder`.
  static func environment(_ folder: String) -> [String: String] {
    var result = ProcessInfo.processInfo.environment
    result["XDG_STATE_HOME"] = folder + "/state"
    result["XDG_CONFIG_HOME"] = folder + "/config"
    result["TERM"] = "xterm"
    result["GRAFT_OFFLINE"] = "1"
    result["INPUTRC"] = "/dev/null"
    result["NO_COLOR"] = nil
    return result
  }

  /// Runs graft to its end.
  static func run(
    _ arguments: [String], input: String = "", folder: String,
    environment: [String: String] = [:]
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path ?? "")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = Self.environment(folder).merging(environment) { _, new in new }
    let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    standardInput.fileHandleForWriting.write(Data(input.utf8))
    try standardInput.fileHandleForWriting.close()
    let outputData = output.fileHandleForReading.readDataToEndOfFile()
    let errorData = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      output: String(decoding: outputData, as: UTF8.self),
      errors: String(decoding: errorData, as: UTF8.self), status: process.terminationStatus)
  }
}

/// Graft, or another program, on a pseudo-terminal, driven as a person would.
final class GraftTerminal {
  /// `POSIX_SPAWN_SETSID` of glibc, which its Swift module leaves out.
  private static let setsid: Int16 = 0x80

  private let main: Int32
  private let process: pid_t
  private(set) var screen = ""

  init?(
    folder: String, columns: UInt16 = 100, program: String? = GraftProcess.path,
    arguments: [String] = [], environment: [String: String] = [:]
  ) {
    guard let path = program else { return nil }
    var main: Int32 = -1
    var side: Int32 = -1
    var size = winsize(ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    var nameBuffer = [CChar](repeating: 0, count: 256)
    guard openpty(&main, &side, &nameBuffer, nil, &size) == 0 else { return nil }
    let name = String(
      decoding: nameBuffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A session of its own, whose first opened terminal becomes the controlling one.
    posix_spawnattr_setflags(&attributes, Self.setsid)
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    posix_spawn_file_actions_addclose(&actions, main)
    posix_spawn_file_actions_addclose(&actions, side)
    let words =
      ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder, path] + arguments
    let variables = GraftProcess.environment(folder).merging(environment) { _, new in new }
    var pointers = words.map { strdup($0) } + [nil]
    var variablePointers = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in pointers + variablePointers { free(pointer) } }
    var process = pid_t()
    let failure = posix_spawn(
      &process, "/bin/sh", &actions, &attributes, &pointers, &variablePointers)
    close(side)
    guard failure == 0 else { return nil }
    self.main = main
    self.process = process
  }

  deinit {
    kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, WNOHANG)
    close(main)
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(main, bytes, bytes.count)
  }

  /// Types a line; whether `answer` appears after readline has let go of it.
  func answers(_ line: String, with answer: String) -> Bool {
    send(line + "\r")
    return waits(for: "\u{1B}[?2004l") && waits(for: answer)
  }

  func signal(_ number: Int32) { kill(process, number) }

  /// Reads until `text` has appeared after what was seen before; false after ten seconds.
  func waits(for text: String) -> Bool {
    let deadline = Date().addingTimeInterval(10)
    while Date() < deadline {
      if let range = screen.range(of: text) {
        screen = String(screen[range.upperBound...])
        return true
      }
      var poller = pollfd(fd: main, events: Int16(POLLIN), revents: 0)
      guard poll(&poller, 1, 100) > 0 else { continue }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = read(main, &buffer, buffer.count)
      if count <= 0 { return screen.contains(text) }
      screen += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    return false
  }

  /// The exit status, 128 + signal when killed; nil when it does not end in ten seconds.
  func exitStatus() -> Int32? {
    for _ in 0..<100 {
      var status: Int32 = 0
      // Reading keeps the terminal's buffer from filling up.
      _ = waitsBriefly()
      if waitpid(process, &status, WNOHANG) == process {
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
      }
    }
    return nil
  }

  private func waitsBriefly() -> Bool {
    var poller = pollfd(fd: main, events: Int16(POLLIN), revents: 0)
    guard poll(&poller, 1, 100) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(main, &buffer, buffer.count)
    if count > 0 {
      screen += String(decoding: buffer.prefix(count), as: UTF8.self)
    } else {
      usleep(50_000)
    }
    return count > 0
  }
}
