/// What one operation of a pipeline does to one sample, every draw made.
package struct DrawnStep: Sendable {
  package let name: String
  /// Nil when the gate `p` left the image as it was.
  package let edits: [Edit]?
  private let describe: @Sendable () -> String
  private let listValues: @Sendable () -> [(name: String, value: Double)]

  init(
    name: String, edits: [Edit]?,
    values: @escaping @Sendable () -> [(name: String, value: Double)] = { [] },
    describe: @escaping @Sendable () -> String
  ) {
    self.name = name
    self.edits = edits
    self.describe = describe
    listValues = values
  }

  /// The drawn values for users: `−7.3°`; empty when nothing was drawn.
  package var drawn: String { describe() }
  /// The drawn numbers by name, for statistics.
  package var values: [(name: String, value: Double)] { listValues() }
  package var isApplied: Bool { edits != nil }

  /// The step for people: `rotate −7.3°`, `flip (skipped)`.
  package var title: String {
    guard isApplied else { return name + " (skipped)" }
    return drawn.isEmpty ? name : name + " " + drawn
  }
}

/// A step with the image, and what is known about its places, after it.
package struct TraceStep: Sendable {
  package var step: DrawnStep
  package var image: Image
  package var annotation: Annotation

  package var name: String { step.name }
  package var title: String { step.title }
}
