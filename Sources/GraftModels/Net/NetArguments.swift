import GraftBase
import GraftEngine

/// The checked arguments of one layer of a formula.
package struct NetArguments: Sendable {
  private var values = ArgumentValues()
  /// Pooling layers before this one: widths that are not given double with each.
  package let poolCount: Int

  /// Numbers are matched in order, words where they fit, labels by name.
  init(_ call: NetSyntax.Call, of layer: NetLayer, poolCount: Int) throws {
    self.poolCount = poolCount
    for argument in call.arguments {
      let declaration = try declaration(of: argument, in: layer)
      let value: ArgumentValue
      do throws(ArgumentFault) {
        value = try declaration.kind.parse(argument.value)
      } catch {
        throw NetFault(
          error.message(for: declaration.name, of: layer.name), at: argument.place,
          suggestion: error.suggestion, help: error.help(for: declaration))
      }
      guard !values.isGiven(declaration) else {
        throw NetFault("`\(declaration.name)` is given twice", at: argument.place)
      }
      values.set([value], for: declaration, isGiven: true)
    }
    for declaration in layer.arguments where !values.isGiven(declaration) {
      values.setDefault(of: declaration)
    }
  }

  package subscript<Value>(_ argument: Argument<Value>) -> Value { values[argument] }

  private func declaration(
    of argument: NetSyntax.Argument, in layer: NetLayer
  ) throws -> ArgumentDeclaration {
    if let label = argument.label {
      if let declaration = layer.arguments.first(where: { $0.name == label }) {
        return declaration
      }
      let nearest = NearestName.of(label, among: layer.arguments.map(\.name))
      throw NetFault(
        "\(layer.name) has no parameter `\(label)`", at: argument.place, suggestion: nearest,
        help: nearest.map { "did you mean `\($0)`?" } ?? layer.argumentList)
    }
    let isNumber = argument.value.first?.isNumber == true
    let fitting = layer.arguments.first { declaration in
      guard !values.isGiven(declaration) else { return false }
      return isNumber
        ? declaration.kind.takesNumbers : declaration.kind.words.contains(argument.value)
    }
    if let fitting { return fitting }
    let words = layer.arguments.flatMap(\.kind.words)
    let nearest = isNumber ? nil : NearestName.of(argument.value, among: words)
    throw NetFault(
      "\(layer.name) does not take `\(argument.value)`", at: argument.place, suggestion: nearest,
      help: nearest.map { "did you mean `\($0)`?" } ?? layer.argumentList)
  }
}

extension ArgumentKind {
  /// Whether a number that stands without a name can be meant for it.
  fileprivate var takesNumbers: Bool {
    switch self {
    case .choice, .flag: false
    default: true
    }
  }
}

extension NetLayer {
  fileprivate var argumentList: String {
    arguments.isEmpty ? "\(name) takes no arguments" : "it is written \(usage)"
  }
}
