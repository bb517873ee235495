/// Turns a session copied from a terminal back into commands.
package enum Transcript {
  /// The typed lines without their prompts, when the text has prompts in it; else the text unchanged.
  ///
  /// In a transcript, lines without a prompt are answers and are dropped. No command is lost: a verb
  /// never ends in `>`.
  package static func commands(in text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.contains(where: { withoutPrompt($0) != nil }) else { return text }
    return lines.compactMap(withoutPrompt).joined(separator: "\n")
  }

  /// The part after `graft> `, `flowers·resnet18·A*> ` or `...> `; nil when there is no prompt.
  private static func withoutPrompt(_ line: Substring) -> Substring? {
    let trimmed = line.drop { $0 == " " }
    let first = trimmed.prefix { !$0.isWhitespace }
    guard first.count > 1, first.last == ">", !first.contains(where: { "\"'(=;".contains($0) })
    else { return nil }
    let rest = trimmed.dropFirst(first.count)
    return rest.isEmpty ? rest : rest.dropFirst()
  }
}
