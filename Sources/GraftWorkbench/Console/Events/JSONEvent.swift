/// A kind of line that `--json` prints: when it comes and which keys it has.
///
/// The documentation and the schema are written from these declarations (`JSONPage`, `JSONSchema`),
/// and commands can print no other events.
package struct JSONEvent: Sendable {
  /// Changes when an event or key is renamed, removed or comes to mean something else.
  ///
  /// New events and keys leave it as it is.
  package static let schemaVersion = 1

  package let name: String
  /// When it comes, as a sentence.
  package let summary: String
  /// Besides `event`, in the order in which they are printed.
  package let fields: [JSONField]

  init(_ name: String, _ summary: String, _ fields: [JSONField]) {
    self.name = name
    self.summary = summary
    self.fields = fields
  }

  /// The line with these values.
  func line(_ values: [(String, JSONValue)]) -> String {
    JSONValue.object([("event", .string(name))] + values).description + "\n"
  }

  /// Those of one part of the documentation.
  package struct Section: Sendable {
    package let title: String
    package let events: [JSONEvent]
  }

  package static let sections = [
    Section(
      title: "The stream",
      events: [
        graft, command, error, help, man, reference, events, schema, completions, version,
      ]),
    Section(
      title: "Checking and verifying recipes",
      events: [check, plan, forecast, receipt, verify, diff]),
    Section(
      title: "Ingredients",
      events: [
        encoder, data, head, augment, policy, seed, precision, explain, checkData, checkAugment,
        checkExplain, summary, sharing,
      ]),
    Section(title: "Training", events: [epoch, run, findlr, sweep, runs, storedRuns, use, drop]),
    Section(
      title: "Judging",
      events: [
        evaluate, calibrate, fewshot, compare, predict, predictPixels, unreadable, expect,
      ]),
    Section(
      title: "Files",
      events: [
        preview, render, plot, mistakes, confusion, neighbors, explanation, activations, filters,
        excite, forward, embed, wrote, save, export, load,
      ]),
    Section(
      title: "The session",
      events: [
        settings, pretrained, knobs, names, aliases, apropos, history, recipe, record, undo, redo,
      ]),
  ]

  package static let all = sections.flatMap(\.events)
}
