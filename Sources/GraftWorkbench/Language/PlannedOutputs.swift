/// The files and folders that the steps of a plan will have written, in whose places nothing need lie yet.
struct PlannedOutputs {
  private var paths: Set<String> = []

  mutating func insert(_ paths: some Sequence<String>) {
    self.paths.formUnion(paths.map(Self.bare))
  }

  /// Whether a step makes this path, something in it, or a folder that it may lie in.
  func contains(_ path: String) -> Bool {
    let path = Self.bare(path)
    return paths.contains { $0 == path || $0.hasPrefix(path + "/") || path.hasPrefix($0 + "/") }
  }

  private static func bare(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
