import GraftBase
import GraftData

/// A path with `*`, `?` and `[…]` in its names, as in shells: `*` is any text without a slash, `?` one
/// character, `[a-f]` one of these and `[!a-f]` another one.
///
/// Names that begin with a dot match only where the pattern has that dot.
struct PathPattern {
  /// One name of the path.
  private enum Component {
    case name(String)
    case pattern([Token])
  }

  fileprivate enum Token: Equatable {
    case anything
    case one
    case scalar(Unicode.Scalar)
    case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }

  private let components: [Component]

  /// Whether a text has anything that makes it a pattern.
  static func isOne(_ text: String) -> Bool { tokens(of: text).contains { !$0.isScalar } }

  /// Takes an absolute path.
  init(_ path: String) {
    components = FilePath.components(of: path).map { name in
      let tokens = Self.tokens(of: String(name))
      return tokens.allSatisfy(\.isScalar) ? .name(String(name)) : .pattern(tokens)
    }
  }

  /// The paths of this pattern, sorted bytewise by each name; it is called `text` where there are none.
  func matches(called text: String) throws -> [String] {
    var found = ["/"]
    for (place, component) in components.enumerated() {
      let isLast = place == components.count - 1
      var next: [String] = []
      for folder in found {
        let base = folder == "/" ? "/" : folder + "/"
        switch component {
        case .name(let name):
          // Those before the first pattern need not be looked at one by one.
          if place < firstPattern || FilePath.isFolder(base + name) != nil {
            next.append(base + name)
          }
        case .pattern(let tokens):
          // Below a pattern some matches are files.
          guard place == firstPattern || FilePath.isFolder(folder) == true else { continue }
          for name in try names(in: folder, text) where Self.fits(tokens, name.text) {
            guard let path = name.whole else { throw Self.unreadable(name.text, text) }
            if isLast || FilePath.isFolder(base + path) == true { next.append(base + path) }
          }
        }
      }
      found = next
    }
    guard found.isEmpty else { return found }
    throw GraftError(.input, "no file matches `\(text)`", help: advice(text))
  }

  /// Whether the path, or a folder around it, is what some match is or lies in.
  func touches(_ path: String) -> Bool {
    zip(FilePath.components(of: path), components).allSatisfy { name, component in
      switch component {
      case .name(let own): name.hasSameBytes(as: own)
      case .pattern(let tokens): Self.fits(tokens, String(name))
      }
    }
  }

  private var firstPattern: Int {
    components.firstIndex { if case .pattern = $0 { true } else { false } } ?? components.count
  }

  /// The names in a folder; `whole` is nil for one that is not UTF-8.
  private func names(in folder: String, _ text: String) throws -> [(text: String, whole: String?)] {
    guard FilePath.isFolder(folder) == true else { return [] }
    return try BytePath(folder).listing().map { name in
      let whole = String(validating: name.bytes, as: UTF8.self)
      return (whole ?? String(decoding: name.bytes, as: UTF8.self), whole)
    }
  }

  private static func unreadable(_ name: String, _ text: String) -> GraftError {
    GraftError(
      .input, "`\(text)` matches `\(name)`, which is not UTF-8 text",
      help: "name its folder instead, or rename the file")
  }

  /// What is there instead.
  private func advice(_ text: String) -> String {
    let fixed = components.prefix(firstPattern).map { component in
      if case .name(let name) = component { name } else { "" }
    }
    let folder = "/" + fixed.joined(separator: "/")
    guard FilePath.isFolder(folder) == true else { return "there is no folder \(folder)" }
    let names = FolderListing.names(in: folder)
    guard let first = names.first else { return "\(folder) is empty" }
    return
      "\(folder) has \(names.count) \(names.count == 1 ? "name" : "names"), the first is \(first)"
  }
}

extension PathPattern {
  private static func tokens(of text: String) -> [Token] {
    var tokens: [Token] = []
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*": if tokens.last != .anything { tokens.append(.anything) }
      case "?": tokens.append(.one)
      case "[":
        if let (set, after) = set(rest) {
          tokens.append(set)
          rest = after
        } else {
          tokens.append(.scalar(scalar))
        }
      default: tokens.append(.scalar(scalar))
      }
    }
    return tokens
  }

  /// The set that begins after a `[`, with what follows it; nil where no `]` ends it.
  private static func set(
    _ text: Substring.UnicodeScalarView
  ) -> (Token, after: Substring.UnicodeScalarView)? {
    var rest = text
    let isNegated = rest.first == "!" || rest.first == "^"
    if isNegated { rest.removeFirst() }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while let low = rest.popFirst() {
      // One at the beginning stands for itself.
      if low == "]", !ranges.isEmpty { return (.set(ranges, isNegated: isNegated), rest) }
      guard rest.first == "-", let high = rest.dropFirst().first, high != "]" else {
        ranges.append(low...low)
        continue
      }
      rest.removeFirst(2)
      ranges.append(min(low, high)...max(low, high))
    }
    return nil
  }

  /// Whether a name is what the tokens describe.
  private static func fits(_ tokens: [Token], _ name: String) -> Bool {
    let scalars = Array(name.unicodeScalars)
    if scalars.first == ".", tokens.first != .scalar(".") { return false }
    var (token, place) = (0, 0)
    // Where to go on when the last `*` has to take one more.
    var retry: (token: Int, place: Int)?
    while place < scalars.count {
      if token < tokens.count, tokens[token] == .anything {
        retry = (token, place)
        token += 1
      } else if token < tokens.count, tokens[token].fits(scalars[place]) {
        token += 1
        place += 1
      } else if let last = retry {
        retry = (last.token, last.place + 1)
        (token, place) = (last.token + 1, last.place + 1)
      } else {
        return false
      }
    }
    return tokens[token...].allSatisfy { $0 == .anything }
  }
}

extension PathPattern.Token {
  fileprivate var isScalar: Bool { if case .scalar = self { true } else { false } }

  fileprivate func fits(_ other: Unicode.Scalar) -> Bool {
    switch self {
    case .anything, .one: true
    case .scalar(let own): own == other
    case .set(let ranges, let isNegated):
      ranges.contains { $0.contains(other) } != isNegated
    }
  }
}
