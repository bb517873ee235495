import Foundation

/// Paths as texts; the working directory of the process is never consulted.
///
/// They are cut and compared byte by byte: a name may begin with an accent that becomes part of the
/// slash before it, and two names that look alike may be two files.
package enum FilePath {
  /// The absolute form of `path`: `~` expanded, relative paths from `base`, `.` and `..` resolved,
  /// and a final `/` kept.
  ///
  /// Names of built-in data are no paths and stay unchanged.
  package static func absolute(_ path: String, base: String) -> String {
    if isBuiltIn(path) { return path }
    var text = path
    if components(of: text).first?.hasSameBytes(as: "~") == true, !startsWithSlash(text) {
      text = (ProcessInfo.processInfo.environment["HOME"] ?? "~") + text.dropFirst()
    }
    if !startsWithSlash(text) { text = base + "/" + text }
    var parts: [Substring] = []
    for part in components(of: text) where !part.hasSameBytes(as: ".") {
      if part.hasSameBytes(as: "..") { _ = parts.popLast() } else { parts.append(part) }
    }
    let result = "/" + parts.joined(separator: "/")
    return endsWithSlash(path) && !parts.isEmpty ? result + "/" : result
  }

  /// Whether this is a name such as `demo:shapes`, of data that Graft draws and that lie nowhere.
  package static func isBuiltIn(_ path: String) -> Bool { path.hasPrefix("demo:") }

  /// The path as seen from `base`, so that `absolute` gives it back; absolute when the two share nothing
  /// below the root.
  package static func relative(_ path: String, to base: String) -> String {
    let target = components(of: path)
    let start = components(of: base)
    var shared = 0
    while shared < min(target.count, start.count), target[shared].hasSameBytes(as: start[shared]) {
      shared += 1
    }
    guard shared > 0 || start.isEmpty else { return path }
    let up = Array(repeating: ".."[...], count: start.count - shared)
    let text = (up + target[shared...]).joined(separator: "/")
    if text.isEmpty { return "." }
    let shown = endsWithSlash(path) ? text + "/" : text
    return meansSomethingElse(shown) ? "./" + shown : shown
  }

  /// Whether a relative path would be read as the home folder, built-in data or standard input.
  private static func meansSomethingElse(_ path: String) -> Bool {
    let parts = components(of: path)
    return isBuiltIn(path) || parts.first?.hasSameBytes(as: "~") == true
      || parts.count == 1 && parts[0].hasSameBytes(as: "-")
  }

  package static func folder(of path: String) -> String {
    "/" + components(of: path).dropLast().joined(separator: "/")
  }

  /// The names between slashes.
  static func components(of path: String) -> [Substring] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
  }

  private static func startsWithSlash(_ path: String) -> Bool {
    path.utf8.first == UInt8(ascii: "/")
  }

  static func endsWithSlash(_ path: String) -> Bool { path.utf8.last == UInt8(ascii: "/") }

  /// Whether `path` is `folder` or is written below it; links are not followed.
  static func contains(_ folder: String, _ path: String) -> Bool {
    let (outer, inner) = (components(of: folder), components(of: path))
    return inner.count >= outer.count && zip(outer, inner).allSatisfy { $0.hasSameBytes(as: $1) }
  }

  /// The innermost folder that holds all of these.
  static func sharedFolder(of paths: [String]) -> String {
    var shared = paths.first.map { components(of: folder(of: $0)) } ?? []
    for path in paths {
      let parts = components(of: folder(of: path))
      let count = zip(shared, parts).prefix { $0.hasSameBytes(as: $1) }.count
      shared = Array(shared.prefix(count))
    }
    return "/" + shared.joined(separator: "/")
  }

  /// Whether `path` lies inside `folder`, symbolic links followed as far as the path exists.
  package static func isInside(_ path: String, _ folder: String) -> Bool {
    let target = resolvingLinks(path) + "/"
    let base = resolvingLinks(folder)
    return target.utf8.starts(with: (base == "/" ? "/" : base + "/").utf8)
  }

  /// The path with symbolic links followed as far as it exists.
  package static func resolvingLinks(_ path: String) -> String {
    var missing: [Substring] = []
    var existing = components(of: path)
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
    String(FilePath.components(of: self).last ?? Substring(self))
  }
}

extension StringProtocol {
  /// Whether two texts are equal byte by byte; `==` takes composed and decomposed accents for the same.
  package func hasSameBytes(as other: some StringProtocol) -> Bool {
    utf8.elementsEqual(other.utf8)
  }
}
