import GraftBase

/// Text from a file, compared byte by byte.
///
/// A `String` treats "é" and "e" + accent as equal, so two tensors of one file could merge under it;
/// names that come from files stay bytes.
package struct ByteString: Hashable, Sendable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }
  package init(_ text: String) { bytes = Array(text.utf8) }

  /// The text itself; control characters are not escaped.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether this is `prefix` or something below it: `fc` covers `fc.weight` but not `fc2.weight`.
  package func isCovered(by prefix: String) -> Bool {
    let other = Array(prefix.utf8)
    guard bytes.starts(with: other) else { return false }
    return bytes.count == other.count || bytes[other.count] == UInt8(ascii: ".")
  }
}

extension ByteString: Comparable {
  package static func < (left: ByteString, right: ByteString) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension ByteString: ExpressibleByStringLiteral {
  package init(stringLiteral value: String) { self.init(value) }
}

extension ByteString: CustomStringConvertible {
  /// The text with control characters as escapes, safe to print.
  package var description: String { text.escapingControlCharacters }
}
