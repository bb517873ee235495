import Foundation

/// The texts of this repository, as its users and readers see them.
enum SourceTexts {
  /// What stands in a literal in the place of an interpolation.
  static let hole: Character = "\u{FFFC}"

  /// One string literal, with the literals that `+` joins to it.
  struct Literal: Sendable {
    var file: String
    var line: Int
    var text: String
  }

  static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: repository.appending(path: path), encoding: .utf8)
  }

  /// All string literals of the Swift sources of some targets; generated files are left out.
  static func literals(ofTargets targets: [String]) throws -> [Literal] {
    try sources(ofTargets: targets).flatMap { file, text in
      var scanner = LiteralScanner(text)
      return scanner.literals().map { Literal(file: file, line: $0.line, text: $0.text) }
    }
  }

  /// The Swift sources of some targets; generated files are left out.
  static func sources(ofTargets targets: [String]) throws -> [(file: String, text: String)] {
    try targets.flatMap { target in
      let folder = repository.appending(path: "Sources/\(target)").path
      return try (FileManager.default.subpathsOfDirectory(atPath: folder)).sorted()
        .filter { $0.hasSuffix(".swift") && !$0.hasSuffix(".pb.swift") }
        .map { ("\(target)/\($0)", try text("Sources/\(target)/\($0)")) }
    }
  }
}

/// Finds the string literals of a Swift source.
private struct LiteralScanner {
  private let source: [Character]
  private var place = 0
  private var line = 1

  init(_ text: String) { source = Array(text) }

  mutating func literals() -> [(line: Int, text: String)] {
    var found: [(line: Int, text: String)] = []
    // Where the last literal ended, as long as only blanks and one `+` have come since.
    var isJoining = false
    var hasPlus = false
    while let next = peek() {
      if starts("//") {
        while let next = peek(), next != "\n" { advance(next) }
      } else if starts("\"") || starts("#\"") {
        let start = line
        let text = literal()
        if isJoining && hasPlus {
          found[found.count - 1].text += text
        } else {
          found.append((start, text))
        }
        (isJoining, hasPlus) = (true, false)
      } else {
        if next == "+" { hasPlus = true } else if !next.isWhitespace { isJoining = false }
        advance(next)
      }
    }
    return found
  }

  private func peek(_ offset: Int = 0) -> Character? {
    place + offset < source.count ? source[place + offset] : nil
  }

  private func starts(_ text: String) -> Bool {
    text.enumerated().allSatisfy { peek($0.offset) == $0.element }
  }

  private mutating func advance(_ character: Character) {
    if character == "\n" { line += 1 }
    place += 1
  }

  private mutating func skip(_ count: Int) {
    for _ in 0..<count { if let next = peek() { advance(next) } }
  }

  /// The literal that starts here, its escapes resolved, `hole` for interpolations.
  private mutating func literal() -> String {
    let isRaw = starts("#")
    if isRaw { skip(1) }
    let isLong = starts("\"\"\"")
    let end = (isLong ? "\"\"\"" : "\"") + (isRaw ? "#" : "")
    skip(isLong ? 3 : 1)
    var text = ""
    while let next = peek(), !starts(end) {
      if next == "\\" && !isRaw {
        skip(1)
        guard let escaped = peek() else { break }
        skip(1)
        switch escaped {
        case "(": skipInterpolation(); text.append(SourceTexts.hole)
        case "n", "t", "r": text.append(" ")
        case "u": while let next = peek(), next != "}" { advance(next) }; skip(1)
        default: text.append(escaped)
        }
      } else {
        text.append(next == "\n" ? " " : next)
        advance(next)
      }
    }
    skip(end.count)
    return text
  }

  /// Passes an interpolation, up to its closing parenthesis.
  private mutating func skipInterpolation() {
    var depth = 1
    while depth > 0, let next = peek() {
      if next == "\"" { _ = literal(); continue }
      if next == "(" { depth += 1 }
      if next == ")" { depth -= 1 }
      advance(next)
    }
  }
}
