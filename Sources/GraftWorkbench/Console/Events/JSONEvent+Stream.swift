extension JSONEvent {
  static let graft = JSONEvent(
    "graft", "The first line of every output.",
    [
      .text("version", "the version of Graft"),
      .integer("schema", "the version of this interface, \(schemaVersion)"),
    ])

  static let command = JSONEvent(
    "command", "Before each command runs.",
    JSONField.source + [
      .integer("line", "its line in that text, from 1"),
      .text("text", "the command as it is recorded"),
    ])

  static let error = JSONEvent(
    "error", "A fault in a text or its use, or a step that failed.",
    [
      .word("code", Diagnostic.Kind.allCases.map(\.rawValue), "what kind of fault"),
      .integer("status", "the exit status that this fault leads to"),
      .text("message", "what was asked and found, as a sentence"),
      .text("path", "the text that it is in, as given; null where it is in none").orNull,
      .text("file", "its absolute path; null where it is no file").orNull,
      .integer("line", "from 1").orNull,
      .integer("column", unit: "characters", "from 1").orNull,
      .integer("length", unit: "characters", "of the place").orNull,
      .text("loop", "the values of the loops around it, as VARIABLE=VALUE; null outside of loops")
        .orNull,
      .text("suggestion", "the closest legal spelling").orNull,
      .text("help", "what to try, as a sentence").orNull,
    ])

  /// An event with one text that people read.
  private static func document(_ name: String, _ summary: String, _ text: String) -> JSONEvent {
    JSONEvent(name, summary, [.text("text", text)])
  }

  static let help = document("help", "`help`, `graft help`, `graft --help`.", "the page")
  static let man = document("man", "`graft help --man`.", "the manual page, as troff")
  static let reference = document("reference", "`graft help --reference`.", "Markdown")
  static let events = document("events", "`graft help --events`.", "this page, Markdown")
  static let schema = document("schema", "`graft help --schema`.", "the JSON Schema of all lines")
  static let completions = document(
    "completions", "`graft completions`.", "a script for the shell")

  static let version = JSONEvent(
    "version", "`graft --version` and `show version`.",
    [
      .text("version", "as in 0.1.0"),
      .word("configuration", ["debug", "release"], "how it was built"),
      .text("commit", "null where the build was not told").orNull,
      .text("swift", "major and minor version of the compiler"),
      .texts("traits", "the optional libraries"),
      .text("networks", "the instructions that networks are computed with"),
      .text("images", "those of image operations"),
      .text("bf16", "those of bf16"),
      .text("license", "of the program as it was linked"),
    ])
}

/// Recipes that are checked, replayed and compared.
extension JSONEvent {
  static let check = JSONEvent(
    "check", "`graft check FILE` found no fault; the forecasts follow.",
    JSONField.source + [
      .integer("commands", "after loops and includes"),
      .rows("knobs", "the knobs as they would be", variables),
      .text("remark", "what only the run can tell; null where it is all known").orNull,
    ])

  static let plan = JSONEvent(
    "plan", "With `--dry-run`, for each command that would run.",
    [.integer("line", "its line"), .text("text", "the command")])

  static let forecast = JSONEvent(
    "forecast", "With `check` and `--dry-run`, for each training.",
    [
      .integer("line", "its line"), .text("verb", "the command"), .text("run", "the run"),
      .integer("parameters", "of the model"),
      .integer("trainable", "most parameters that a phase trains"),
      .integer("images", "trained on"), .integer("updates", "in all phases"),
      .number("seconds", unit: "s", "from two timed batches; null with --dry-run").orNull,
      .integer("memory_bytes", unit: "bytes", "peak memory of the whole program"),
    ])

  static let receipt = JSONEvent(
    "receipt", "With `graft verify`, for each result that the recipe has and that was reached.",
    JSONField.source + [
      .integer("line", "of the receipt"), .text("command", "that it belongs to"),
      .text("says", "what the recipe has"),
      .text("came_out", "what came out now; null for nothing").orNull,
      .flag("holds", "whether they agree"), .number("seconds", unit: "s", "the command took"),
      .texts(
        "changes",
        "arguments that were others in the run on disk that has the result of the recipe, as sentences"
      ),
    ])

  static let verify = JSONEvent(
    "verify", "The last line of `graft verify`.",
    JSONField.source + [
      .integer("receipts", "in the recipe"), .integer("compared", "of them"),
      .integer("differing", "of those compared"),
    ])

  static let diff = JSONEvent(
    "diff", "`diff` and `graft diff`.",
    [
      .text("left", "the first run or recipe"), .text("right", "the second"),
      .texts("removed", "lines that only the first has"),
      .texts("added", "lines that only the second has"),
    ])

  static let variables: [JSONField] = [
    .text("name", "its name"), .text("value", "as it would be typed"),
    .text("summary", "what it is for; empty where nobody said"),
  ]
}
