/// The files and folders that the steps of a plan will have written, in whose places nothing need lie yet.
struct PlannedOutputs {
  private var paths: Set<String> = []

  /// How a path lies to what is written.
  enum Relation {
    /// It is an output, or something in one.
    case inside
    /// It is a folder in which an output lies.
    case around
  }

  mutating func insert(_ paths: some Sequence<String>) { self.paths.formUnion(paths) }

  /// nil for a path that no step touches.
  func relation(to path: String) -> Relation? {
    let inner = Self.closed(path)
    var result: Relation?
    for output in paths {
      let outer = Self.closed(output)
      if inner.utf8.starts(with: outer.utf8) { return .inside }
      if outer.utf8.starts(with: inner.utf8) { result = .around }
    }
    return result
  }

  /// Whether an output is among what a pattern matches, or a folder in which it does.
  func touches(_ pattern: PathPattern) -> Bool { paths.contains(where: pattern.touches) }

  func contains(_ path: String) -> Bool { relation(to: path) != nil }

  private static func closed(_ path: String) -> String {
    path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
  }
}
