import GraftBase

/// One command that succeeded and changed something, as the journal and recipes keep it.
package struct RecordedStatement: Sendable {
  package var verb: String
  /// With knobs as `$name` and paths absolute.
  package var syntax: CommandSyntax
  /// With knobs replaced by the values they had.
  package var resolved: CommandSyntax
  /// The knobs it reads.
  package var knobs: [(declaration: KnobDeclaration, value: ValueSyntax)]
  package var lineage: Lineage
  /// What came out, in one line.
  package var receipt: String?
  /// The absolute paths among its values.
  package var paths: Set<String>
  /// The paths of data and weights it read, and built-in data, which a recipe lifts into knobs.
  package var inputPaths: [String]

  package init(_ step: BoundCommand, lineage: Lineage, receipt: String?) {
    verb = step.specification.verb
    knobs = step.knobs
    self.lineage = lineage
    self.receipt = receipt.map(\.singleLine)
    var finder = PathFinder(arguments: step.arguments)
    resolved = finder.absolute(step.arguments.syntax)
    finder = PathFinder(arguments: step.arguments)
    syntax = finder.absolute(step.recordedSyntax)
    paths = finder.paths
    for (declaration, value) in step.knobs where declaration.type == .path {
      if let text = value.literal { paths.insert(text) }
    }
    inputPaths = finder.inputPaths
  }

  /// Adds or replaces an argument by its name; without one it becomes the first.
  package mutating func amend(_ label: String?, _ value: String) {
    syntax.amend(label, value)
    resolved.amend(label, value)
  }

  /// The statement as language text, paths as seen from `folder` or absolute.
  package func text(relativeTo folder: String?, isResolved: Bool = false) -> String {
    Self.text(isResolved ? resolved : syntax, paths: paths, relativeTo: folder)
  }

  static func text(
    _ syntax: CommandSyntax, paths: Set<String>, relativeTo folder: String?
  ) -> String {
    guard let folder else { return Printer.text(syntax) }
    return Printer.text(
      syntax.mappingValues { value in
        guard let text = value.literal, paths.contains(text) else { return value }
        return value.replacingText(FilePath.relative(text, to: folder))
      })
  }
}

/// Finds which written values are paths, by their places in the checked arguments.
private struct PathFinder {
  let arguments: CheckedArguments
  private(set) var paths: Set<String> = []
  private(set) var inputPaths: [String] = []
  private var position = 0
  private var countByName: [String: Int] = [:]

  init(arguments: CheckedArguments) { self.arguments = arguments }

  mutating func absolute(_ syntax: CommandSyntax) -> CommandSyntax {
    var result = syntax
    for index in result.arguments.indices {
      guard let parameter = parameter(of: result.arguments[index]),
        !parameter.kind.pathKinds.isEmpty
      else { continue }
      let count = countByName[parameter.name, default: 0]
      countByName[parameter.name] = count + 1
      guard let checked = arguments.all(parameter)[checked: count] else { continue }
      let isInput = parameter.kind.pathKinds.contains { $0 == .data || $0 == .weights }
      result.arguments[index].value = absolute(
        result.arguments[index].value, checked, isInput: isInput)
    }
    return result
  }

  private mutating func parameter(of argument: ArgumentSyntax) -> ArgumentDeclaration? {
    if let label = argument.label { return arguments.specification.parameter(label) }
    let positional = arguments.specification.positional
    let parameter = positional[checked: position]
    if let parameter, !parameter.repeats { position += 1 }
    return parameter
  }

  private mutating func absolute(
    _ value: ValueSyntax, _ checked: ArgumentValue, isInput: Bool
  ) -> ValueSyntax {
    switch (value.form, checked) {
    case (_, .path(let path)):
      paths.insert(path)
      if isInput { inputPaths.append(path) }
      return value.variables.isEmpty && path != "-" ? value.replacingText(path) : value
    case (_, .text(let name)) where isInput && FilePath.isBuiltIn(name):
      inputPaths.append(name)
      return value
    case (.list(let values), .list(let elements)) where values.count == elements.count:
      var result = value
      result.form = .list(
        zip(values, elements).map { absolute($0, $1, isInput: isInput) })
      return result
    default: return value
    }
  }
}

extension CommandSyntax {
  fileprivate mutating func amend(_ label: String?, _ text: String) {
    let value = ValueSyntax(.word(Template(literal: text)), at: verbSpan)
    let argument = ArgumentSyntax(label: label, value: value.replacingText(text))
    guard label != nil else { return arguments.insert(argument, at: 0) }
    arguments.removeAll { $0.label == label }
    arguments.append(argument)
  }
}

extension ValueSyntax {
  /// The same value with another text, in quotes if it needs them.
  func replacingText(_ text: String) -> ValueSyntax {
    var result = self
    let template = Template(literal: text)
    result.form = Printer.isWord(text, isLabeled: false) ? .word(template) : .string(template)
    return result
  }
}

extension CommandSyntax {
  /// The command with every value, inside lists too, replaced.
  func mappingValues(_ transform: (ValueSyntax) -> ValueSyntax) -> CommandSyntax {
    var result = self
    result.arguments = arguments.map { argument in
      var argument = argument
      argument.value = argument.value.mapping(transform)
      return argument
    }
    return result
  }
}

extension ValueSyntax {
  fileprivate func mapping(_ transform: (ValueSyntax) -> ValueSyntax) -> ValueSyntax {
    guard case .list(let values) = form else { return transform(self) }
    var result = self
    result.form = .list(values.map { $0.mapping(transform) })
    return result
  }
}

extension String {
  /// The text with line ends as spaces, fit for a comment.
  fileprivate var singleLine: String {
    split(whereSeparator: \.isNewline).joined(separator: " ").escapingControlCharacters
  }
}
