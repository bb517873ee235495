import Foundation

/// Paths as texts; the working directory of the process is never consulted.
package enum FilePath {
  /// The absolute form of `path`: `~` expanded, relative paths from `base`, `.` and `..` resolved,
  /// and a final `/` kept.
  ///
  /// Names of built-in data are no paths and stay unchanged.
  package static func absolute(_ path: String, base: String) -> String {
    if isBuiltIn(path) { return path }
    var text = path
    if text == "~" || text.hasPrefix("~/") {
      text = (ProcessInfo.processInfo.environment["HOME"] ?? "~") + text.dropFirst()
    }
    if !text.hasPrefix("/") { text = base + "/" + text }
    var parts: [Substring] = []
    for part in text.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    let result = "/" + parts.joined(separator: "/")
    return path.hasSuffix("/") && !parts.isEmpty ? result + "/" : result
  }

  /// Whether this is a name such as `demo:shapes`, of data that Graft draws and that lie nowhere.
  package static func isBuiltIn(_ path: String) -> Bool { path.hasPrefix("demo:") }

  /// The path as seen from `base`; absolute when the two share nothing below the root.
  package static func relative(_ path: String, to base: String) -> String {
    let target = path.split(separator: "/")
    let start = base.split(separator: "/")
    var shared = 0
    while shared < min(target.count, start.count), target[shared] == start[shared] { shared += 1 }
    guard shared > 0 || start.isEmpty else { return path }
    let up = Array(repeating: ".."[...], count: start.count - shared)
    let text = (up + target[shared...]).joined(separator: "/")
    return text.isEmpty ? "." : path.hasSuffix("/") ? text + "/" : text
  }

  package static func folder(of path: String) -> String {
    let parts = path.split(separator: "/").dropLast()
    return "/" + parts.joined(separator: "/")
  }

  /// Whether `path` lies inside `folder`, symbolic links followed as far as the path exists.
  package static func isInside(_ path: String, _ folder: String) -> Bool {
    let target = resolvingLinks(path) + "/"
    let base = resolvingLinks(folder)
    return target.hasPrefix(base == "/" ? "/" : base + "/")
  }

  /// The path with symbolic links followed as far as it exists.
  package static func resolvingLinks(_ path: String) -> String {
    var missing: [Substring] = []
    var existing = path.split(separator: "/")
    while true {
      let candidate = "/" + existing.joined(separator: "/")
      if let resolved = realpath(candidate, nil) {
        defer { free(resolved) }
        let base = String(cString: resolved)
        let rest = missing.reversed().joined(separator: "/")
        return rest.isEmpty ? base : (base == "/" ? "" : base) + "/" + rest
      }
      guard let last = existing.popLast() else { return path }
      missing.append(last)
    }
  }

  /// What lies at a path: nil for nothing.
  package static func isFolder(_ path: String) -> Bool? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    return isFolder.boolValue
  }
}

extension String {
  /// What comes after the last slash.
  package var lastPathComponent: String {
    String(split(separator: "/", omittingEmptySubsequences: true).last ?? Substring(self))
  }
}
