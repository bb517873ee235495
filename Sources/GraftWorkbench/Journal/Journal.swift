import Foundation
import GraftBase

/// The diary of a session on disk: every command that changed something, flushed before the next one
/// runs, so that a crash loses nothing.
///
/// It is a recipe of absolute paths: `graft run` repeats the session and writes where that wrote. A
/// command that has begun is a comment `#> COMMAND` until its end is known: then it follows as a line
/// of its own, with its receipt, or as `#! MESSAGE` where it failed.
package final class Journal {
  package let path: String
  private var descriptor: Int32 = -1

  /// A journal named after the start of the session; the file appears with the first statement.
  package init(stateFolder: String, date: Date = Date(), processIdentifier: Int32 = getpid()) {
    var seconds = time_t(date.timeIntervalSince1970)
    var parts = tm()
    localtime_r(&seconds, &parts)
    var buffer = [CChar](repeating: 0, count: 64)
    strftime(&buffer, buffer.count, "%Y-%m-%dT%H-%M-%S", &parts)
    let stamp = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    path = "\(Self.folder(stateFolder: stateFolder))/\(stamp)-\(processIdentifier).graft"
  }

  private static func folder(stateFolder: String) -> String { stateFolder + "/sessions" }

  /// Where the journals of a user are; nil when there is no home.
  package static func folder(_ environment: [String: String]) -> String? {
    UserFolders.state(environment).map { folder(stateFolder: $0) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Says that a command begins.
  ///
  /// No crash of the program can take that back; it reaches the disk with the command's end.
  package func begin(_ statement: RecordedStatement) throws {
    if descriptor < 0 { try open() }
    try comment("> ", statement.journalText)
  }

  /// Says why the command that began last failed.
  package func fail(_ message: String) throws {
    guard descriptor >= 0 else { return }
    try comment("! ", message)
  }

  private func comment(_ mark: String, _ text: String) throws {
    let line = "#" + mark + text.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n"
    try AtomicFile.writeAll([Array(line.utf8)[...]], to: descriptor, path: path)
  }

  /// Writes one statement with its receipt and waits until it is on disk.
  package func append(_ statement: RecordedStatement) throws {
    if descriptor < 0 { try open() }
    let text = statement.journalText
    try write(text + (statement.receipt.map { "  #= " + $0 } ?? "") + "\n")
  }

  private func open() throws {
    try FileManager.default.createDirectory(
      atPath: FilePath.folder(of: path), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot be created") }
    try write(RecipeText.journalHeader + "\n")
  }

  private func write(_ text: String) throws {
    try AtomicFile.writeAll([Array(text.utf8)[...]], to: descriptor, path: path)
    guard fsync(descriptor) == 0 else { throw failure("cannot be flushed to disk") }
  }

  private func failure(_ what: String) -> GraftError {
    GraftError(.failed, "`\(path)` \(what): \(String(cString: strerror(errno)))")
  }
}

/// Where Graft keeps what outlives a session, after the XDG base directory rules.
package enum UserFolders {
  /// `$XDG_STATE_HOME/graft`, or nil when there is no home.
  package static func state(_ environment: [String: String]) -> String? {
    folder("XDG_STATE_HOME", "/.local/state", environment)
  }

  /// `$XDG_CONFIG_HOME/graft`, or nil when there is no home.
  package static func configuration(_ environment: [String: String]) -> String? {
    folder("XDG_CONFIG_HOME", "/.config", environment)
  }

  /// `$XDG_CACHE_HOME/graft`, or nil when there is no home.
  package static func cache(_ environment: [String: String]) -> String? {
    folder("XDG_CACHE_HOME", "/.cache", environment)
  }

  private static func folder(
    _ variable: String, _ fallback: String, _ environment: [String: String]
  ) -> String? {
    if let value = environment[variable], value.hasPrefix("/") { return value + "/graft" }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return home + fallback + "/graft"
  }
}
