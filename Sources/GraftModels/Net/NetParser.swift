import GraftBase

/// Reads the formula of a network.
///
///     net      = [ "input" [ "(" SIDE [ "," CHANNELS ] ")" ] ] { [ "->" ] item }
///     item     = ( "[" { [ "->" ] item } "]" | [ NAME ":" ] layer ) [ "?" ] [ "*" times ]
///     times    = NUMBER | LETTER
///     layer    = WORD [ "(" [ argument { "," argument } ] ")" ]
///     argument = [ WORD "=" ] value
///
/// Capitals and arrows are optional, so the notation of CS231n is read unchanged; what
/// its letters mean, and whether what ends in `?` is included, is given beside the formula.
package struct NetParser {
  /// What formulas cannot say by themselves.
  package struct Options: Sendable {
    /// The values of `N`, `M`, `K`.
    package var times: [String: Int]
    /// Whether what ends in `?` is there.
    package var takesOptional: Bool

    package init(times: [String: Int] = [:], takesOptional: Bool = true) {
      self.times = times
      self.takesOptional = takesOptional
    }
  }

  /// The most layers of a network, repetitions written out.
  static let mostLayers = 1000
  /// The most groups inside each other.
  private static let mostDepth = 32

  private let tokens: [NetToken]
  private let options: Options
  private var next = 0
  private var depth = 0
  private let end: Int

  private init(_ text: String, _ options: Options) throws {
    tokens = try NetToken.tokens(of: text)
    self.options = options
    end = text.count
  }

  package static func parse(_ text: String, _ options: Options = Options()) throws -> NetSyntax {
    var parser = try NetParser(text, options)
    return try parser.net()
  }

  private var token: NetToken? { next < tokens.count ? tokens[next] : nil }
  private var endPlace: Range<Int> { max(0, end - 1)..<max(1, end) }

  private func isNext(_ symbol: String) -> Bool { token?.isSymbol(symbol) == true }

  private mutating func take(_ symbol: String) -> Bool {
    guard isNext(symbol) else { return false }
    next += 1
    return true
  }

  private mutating func net() throws -> NetSyntax {
    var result = NetSyntax(side: nil, channels: nil, items: [])
    if let token, token.isWord("input") {
      next += 1
      let arguments = try arguments()
      let limits: [(ClosedRange<Int>, String)] = [(16...4096, "side"), (1...64, "channels")]
      guard arguments.count <= limits.count else {
        throw NetFault("an input has a side and channels, no more", at: arguments[2].place)
      }
      let numbers = try zip(arguments, limits).map { argument, limit in
        guard let number = Int(argument.value), limit.0.contains(number) else {
          throw NetFault(
            "the input's \(limit.1) cannot be `\(argument.value)`", at: argument.place,
            help: "use whole numbers \(limit.0.lowerBound)..\(limit.0.upperBound)")
        }
        return number
      }
      result.side = numbers.first
      result.channels = numbers.count > 1 ? numbers[1] : nil
    }
    result.items = try items(until: nil)
    var count = 0
    try Self.count(result.items, times: 1, &count)
    guard count > 0 else {
      throw NetFault(
        "a network needs a layer", at: 0..<max(1, end), help: "for example: conv(32) relu pool")
    }
    return result
  }

  /// Refuses what would be too long written out, before it is.
  private static func count(_ items: [NetSyntax.Item], times: Int, _ count: inout Int) throws {
    for item in items {
      switch item {
      case .layer(let call):
        count += times
        guard count <= mostLayers else {
          throw NetFault(
            "the network has more than \(mostLayers) layers", at: call.place,
            help: "repeat less often")
        }
      case .group(let items, let own):
        if own > 0 { try Self.count(items, times: times * own, &count) }
      }
    }
  }

  private mutating func items(until opening: NetToken?) throws -> [NetSyntax.Item] {
    var items: [NetSyntax.Item] = []
    while let token {
      if token.isSymbol("->") {
        next += 1
      } else if token.isSymbol("]") {
        guard opening != nil else {
          throw NetFault("`]` closes nothing", at: token.place, help: "no `[` is open here")
        }
        next += 1
        return items
      } else if let item = try item(token) {
        items.append(item)
      }
    }
    guard let opening else { return items }
    throw NetFault("`[` is never closed", at: opening.place, help: "add `]` where it ends")
  }

  /// One layer or group with its repetitions; nil where it is left out.
  private mutating func item(_ token: NetToken) throws -> NetSyntax.Item? {
    var item: NetSyntax.Item
    if token.isSymbol("[") {
      next += 1
      depth += 1
      guard depth <= Self.mostDepth else {
        throw NetFault(
          "groups are nested more than \(Self.mostDepth) deep", at: token.place,
          help: "two or three are usual: [[conv relu]*2 pool]*3")
      }
      item = .group(try items(until: token), times: 1)
      depth -= 1
    } else {
      item = .layer(try layer())
    }
    let isOptional = take("?")
    if isNext("*") {
      let times = try times()
      switch item {
      case .layer: item = .group([item], times: times)
      case .group(let items, _): item = .group(items, times: times)
      }
    }
    return isOptional && !options.takesOptional ? nil : item
  }

  private mutating func times() throws -> Int {
    let star = tokens[next]
    next += 1
    guard let token, token.kind != .symbol else {
      throw NetFault(
        "`*` needs a number", at: star.place, help: "for example: [conv relu]*2")
    }
    next += 1
    let number = Int(token.text) ?? options.times[token.text]
    guard let number else {
      throw NetFault(
        "`\(token.text)` has no number", at: token.place,
        help: "give it beside the formula: net(\"…\", \(token.text)=2)")
    }
    guard (0...Self.mostLayers).contains(number) else {
      throw NetFault(
        "`\(number)` repetitions; use 0 to \(Self.mostLayers)", at: token.place)
    }
    return number
  }

  private mutating func layer() throws -> NetSyntax.Call {
    let first = tokens[next]
    guard first.kind == .word else {
      throw NetFault(
        "a layer is missing before `\(first.text)`", at: first.place,
        help: "layers are \(NetLayers.all.map(\.name).joined(separator: ", "))")
    }
    next += 1
    var name: NetToken?
    var word = first
    if take(":") {
      guard let token, token.kind == .word else {
        throw NetFault(
          "`\(first.text):` names no layer", at: first.place, help: "for example: conv1: conv(20)")
      }
      next += 1
      (name, word) = (first, token)
    }
    guard !word.isWord("input") else {
      throw NetFault("`input` comes first and once", at: word.place)
    }
    let arguments = try arguments()
    let end = tokens[next - 1].place.upperBound
    return NetSyntax.Call(
      name: name?.text, layer: word.text.lowercased(), arguments: arguments,
      place: first.place.lowerBound..<end)
  }

  private mutating func arguments() throws -> [NetSyntax.Argument] {
    guard isNext("(") else { return [] }
    let opening = tokens[next]
    next += 1
    var arguments: [NetSyntax.Argument] = []
    while !take(")") {
      guard let token else {
        throw NetFault("`(` is never closed", at: opening.place, help: "add `)` where it ends")
      }
      guard arguments.isEmpty || take(",") else {
        throw NetFault("`,` or `)` is missing before `\(token.text)`", at: token.place)
      }
      arguments.append(try argument())
    }
    return arguments
  }

  private mutating func argument() throws -> NetSyntax.Argument {
    guard let first = token, first.kind != .symbol else {
      throw NetFault("a value is missing", at: token?.place ?? endPlace)
    }
    next += 1
    guard take("=") else {
      return .init(label: nil, value: first.text.lowercased(), place: first.place)
    }
    guard let value = token, value.kind != .symbol else {
      throw NetFault("`\(first.text)=` has no value", at: first.place)
    }
    next += 1
    return .init(
      label: first.text.lowercased(), value: value.text.lowercased(),
      place: first.place.lowerBound..<value.place.upperBound)
  }
}

/// A word, a number or a symbol of a formula.
private struct NetToken {
  enum Kind { case word, number, symbol }

  let kind: Kind
  let text: String
  let place: Range<Int>

  func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
  func isWord(_ word: String) -> Bool { kind == .word && text.lowercased() == word }

  static func tokens(of text: String) throws -> [NetToken] {
    let characters = Array(text)
    var tokens: [NetToken] = []
    var at = 0
    while at < characters.count {
      let first = characters[at]
      var end = at + 1
      func isIn(_ set: String) -> Bool { end < characters.count && set.contains(characters[end]) }
      if first.isWhitespace {
        at = end
        continue
      }
      if first.isASCII, first.isLetter || first == "_" {
        while end < characters.count, isPart(characters[end]) { end += 1 }
        tokens.append(.init(kind: .word, text: String(characters[at..<end]), place: at..<end))
      } else if first.isASCII, first.isNumber {
        while isIn("0123456789.x") { end += 1 }
        tokens.append(.init(kind: .number, text: String(characters[at..<end]), place: at..<end))
      } else if first == "→" || first == "-" && isIn(">") {
        if first == "-" { end += 1 }
        tokens.append(.init(kind: .symbol, text: "->", place: at..<end))
      } else if "[]()*?,=:".contains(first) {
        tokens.append(.init(kind: .symbol, text: String(first), place: at..<end))
      } else {
        throw NetFault(
          "`\(String(first).escapingControlCharacters)` has no meaning in a network", at: at..<end)
      }
      at = end
    }
    return tokens
  }

  private static func isPart(_ character: Character) -> Bool {
    character.isASCII
      && (character.isLetter || character.isNumber || character == "_" || character == ".")
  }
}
