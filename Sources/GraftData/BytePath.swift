import Foundation
import GraftBase

/// A file's name as the bytes the system keeps, which need not be valid text.
///
/// Sorting and opening use the bytes; users see `description`, in which bytes that are not UTF-8
/// and control characters are escaped.
package struct BytePath: Sendable, Hashable {
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  package init(_ text: String) { self.bytes = Array(text.utf8) }

  /// This path with one more component.
  package func appending(_ component: BytePath) -> BytePath {
    if bytes.isEmpty { return component }
    let separator: [UInt8] = bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
    return BytePath(bytes: bytes + separator + component.bytes)
  }

  package func appending(_ component: String) -> BytePath { appending(BytePath(component)) }

  /// The last component.
  package var name: BytePath {
    let trimmed = trimmingSlashes
    guard let slash = trimmed.lastIndex(of: UInt8(ascii: "/")) else {
      return BytePath(bytes: Array(trimmed))
    }
    return BytePath(bytes: Array(trimmed[(slash + 1)...]))
  }

  /// Everything before the last component; `.` when there is nothing.
  package var parent: BytePath {
    let trimmed = trimmingSlashes
    guard let slash = trimmed.lastIndex(of: UInt8(ascii: "/")) else { return BytePath(".") }
    return BytePath(bytes: slash == 0 ? [UInt8(ascii: "/")] : Array(trimmed[..<slash]))
  }

  /// The suffix after the last dot in lower case, empty when there is none.
  package var suffix: String {
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return String(decoding: bytes[(dot + 1)...], as: UTF8.self).lowercased()
  }

  /// True for names that start with a dot and for the folders that macOS leaves in archives.
  package var isHidden: Bool {
    bytes.first == UInt8(ascii: ".") || bytes == Array("__MACOSX".utf8)
  }

  private var trimmingSlashes: ArraySlice<UInt8> {
    var end = bytes.count
    while end > 1, bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }
    return bytes[..<end]
  }
}

extension BytePath: Comparable {
  /// Bytewise order, the same in every locale.
  package static func < (left: BytePath, right: BytePath) -> Bool {
    let shared = min(left.bytes.count, right.bytes.count)
    let order = memcmp(left.bytes, right.bytes, shared)
    return order == 0 ? left.bytes.count < right.bytes.count : order < 0
  }
}

extension BytePath: CustomStringConvertible {
  /// The name for users: invalid bytes as `\x80`, control characters escaped.
  package var description: String {
    if let text = String(validating: bytes, as: UTF8.self) { return text.escapingControlCharacters }
    return bytes.map { byte in
      (0x20..<0x7F).contains(byte)
        ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
