/// A network as its formula spells it: `[[conv(32) relu]*2 pool]*3 [fc(256) relu]*1`.
package struct NetSyntax: Equatable, Sendable {
  package indirect enum Item: Equatable, Sendable {
    case layer(Call)
    case group([Item], times: Int)
  }

  /// One layer with its arguments.
  package struct Call: Equatable, Sendable {
    /// What parameters are named by, in place of the layer's number.
    package var name: String?
    package var layer: String
    package var arguments: [Argument]
    /// Where it stands in the text, in characters.
    package var place: Range<Int>

    package static func == (left: Self, right: Self) -> Bool {
      left.name == right.name && left.layer == right.layer && left.arguments == right.arguments
    }
  }

  package struct Argument: Equatable, Sendable {
    package var label: String?
    package var value: String
    package var place: Range<Int>

    package static func == (left: Self, right: Self) -> Bool {
      left.label == right.label && left.value == right.value
    }
  }

  /// Side and channels of the images, where the formula says them.
  package var side: Int?
  package var channels: Int?
  package var items: [Item]

  /// All layers in order, repetitions written out.
  package var calls: [Call] { Self.calls(items) }

  private static func calls(_ items: [Item]) -> [Call] {
    items.flatMap { item in
      switch item {
      case .layer(let call): [call]
      case .group(let items, let times): (0..<times).flatMap { _ in calls(items) }
      }
    }
  }
}

/// What is wrong with a formula, and where.
package struct NetFault: Error, Equatable {
  package var message: String
  /// In characters of the formula.
  package var place: Range<Int>
  package var suggestion: String?
  package var help: String?

  init(_ message: String, at place: Range<Int>, suggestion: String? = nil, help: String? = nil) {
    self.message = message
    self.place = place
    self.suggestion = suggestion
    self.help = help
  }
}

extension NetSyntax: CustomStringConvertible {
  /// The formula, letters and question marks resolved; it is read as the same network.
  package var description: String {
    var words: [String] = []
    if let side { words.append(channels.map { "input(\(side), \($0))" } ?? "input(\(side))") }
    return (words + [Self.text(items)]).joined(separator: " ")
  }

  private static func text(_ items: [Item]) -> String {
    items.map { item in
      switch item {
      case .layer(let call): "\(call)"
      case .group(let items, let times): "[\(text(items))]*\(times)"
      }
    }.joined(separator: " ")
  }
}

extension NetSyntax.Call: CustomStringConvertible {
  package var description: String {
    let arguments = arguments.map { argument in
      argument.label.map { "\($0)=" + argument.value } ?? argument.value
    }
    return (name.map { "\($0): " } ?? "") + layer
      + (arguments.isEmpty ? "" : "(\(arguments.joined(separator: ", ")))")
  }
}
