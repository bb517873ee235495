import Foundation
import GraftBase
import GraftEngine
import GraftModels

/// What `freeze` and `unfreeze` name: `all`, a group, groups `layer1..layer3`, a layer or a glob.
///
/// `layer4` is the group of that name, else all below that layer; `layer4.*` and `*.bn?.weight`
/// are globs over parameter names, in which `*` also crosses dots.
struct LayerSelector {
  private let text: String
  private let groups: [LayerGroup]

  init(_ text: String, in groups: [LayerGroup]) {
    self.text = text
    self.groups = groups
  }

  /// The parameters meant, in model order; refused with a suggestion when there are none.
  func parameters() throws -> [Parameter] {
    if let named = try groupIndices() { return named.flatMap { groups[$0].parameters } }
    let pattern = Array(text.utf8)
    let prefix = text + "."
    let found = groups.flatMap(\.parameters).filter {
      $0.name.hasPrefix(prefix) || matches(pattern[...], Array($0.name.utf8)[...])
    }
    guard !found.isEmpty else { throw noMatch(text) }
    return found
  }

  /// The groups meant when the text names whole groups, else nil.
  func groupIndices() throws -> [Int]? {
    if text == "all" { return Array(groups.indices) }
    if let index = groups.firstIndex(where: { $0.name == text }) { return [index] }
    guard let dots = text.range(of: "..") else { return nil }
    let ends = try [text[..<dots.lowerBound], text[dots.upperBound...]].map { end in
      guard let index = groups.firstIndex(where: { $0.name == end }) else {
        throw noMatch(String(end))
      }
      return index
    }
    guard ends[0] <= ends[1] else {
      throw GraftError(
        .usage, "'\(text.escapingControlCharacters)' runs from head to stem",
        help: "write '\(groups[ends[1]].name)..\(groups[ends[0]].name)'")
    }
    return Array(ends[0]...ends[1])
  }

  private func noMatch(_ name: String) -> GraftError {
    let names = groups.map(\.name)
    let layers = groups.flatMap(\.parameters).map { parameter in
      parameter.name.split(separator: ".").dropLast().joined(separator: ".")
    }
    let suggestion = NearestName.of(name, among: names + layers)
    return GraftError(
      .usage, "'\(name.escapingControlCharacters)' matches no layer group and no parameter",
      help: suggestion.map { "did you mean '\($0)'?" }
        ?? "groups: \(names.joined(separator: ", "))")
  }

  /// Whether a glob with `*` and `?` matches the whole name.
  private func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
    var pattern = pattern
    var name = name
    var retry: (pattern: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
    while !name.isEmpty || !pattern.isEmpty {
      if pattern.first == UInt8(ascii: "*") {
        pattern = pattern.dropFirst()
        retry = (pattern, name)
      } else if let wanted = pattern.first, let found = name.first,
        wanted == UInt8(ascii: "?") || wanted == found
      {
        pattern = pattern.dropFirst()
        name = name.dropFirst()
      } else if let last = retry, !last.name.isEmpty {
        name = last.name.dropFirst()
        pattern = last.pattern
        retry = (pattern, name)
      } else {
        return false
      }
    }
    return true
  }
}
