import Foundation
import GraftBase

extension ArgumentKind {
  /// More words than these are a catalog, which help does not repeat; TAB offers all of them.
  private static let mostWords = 40
  private static let fewWords = 5

  /// What help pages call the kind: its title, in which a catalog is shortened.
  var helpTitle: String {
    switch self {
    case .choice(let words) where words.count > Self.mostWords:
      words.prefix(Self.fewWords).joined(separator: " | ")
        + " | and \(words.count - Self.fewWords) more"
    case .list(let element): "list of: \(element.helpTitle)"
    case .either(let kinds): kinds.map(\.helpTitle).joined(separator: ", or ")
    default: title
    }
  }
}

extension ArgumentDeclaration {
  /// Type and default in one line for help pages.
  var helpDetail: String { detail.replacingOccurrences(of: kind.title, with: kind.helpTitle) }
}
