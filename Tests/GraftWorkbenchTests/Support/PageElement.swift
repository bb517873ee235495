import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// An element of a page, read by a strict parser of XML.
final class PageElement {
  let name: String
  let attributes: [String: String]
  fileprivate(set) var children: [PageElement] = []
  /// Of itself and its children, in order.
  fileprivate(set) var text = ""

  fileprivate init(_ name: String, _ attributes: [String: String]) {
    self.name = name
    self.attributes = attributes
  }

  /// The root of a page; a page that is not well-formed fails the test.
  static func parse(_ text: String) throws -> PageElement {
    let reader = Reader()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = reader
    let isWhole = parser.parse()
    #expect(isWhole, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
    return try #require(reader.root)
  }

  /// Itself and all inside it, in the order of the page.
  var all: [PageElement] { [self] + children.flatMap(\.all) }

  func all(_ name: String) -> [PageElement] { all.filter { $0.name == name } }

  private final class Reader: NSObject, XMLParserDelegate {
    var root: PageElement?
    private var open: [PageElement] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      let element = PageElement(name, attributes)
      open.last?.children.append(element)
      root = root ?? element
      open.append(element)
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
      qualifiedName: String?
    ) {
      open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      for element in open { element.text += text }
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
      for element in open { element.text += String(decoding: block, as: UTF8.self) }
    }
  }
}
