/// The documentation of `--json` as Markdown, `docs/json.md`.
package enum JSONPage {
  package static func text() -> String {
    let statuses = CommandLineHelp.statuses.map { "| \($0.number) | \($0.meaning) |" }
    return """
      # JSON lines
      With `--json` Graft prints results to standard output as JSON, one object per line, in UTF-8. This page is
      written by `graft help --events > docs/json.md`, the schema beside it,
      [json.schema.json](json.schema.json), by `graft help --schema` (JSON Schema, draft 2020-12).

      ```
      $ graft --json -c 'seed 7'
      \(JSONEvent.graft.line([("version", .string(Version.number)), ("schema", .integer(JSONEvent.schemaVersion))]).dropLast())
      {"event":"command","path":"-c","file":null,"line":1,"text":"seed 7"}
      {"event":"seed","seed":7}
      $ graft --json flowers.graft | jq -r 'select(.event == "epoch") | [.run, .epoch, .["val.accuracy"]] | @tsv'
      ```

      - `event` is the first key of every line and says which of the events below it is. All keys of an event are
        always there; what is not known is null.
      - Numbers are JSON numbers, never text. Shares and probabilities are between 0 and 1. Units are in the tables.
      - `file` is an absolute path, and `path` beside it is the same place as it was given, or seen from the
        session's folder.
      - Faults are events too, those of options included. Standard error has what people read meanwhile: progress,
        which `--quiet` leaves out, and notes. Nobody need read it.
      - A command that computes nothing worth telling, as `note`, has its line `command` alone.

      ## Stability
      The first line has the version of this interface, `schema`. It changes when an event or a key is renamed or
      removed, or comes to mean something else. New events, new keys, and new words where a text is one of several
      do not change it: skip what you do not know.

      ## Exit status
      | Status | Meaning |
      | --- | --- |
      \(statuses.joined(separator: "\n"))

      `status` of an `error` is what that fault leads to. Of several faults of a recipe, of which nothing runs, the
      status is 4 where all are about inputs, else that of the first other one; at most 20 are told. With
      `--keep-going` it is that of the first step that failed.

      \(JSONEvent.sections.map(text).joined(separator: "\n\n"))

      """
  }

  private static func text(_ section: JSONEvent.Section) -> String {
    "## \(section.title)\n" + section.events.map(text).joined(separator: "\n\n")
  }

  private static func text(_ event: JSONEvent) -> String {
    let rows = event.fields.flatMap { Self.rows(of: $0) }
    return """
      ### \(event.name)
      \(event.summary)

      | Key | Type | Meaning |
      | --- | --- | --- |
      \(rows.joined(separator: "\n"))
      """
  }

  private static func rows(of field: JSONField, inside prefix: String = "") -> [String] {
    let name = prefix + field.name
    let type =
      title(of: field.kind) + (field.unit.map { ", \($0)" } ?? "")
      + (field.isNullable ? ", or null" : "")
    let row = "| `\(name)` | \(type) | \(field.summary.replacing("|", with: "\\|")) |"
    guard case .rows(let fields) = field.kind else { return [row] }
    return [row] + fields.flatMap { rows(of: $0, inside: name + "[].") }
  }

  private static func title(of kind: JSONField.Kind) -> String {
    switch kind {
    case .flag: "true or false"
    case .integer: "whole number"
    case .number: "number"
    case .numberOrNull: "number or null"
    case .text: "text"
    case .word(let words) where words.count > 8: "one of \(words.count) words, in the schema"
    case .word(let words): words.map { "`\($0)`" }.joined(separator: " ")
    case .list(.numberOrNull): "array of numbers and nulls"
    case .list(let kind): "array of \(title(of: kind))s"
    case .rows: "array of objects"
    }
  }
}
