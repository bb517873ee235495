import Foundation
import GraftBase

/// A recipe that grows by each recorded line: what `record FILE` writes.
///
/// The file is whole after each line, with its header, and is replaced only as long as nobody else
/// changes it.
struct RecordFile {
  let path: String
  private var lines: [String] = []
  /// Lines of the file that `undo` could take back, and those that `redo` could put back.
  private var standing = 0
  private var undone = 0

  /// Begins an empty recipe at a path that is free, or holds a recipe that Graft wrote.
  init(_ place: OutputPlace) throws {
    path = try place.prepared()
    try write()
  }

  /// Adds what was recorded, its paths as seen from the file's folder.
  ///
  /// `undo` is left out where it takes back a line from before the file began.
  mutating func append(_ statement: RecordedStatement) throws {
    switch statement.verb {
    case UndoCommand.specification.verb:
      guard standing > 0 else { return }
      (standing, undone) = (standing - 1, undone + 1)
    case RedoCommand.specification.verb:
      guard undone > 0 else { return }
      (standing, undone) = (standing + 1, undone - 1)
    default: (standing, undone) = (standing + 1, 0)
    }
    let bytes = FileManager.default.contents(atPath: path).map { [UInt8]($0) }
    guard let bytes, bytes == Array(text.utf8) else {
      throw GraftError(.failed, "it was changed by somebody else")
    }
    let line = statement.text(relativeTo: FilePath.folder(of: path))
    lines.append(line + (statement.receipt.map { "  #= " + $0 } ?? ""))
    try write()
  }

  private var text: String { RecipeText.sealed(lines.map { $0 + "\n" }.joined()) }

  private func write() throws { try AtomicFile.write(text, to: path) }
}
