/// Reads JSON from bytes value by value, as the caller expects them.
///
/// The caller names what may come next and everything else is a fault, so nothing is skipped,
/// nothing recurses, and a header of nested brackets costs no stack. The bytes must be valid UTF-8.
package struct JSONScanner {
  /// What is wrong, and at which byte.
  package struct Fault: Error, Equatable {
    package var position: Int
    package var message: String
  }

  private let bytes: [UInt8]
  package private(set) var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package func fault(_ message: String, at place: Int? = nil) -> Fault {
    Fault(position: place ?? position, message: message)
  }

  /// Reads an object; `member` is called after each key and must read the value.
  package mutating func object(
    _ what: String, keyLimit: Int, member: (inout JSONScanner, ByteString) throws -> Void
  ) throws {
    try expect("{", what)
    if accept("}") { return }
    repeat {
      let key = try string("a name", limit: keyLimit)
      try expect(":", "':' after the name")
      try member(&self, key)
    } while accept(",")
    try expect("}", "',' or '}'")
  }

  /// Reads an array of whole numbers, at most `limit` of them.
  package mutating func unsignedIntegers(_ what: String, limit: Int) throws -> [Int] {
    try expect("[", what)
    if accept("]") { return [] }
    var result: [Int] = []
    repeat {
      guard result.count < limit else { throw fault("more than \(limit) numbers") }
      result.append(try unsignedInteger())
    } while accept(",")
    try expect("]", "',' or ']'")
    return result
  }

  /// Reads digits that fit an `Int`; signs, fractions, exponents and leading zeros are faults.
  package mutating func unsignedInteger() throws -> Int {
    skipWhiteSpace()
    let start = position
    var value = 0
    while position < bytes.count, case let digit = bytes[position], (0x30...0x39).contains(digit) {
      let (shifted, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowsToo) = shifted.addingReportingOverflow(Int(digit - 0x30))
      guard !overflows, !overflowsToo else { throw fault("a number beyond 2^63 - 1", at: start) }
      value = sum
      position += 1
    }
    let hasLeadingZero = position - start > 1 && bytes[start] == 0x30
    guard position > start, !hasLeadingZero, !continuesNumber else {
      throw fault("expected a whole number of 0 or more", at: start)
    }
    return value
  }

  /// Reads `null` if it comes next.
  package mutating func acceptNull() -> Bool {
    skipWhiteSpace()
    guard bytes[position...].starts(with: [0x6E, 0x75, 0x6C, 0x6C]) else { return false }
    position += 4
    return true
  }

  /// Requires that only white space is left.
  package mutating func expectEnd() throws {
    skipWhiteSpace()
    guard position == bytes.count else { throw fault("something after the closing '}'") }
  }

  private var continuesNumber: Bool {
    guard position < bytes.count else { return false }
    return [0x2E, 0x45, 0x65].contains(bytes[position])
  }

  private mutating func skipWhiteSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipWhiteSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, _ what: String) throws {
    guard accept(character) else {
      throw fault(position == bytes.count ? "the text ends early" : "expected \(what)")
    }
  }
}

extension JSONScanner {
  /// Reads a string of at most `limit` bytes and resolves its escapes.
  package mutating func string(_ what: String, limit: Int) throws -> ByteString {
    try expect("\"", what)
    let start = position
    var result: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return ByteString(result)
      case UInt8(ascii: "\\"): try appendEscape(to: &result)
      case 0..<0x20: throw fault("a control character inside a string", at: position - 1)
      default: result.append(byte)
      }
      guard result.count <= limit else {
        throw fault("\(what) longer than \(limit) bytes", at: start)
      }
    }
    throw fault("the text ends early")
  }

  private mutating func appendEscape(to result: inout [UInt8]) throws {
    let start = position - 1
    guard position < bytes.count else { throw fault("the text ends early") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"): result += Array(String(try escapedScalar(start)).utf8)
    default: throw fault("an unknown escape", at: start)
    }
  }

  /// Reads what follows `\u`, a second half of a surrogate pair included.
  private mutating func escapedScalar(_ start: Int) throws -> Character {
    var code = try hexadecimalCode(start)
    if (0xD800..<0xDC00).contains(code), bytes[position...].starts(with: [0x5C, 0x75]) {
      position += 2
      let low = try hexadecimalCode(start)
      guard (0xDC00..<0xE000).contains(low) else {
        throw fault("half of a surrogate pair", at: start)
      }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw fault("half of a surrogate pair", at: start)
    }
    return Character(scalar)
  }

  private mutating func hexadecimalCode(_ start: Int) throws -> UInt32 {
    guard position + 4 <= bytes.count else { throw fault("the text ends early") }
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue,
        bytes[position] < 0x80
      else { throw fault("an escape without four hexadecimal digits", at: start) }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
