import GraftBase

/// The first line of what Graft writes: the version of the format, and a checksum of the rest.
///
/// By the checksum Graft knows a file that it wrote and nobody has changed: that one may be replaced.
package enum RecipeText {
  /// The version of the recipe format.
  package static let formatVersion = 1

  private static let start = "# graft \(formatVersion) · recipe "
  /// The first line of a journal.
  static let journalHeader = "# graft \(formatVersion) · journal"

  /// Lines with the header before them.
  static func sealed(_ body: String) -> String { start + checksum(of: body) + "\n" + body }

  /// Whether Graft wrote the text and it is as it was then.
  package static func isUnchanged(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self),
      let end = text.utf8.firstIndex(of: UInt8(ascii: "\n"))
    else { return false }
    return text.hasSameBytes(as: sealed(String(text[text.utf8.index(after: end)...])))
  }

  /// Whether Graft wrote the text once, whatever it is now.
  package static func isOfGraft(_ text: String) -> Bool { text.hasPrefix(start) }

  private static func checksum(of body: String) -> String {
    String(ContentHash.of(Array(body.utf8)).hex.prefix(8))
  }
}
