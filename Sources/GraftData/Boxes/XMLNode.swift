import GraftBase

/// An element of an XML file: the part of XML that annotations are written in.
///
/// Elements, text, character references, comments and CDATA are read; attributes are checked and
/// left out. A document type is refused, since it may define entities that grow without end. Depth and
/// number of elements are limited.
struct XMLNode {
  let name: String
  /// Where it starts, from 1.
  let line: Int
  /// Its own text, without white space at both ends.
  fileprivate(set) var text = ""
  fileprivate(set) var children: [XMLNode] = []

  fileprivate init(name: String, line: Int) { (self.name, self.line) = (name, line) }

  /// Reads a whole file; `name` stands for it in messages.
  init(reading bytes: [UInt8], name: String) throws {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw GraftError(.input, "\(name) is no UTF-8 text", help: "save it as UTF-8")
    }
    var reader = XMLReader(bytes: bytes, name: name)
    self = try reader.document()
  }

  /// The first child of that name.
  func child(_ name: String) -> XMLNode? { children.first { $0.name == name } }
}

/// Reads XML byte by byte.
private struct XMLReader {
  let bytes: [UInt8]
  let name: String
  private var place = 0
  private var line = 1
  private var elementCount = 0

  private static let depthLimit = 32
  private static let elementLimit = 100_000

  init(bytes: [UInt8], name: String) {
    (self.bytes, self.name) = (bytes, name)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  mutating func document() throws -> XMLNode {
    try skipMisc()
    let root = try element(depth: 0)
    try skipMisc()
    guard place == bytes.count else { throw fault("there is text after the last element") }
    return root
  }

  private func fault(_ reason: String) -> GraftError {
    GraftError(
      .input, "\(name), line \(line): \(reason)", help: "it is not the XML that annotations have")
  }

  // MARK: Bytes

  private func starts(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - place >= count else { return false }
    return text.withUTF8Buffer { bytes[place..<place + count].elementsEqual($0) }
  }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where place < bytes.count {
      if bytes[place] == UInt8(ascii: "\n") { line += 1 }
      place += 1
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

  private mutating func skipSpace() {
    while place < bytes.count, Self.isSpace(bytes[place]) { advance() }
  }

  private mutating func skip(to end: StaticString, _ what: String) throws {
    while place < bytes.count {
      if starts(end) { return advance(end.utf8CodeUnitCount) }
      advance()
    }
    throw fault("\(what) does not end")
  }

  /// White space, comments and processing instructions between elements.
  private mutating func skipMisc() throws {
    while true {
      skipSpace()
      if starts("<!--") {
        try skip(to: "-->", "a comment")
      } else if starts("<?") {
        try skip(to: "?>", "an instruction")
      } else if starts("<!") {
        throw fault("a document type is not read")
      } else {
        return
      }
    }
  }

  private mutating func readName() throws -> String {
    let start = place
    while place < bytes.count {
      let byte = bytes[place]
      let isLetter = (0x41...0x5A).contains(byte & 0xDF) || byte >= 0x80
      let isMore = (0x30...0x39).contains(byte) || "-._:".utf8.contains(byte)
      guard isLetter || (isMore && (place > start || byte == 0x5F)) else { break }
      place += 1
    }
    guard place > start, place - start <= 200 else { throw fault("a name is missing after <") }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  // MARK: Elements

  private mutating func element(depth: Int) throws -> XMLNode {
    guard starts("<") else { throw fault("there is no element") }
    guard depth < Self.depthLimit else { throw fault("elements lie too deep in each other") }
    elementCount += 1
    guard elementCount <= Self.elementLimit else { throw fault("there are too many elements") }
    let start = line
    advance()
    var node = XMLNode(name: try readName(), line: start)
    try skipAttributes()
    if starts("/>") {
      advance(2)
      return node
    }
    guard starts(">") else { throw fault("<\(node.name) does not end") }
    advance()
    try readContent(of: &node, depth: depth)
    return node
  }

  private mutating func skipAttributes() throws {
    skipSpace()
    while place < bytes.count, !starts(">"), !starts("/>") {
      let attribute = try readName()
      skipSpace()
      guard starts("=") else { throw fault("the attribute \(attribute) has no value") }
      advance()
      skipSpace()
      guard starts("\"") || starts("'") else {
        throw fault("the value of \(attribute) is not quoted")
      }
      let quote = bytes[place]
      advance()
      while place < bytes.count, bytes[place] != quote, bytes[place] != UInt8(ascii: "<") {
        advance()
      }
      guard place < bytes.count, bytes[place] == quote else {
        throw fault("the value of \(attribute) does not end")
      }
      advance()
      skipSpace()
    }
  }

  private mutating func readContent(of node: inout XMLNode, depth: Int) throws {
    var text: [UInt8] = []
    while place < bytes.count {
      if starts("</") {
        advance(2)
        let end = try readName()
        skipSpace()
        guard end == node.name, starts(">") else {
          throw fault("</\(end)> ends <\(node.name)> of line \(node.line)")
        }
        advance()
        node.text = Self.trimmed(text)
        return
      } else if starts("<!--") {
        try skip(to: "-->", "a comment")
      } else if starts("<![CDATA[") {
        advance(9)
        let start = place
        try skip(to: "]]>", "CDATA")
        text += bytes[start..<place - 3]
      } else if starts("<?") {
        try skip(to: "?>", "an instruction")
      } else if starts("<") {
        node.children.append(try element(depth: depth + 1))
      } else if starts("&") {
        text += try reference()
      } else {
        text.append(bytes[place])
        advance()
      }
    }
    throw fault("<\(node.name)> of line \(node.line) does not end")
  }

  /// The character that `&amp;` or `&#65;` stands for.
  private mutating func reference() throws -> [UInt8] {
    let rest = bytes[place..<min(place + 12, bytes.count)]
    guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else { throw fault("& stands alone") }
    let word = String(decoding: bytes[place + 1..<end], as: UTF8.self)
    let named = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
    var value = named[word]
    if word.hasPrefix("#") {
      let number =
        word.hasPrefix("#x")
        ? UInt32(word.dropFirst(2), radix: 16) : UInt32(word.dropFirst(1), radix: 10)
      value = number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
    guard let value else {
      throw fault("&\(word.escapingControlCharacters); stands for no character")
    }
    advance(end + 1 - place)
    return Array(value.utf8)
  }

  private static func trimmed(_ bytes: [UInt8]) -> String {
    guard let first = bytes.firstIndex(where: { !isSpace($0) }),
      let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }
}

extension String {
  /// The text as XML has it between tags.
  var asXMLText: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case _ where scalar.value < 0x20: result += "&#\(scalar.value);"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
