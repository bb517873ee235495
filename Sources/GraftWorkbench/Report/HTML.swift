import GraftBase

/// A piece of a page of HTML, which is well-formed XML too.
///
/// Texts and attributes are escaped here and nowhere else: a string becomes text, whatever is in it.
///
///     HTML("p", ["class": "lead"], "Trained on \(HTML.name(data.name)), \(count) images.")
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  typealias Attributes = KeyValuePairs<String, String?>

  /// As it stands in the page.
  private(set) var source: String

  /// Nothing.
  init() { source = "" }

  /// A text.
  init(text: String) { source = text.asMarkup }

  init(stringLiteral text: String) { self.init(text: text) }

  /// Text with pieces of a page in it; all else that is interpolated is text.
  init(stringInterpolation: Interpolation) { source = stringInterpolation.source }

  /// Several pieces, one after the other.
  init(_ pieces: [HTML]) { source = pieces.map(\.source).joined() }

  /// An element; an attribute that is nil is left out.
  init(_ name: StaticString, _ attributes: Attributes = [:], _ children: HTML...) {
    self.init(name, attributes, children)
  }

  /// An element with any number of children.
  init(_ name: StaticString, _ attributes: Attributes = [:], _ children: [HTML]) {
    let shown = attributes.compactMap { key, value in
      value.map { " \(key)=\"\($0.asMarkup)\"" }
    }.joined()
    let isVoid = Self.voidElements.contains("\(name)") && children.isEmpty
    source =
      isVoid
      ? "<\(name)\(shown)/>"
      : "<\(name)\(shown)>" + children.map(\.source).joined() + "</\(name)>"
  }

  /// What is markup already: of Graft itself, such as the SVG of a plot.
  init(markup: String) { source = markup }

  /// A name that a user gave, apart from the text around it: it may be written from right to left.
  static func name(_ text: String) -> HTML { HTML("bdi", [:], HTML(text: text)) }

  /// Names as `A`, `A and B`, or `A, B and C`.
  static func list(_ names: [String]) -> HTML {
    HTML(
      names.enumerated().map { index, name in
        let link = index == 0 ? "" : index == names.count - 1 ? " and " : ", "
        return HTML([HTML(text: link), .name(name)])
      })
  }

  var isEmpty: Bool { source.isEmpty }

  /// Elements that never have an end tag.
  private static let voidElements: Set = ["meta", "img", "br", "hr", "input", "link"]

  struct Interpolation: StringInterpolationProtocol {
    fileprivate var source = ""

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) { source += literal.asMarkup }
    mutating func appendInterpolation(_ piece: HTML) { source += piece.source }
    mutating func appendInterpolation(_ text: String) { source += text.asMarkup }
    mutating func appendInterpolation(_ number: Int) { source += "\(number)" }
  }
}

extension String.StringInterpolation {
  /// Markup inside a string would be escaped, or worse, taken for a text that is not.
  @available(*, unavailable, message: "say that the text is HTML")
  mutating func appendInterpolation(_ piece: HTML) { fatalError() }
}

extension String {
  /// As the content of an element or of an attribute in quotes.
  ///
  /// Control characters become visible, and what XML has no place for becomes U+FFFD.
  fileprivate var asMarkup: String {
    // Most texts need nothing, and images are long.
    let isPlain = utf8.allSatisfy { byte in
      (0x20..<0x7F).contains(byte) && !"&<>\"'".utf8.contains(byte)
    }
    if isPlain { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n": result += "\n"
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
        result += String(Character(scalar)).escapingControlCharacters
      // Marks that turn the direction of what follows would reach beyond the name they are in.
      case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
