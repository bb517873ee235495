import Foundation
import GraftBase

/// A text that holds commands: a recipe file, a line typed at the prompt, an argument of `graft`.
///
/// Every token remembers its file and original line, so an error can point at what the user wrote
/// even after joins, includes and loops.
package final class SourceFile: Sendable {
  /// The name shown in errors: `flowers.graft`, `prompt`.
  package let name: String
  /// The absolute path of the file; nil for what was typed, or came from elsewhere.
  package let path: String?
  /// The folder that relative paths in this text start from.
  package let folder: String
  package let lines: [String]
  /// Whether the person at the keyboard wrote it, at the prompt or on the command line.
  ///
  /// Only recipes are kept from writing outside their own folder.
  package let isTyped: Bool

  package init(
    name: String, text: String, folder: String, isTyped: Bool = false, path: String? = nil
  ) {
    self.name = name
    self.path = path
    self.folder = folder
    self.isTyped = isTyped
    lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      let line = $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0
      return String(decoding: line, as: UTF8.self)
    }
  }

  /// The most bytes of a recipe.
  static let byteLimit = 1 << 20

  static func checkLength(_ count: Int, _ name: String) throws {
    guard count > byteLimit else { return }
    throw GraftError(
      .input, "the recipe `\(name)` has more than \(byteLimit.bytesText)",
      help: "`for` repeats lines; `data` and `predict` take folders and tables")
  }

  /// Reads a recipe; its folder is where the file lies, unless `folder` overrides that.
  ///
  /// `path` is shown as given; a relative one starts from `base`. A journal in `journals`, where Graft
  /// keeps those of the user's sessions, counts as typed: it holds what was typed then, and may write
  /// where that wrote. A copy of it elsewhere is a recipe like others.
  package static func read(
    _ path: String, base: String, folder: String? = nil,
    journals: String? = Journal.folder(ProcessInfo.processInfo.environment)
  ) throws -> SourceFile {
    let name = path
    let path = FilePath.absolute(path, base: base)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw GraftError(
        .input, "there is no recipe `\(name)`", help: "`graft` alone opens the prompt")
    }
    guard !isFolder.boolValue else {
      throw GraftError(
        .input, "`\(name)` is a folder, not a recipe",
        help: "data folders are named inside: graft -c 'data \(name)'")
    }
    // Not a regular file alone: a shell gives what a command writes as a pipe, `graft <(…)`.
    guard let file = FileHandle(forReadingAtPath: path),
      let bytes = try? file.read(upToCount: byteLimit + 1) ?? Data()
    else {
      throw GraftError(.input, "`\(name)` cannot be read", help: "check its permissions")
    }
    try checkLength(bytes.count, name)
    guard let text = String(bytes: bytes, encoding: .utf8), !text.utf8.contains(0) else {
      throw GraftError(
        .input, "`\(name)` is not a text file", help: "a recipe is UTF-8 text, one verb per line")
    }
    let isJournal =
      journals.map { FilePath.isInside(path, $0) } == true
      && text.hasPrefix(RecipeText.journalHeader + "\n")
    return SourceFile(
      name: name, text: text, folder: folder ?? FilePath.folder(of: path), isTyped: isJournal,
      path: path)
  }
}

extension SourceFile {
  /// Of events about it.
  var fields: [(String, JSONValue)] {
    [("path", .string(name)), ("file", path.map(JSONValue.string) ?? .null)]
  }
}

extension Session {
  /// Of events about a file: as seen from the session's folder, and from the root.
  func fields(ofPlace path: String) -> [(String, JSONValue)] {
    [("path", .string(FilePath.relative(path, to: folder))), ("file", .string(path))]
  }
}

/// A stretch of characters on one line of a source file; where carets go.
package struct SourceSpan: Sendable {
  package var file: SourceFile
  /// Counted from 1.
  package var line: Int
  /// Counted from 1, in characters.
  package var column: Int
  package var length: Int

  /// `flowers.graft:7:16`.
  package var place: String { "\(file.name):\(line):\(column)" }

  /// From the start of this span to the end of `other`, or to the end of the line where they differ.
  package func joined(with other: SourceSpan) -> SourceSpan {
    var result = self
    if other.line == line {
      result.length = max(length, other.column + other.length - column)
    } else {
      result.length = max(length, file.lines[line - 1].count - column + 1)
    }
    return result
  }
}

extension String {
  /// This text without spaces and tabs at both ends.
  package var trimmingSpaces: String {
    var text = self[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
