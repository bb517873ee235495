import Foundation
import GraftBase

/// How the bytes of a table stand for text.
package enum TextEncoding: String, WordChoice, Codable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case latin1
  case latin2
  case cp1250
  case cp1251
  case cp1252

  private var encoding: String.Encoding {
    switch self {
    case .utf8: .utf8
    case .utf16: .utf16
    case .latin1: .isoLatin1
    case .latin2: .isoLatin2
    case .cp1250: .windowsCP1250
    case .cp1251: .windowsCP1251
    case .cp1252: .windowsCP1252
    }
  }

  /// The same text in UTF-8; nil where the bytes are no text in this encoding.
  func decoded(_ bytes: [UInt8]) -> [UInt8]? {
    if self == .utf8 { return String(validating: bytes, as: UTF8.self) == nil ? nil : bytes }
    return String(bytes: bytes, encoding: encoding).map { Array($0.utf8) }
  }

  /// All of them, for a sentence.
  static let list = allCases.map(\.rawValue).joined(separator: ", ")
}
