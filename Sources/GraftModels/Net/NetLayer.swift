import GraftBase
import GraftEngine

/// A kind of layer that formulas may name: one file and one line in `NetLayers.all`.
package struct NetLayer: Sendable {
  /// One thing that a layer is told.
  package struct Parameter: Sendable {
    package enum Kind: Sendable {
      case integer(ClosedRange<Int>)
      /// `3`, or `3x5` for three rows and five columns.
      case pair(ClosedRange<Int>)
      case number(ClosedRange<Double>)
      /// One of these words.
      case choice([String])
      /// `same`, `valid`, `topleft`, or a number for all sides.
      case padding
    }

    package let name: String
    package let kind: Kind
    /// nil follows from something else, which the summary says.
    package let standard: String?
    package let summary: String

    package init(_ name: String, _ kind: Kind, standard: String? = nil, _ summary: String) {
      self.name = name
      self.kind = kind
      self.standard = standard
      self.summary = summary
    }
  }

  /// A layer ready to be recorded.
  package typealias Module = (Value) throws -> Value

  /// The word in formulas.
  package let name: String
  package let summary: String
  package let parameters: [Parameter]
  /// Whether a stage ends behind it, as behind pooling.
  package let endsStage: Bool
  /// Makes the layer for inputs of this shape; throws a sentence when it cannot be.
  package let make:
    @Sendable (_ arguments: NetArguments, _ scope: Scope, _ input: Shape) throws -> Module

  package init(
    _ name: String, _ summary: String, parameters: [Parameter] = [], endsStage: Bool = false,
    make:
      @escaping @Sendable (_ arguments: NetArguments, _ scope: Scope, _ input: Shape) throws ->
      Module
  ) {
    self.name = name
    self.summary = summary
    self.parameters = parameters
    self.endsStage = endsStage
    self.make = make
  }

  /// A layer of one operation that is told nothing.
  static func plain(
    _ name: String, _ summary: String, endsStage: Bool = false, _ op: any Op
  ) -> NetLayer {
    NetLayer(name, summary, endsStage: endsStage) { _, scope, _ in
      let layer = PlainLayer(scope, op)
      return { try layer($0) }
    }
  }
}

extension NetLayer.Parameter.Kind {
  /// What may be written.
  package var title: String {
    switch self {
    case .integer(let range): "whole number \(range.lowerBound)..\(range.upperBound)"
    case .pair(let range): "\(range.lowerBound)..\(range.upperBound), or ROWSxCOLUMNS"
    case .number(let range): "number \(range.lowerBound.shortText)..\(range.upperBound.shortText)"
    case .choice(let words): words.joined(separator: " | ")
    case .padding: "same | valid | topleft | pixels"
    }
  }

  /// The words among what may be written.
  package var words: [String] {
    switch self {
    case .choice(let words): words
    case .padding: ["same", "valid", "topleft"]
    default: []
    }
  }

  func accepts(_ text: String) -> Bool {
    switch self {
    case .integer(let range): Int(text).map(range.contains) ?? false
    case .pair(let range):
      NetArguments.pair(text).map { range.contains($0.y) && range.contains($0.x) } ?? false
    case .number(let range): Double(text).map(range.contains) ?? false
    case .choice(let words): words.contains(text)
    case .padding: words.contains(text) || Int(text).map((0...256).contains) ?? false
    }
  }
}

/// What one layer of a formula is told, checked.
package struct NetArguments: Sendable {
  private var values: [String: String] = [:]
  /// Pooling layers before this one: widths that are not given double with each.
  package let poolCount: Int

  /// Numbers stand in the parameters' order, words where they fit; labels say it outright.
  init(_ call: NetSyntax.Call, of layer: NetLayer, poolCount: Int) throws {
    self.poolCount = poolCount
    for argument in call.arguments {
      let parameter = try Self.parameter(argument, of: layer, taken: Set(values.keys))
      guard parameter.kind.accepts(argument.value) else {
        throw NetFault(
          "`\(parameter.name)` of \(layer.name) cannot be `\(argument.value)`",
          at: argument.place, help: "expected \(parameter.kind.title)")
      }
      guard values.updateValue(argument.value, forKey: parameter.name) == nil else {
        throw NetFault("`\(parameter.name)` is given twice", at: argument.place)
      }
    }
    for parameter in layer.parameters where values[parameter.name] == nil {
      values[parameter.name] = parameter.standard
    }
  }

  private static func parameter(
    _ argument: NetSyntax.Argument, of layer: NetLayer, taken: Set<String>
  ) throws -> NetLayer.Parameter {
    let parameters = layer.parameters
    if let label = argument.label {
      if let parameter = parameters.first(where: { $0.name == label }) { return parameter }
      let nearest = NearestName.of(label, among: parameters.map(\.name))
      throw NetFault(
        "\(layer.name) has no parameter `\(label)`", at: argument.place, suggestion: nearest,
        help: nearest.map { "did you mean `\($0)`?" } ?? layer.parameterList)
    }
    let isNumber = argument.value.first?.isNumber == true
    let fitting = parameters.first { parameter in
      guard !taken.contains(parameter.name) else { return false }
      if case .choice = parameter.kind, isNumber { return false }
      return isNumber || parameter.kind.words.contains(argument.value)
    }
    if let fitting { return fitting }
    let words = parameters.flatMap(\.kind.words)
    let nearest = isNumber ? nil : NearestName.of(argument.value, among: words)
    throw NetFault(
      "\(layer.name) cannot place `\(argument.value)`", at: argument.place, suggestion: nearest,
      help: nearest.map { "did you mean `\($0)`?" } ?? layer.parameterList)
  }

  package func isGiven(_ name: String) -> Bool { values[name] != nil }
  package func word(_ name: String) -> String { values[name] ?? "" }
  package func integer(_ name: String) -> Int? { values[name].flatMap { Int($0) } }
  package func number(_ name: String) -> Double? { values[name].flatMap { Double($0) } }
  package func flag(_ name: String) -> Bool { values[name] == "yes" || values[name] == name }

  package func pair(_ name: String) -> Pair? { values[name].flatMap(Self.pair) }

  /// The padding that `pad`, `mode` and `strict` ask for, for windows of this reach.
  package func padding(reach: Pair) -> Padding {
    let amount: Padding.Amount =
      switch word("pad") {
      case "same": .same
      case "valid": .valid
      case "topleft":
        .sides(Sides(top: reach.y - 1, left: reach.x - 1, bottom: 0, right: 0))
      default: .sides(Sides(integer("pad") ?? 0))
      }
    return Padding(
      amount, mode: PadOp.Mode(rawValue: word("mode")) ?? .zero, isStrict: flag("strict"))
  }

  fileprivate static func pair(_ text: String) -> Pair? {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    switch (parts.count, parts.first ?? nil, parts.last ?? nil) {
    case (1, let both?, _): return Pair(both)
    case (2, let y?, let x?): return Pair(y, x)
    default: return nil
    }
  }
}

extension NetLayer {
  /// How it is written, with what it takes when nobody says more: `pool(kernel=2, …)`.
  package var usage: String {
    let parts = parameters.map { $0.name + ($0.standard.map { "=" + $0 } ?? "") }
    return name + (parts.isEmpty ? "" : "(\(parts.joined(separator: ", ")))")
  }

  fileprivate var parameterList: String {
    parameters.isEmpty ? "\(name) is told nothing" : "it is written \(usage)"
  }
}
