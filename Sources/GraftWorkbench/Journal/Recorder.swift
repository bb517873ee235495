/// The statements of a session that succeeded and changed something, in order.
package struct Recorder: Sendable {
  package private(set) var statements: [RecordedStatement] = []

  package init() {}

  package mutating func append(_ statement: RecordedStatement) { statements.append(statement) }

  /// The session as text, receipts after the lines, paths as seen from `folder`.
  package func transcript(relativeTo folder: String) -> [String] {
    statements.map { statement in
      let text = statement.text(relativeTo: folder)
      return statement.receipt.map { text + "  #= " + $0 } ?? text
    }
  }
}
