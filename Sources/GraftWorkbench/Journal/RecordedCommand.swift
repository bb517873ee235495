import GraftBase

/// A command as it is recorded: its paths are absolute, and it is known where they stand, so that it
/// can be written for any folder.
package struct RecordedCommand: Sendable {
  package private(set) var syntax: CommandSyntax
  /// By the numbers of their arguments.
  private var paths: [Int: RecordedPath] = [:]
  /// Values that knobs have as paths, where they were given as other text.
  private(set) var knobPaths: [String: ValueSyntax] = [:]

  /// Takes a command whose values are those of `resolved`, but for the knobs it names.
  init(_ syntax: CommandSyntax, resolved: CommandSyntax, of step: BoundCommand) {
    self.syntax = syntax
    let arguments = step.arguments
    var remaining = arguments.specification.positional[...]
    var counts: [String: Int] = [:]
    for (index, argument) in syntax.arguments.enumerated() {
      let parameter =
        argument.label.map { arguments.specification.parameter($0) } ?? remaining.first
      guard let parameter else { continue }
      if argument.label == nil, !parameter.repeats { remaining = remaining.dropFirst() }
      guard !parameter.kind.pathKinds.isEmpty else { continue }
      let count = counts[parameter.name, default: 0]
      counts[parameter.name] = count + 1
      guard let checked = arguments.all(parameter)[checked: count],
        let plain = resolved.arguments[checked: index]?.value
      else { continue }
      note(argument.value, plain, checked, parameter, index, step.knobs)
    }
  }

  private typealias Knobs = [(declaration: KnobDeclaration, value: ValueSyntax)]

  private mutating func note(
    _ value: ValueSyntax, _ plain: ValueSyntax, _ checked: ArgumentValue,
    _ parameter: ArgumentDeclaration, _ place: Int, _ knobs: Knobs
  ) {
    let knob = value.template?.soleVariable
    switch checked {
    // Standard input has no place on the disk.
    case .path(let path) where path != "-", .matches(of: let path, _):
      paths[place] = RecordedPath(path: path, parameter: parameter, knob: knob)
      makeAbsolute(value, plain, path, place, knobs)
    case .text(let name) where parameter.takesInput && FilePath.isBuiltIn(name):
      paths[place] = RecordedPath(path: name, parameter: parameter, knob: knob)
    default: return
    }
  }

  /// Writes out the folder that a path starts from: in the command, or in the knob that it begins with.
  private mutating func makeAbsolute(
    _ value: ValueSyntax, _ plain: ValueSyntax, _ path: String, _ place: Int, _ knobs: Knobs
  ) {
    guard let template = value.template else { return }
    guard !template.variables.isEmpty else {
      syntax.arguments[place].value = value.replacingText(path)
      return
    }
    guard let text = plain.literal else { return }
    switch template.segments.first {
    case .variable(let name)?:
      guard let knob = knobs.first(where: { $0.declaration.name == name }),
        knob.declaration.type != .path, let start = knob.value.literal,
        let rest = text.dropping(prefix: start),
        let absolute = path.dropping(suffix: rest)
      else { return }
      knobPaths[name] = knob.value.replacingText(absolute)
    case .literal(let start)?:
      let written = start.folderPart
      guard let rest = text.dropping(prefix: written), let folder = path.dropping(suffix: rest)
      else { return }
      var absolute = value
      var segments = template.segments
      segments[0] = .literal(folder + String(start.utf8.dropFirst(written.utf8.count)))
      absolute.form = .word(Template(segments: segments))
      syntax.arguments[place].value = absolute
    case nil: return
    }
  }

  /// The paths in the order in which they stand.
  package var allPaths: [RecordedPath] { paths.sorted { $0.key < $1.key }.map(\.value) }

  /// The command with every path, from the first to the last, as `transform` writes it.
  func mappingPaths(_ transform: (ValueSyntax, RecordedPath) -> ValueSyntax) -> CommandSyntax {
    var result = syntax
    for (place, path) in paths.sorted(by: { $0.key < $1.key }) {
      result.arguments[place].value = transform(syntax.arguments[place].value, path)
    }
    return result
  }

  /// The command with its paths as seen from `folder`; nil leaves them absolute.
  func written(for folder: String?) -> CommandSyntax {
    guard let folder else { return syntax }
    return mappingPaths { value, path in
      value.startingPath { FilePath.relative($0, to: folder) } ?? value
    }
  }
}

/// A path in a recorded command.
package struct RecordedPath: Sendable {
  /// Absolute, or the name of built-in data.
  package let path: String
  /// The argument that it was given for.
  package let parameter: ArgumentDeclaration
  /// The knob that stands for all of it.
  package let knob: String?

  package var isInput: Bool { parameter.takesInput }
}

extension ArgumentDeclaration {
  /// Whether it names something to read.
  fileprivate var takesInput: Bool {
    kind.pathKinds.contains { !$0.isOutput }
  }
}

extension ValueSyntax {
  fileprivate var template: Template? {
    switch form {
    case .word(let template), .string(let template): template
    case .call, .list: nil
    }
  }

  /// The value with its path rewritten: all of it, or the folder before the first variable; nil where it
  /// begins with a variable.
  func startingPath(_ transform: (String) -> String) -> ValueSyntax? {
    if let text = literal {
      return FilePath.isBuiltIn(text) ? self : replacingText(transform(text))
    }
    guard let template, case .literal(let start)? = template.segments.first else { return nil }
    let folder = start.folderPart
    var shown = folder.isEmpty ? "" : transform(folder)
    if shown == "." || shown == "./" { shown = "" }
    if !shown.isEmpty, !FilePath.endsWithSlash(shown) { shown += "/" }
    var segments = template.segments
    segments[0] = .literal(shown + String(start.utf8.dropFirst(folder.utf8.count)))
    var result = self
    result.form = .word(Template(segments: segments))
    return result
  }
}

extension String {
  fileprivate init(_ bytes: Substring.UTF8View) { self = String(Substring(bytes)) }

  /// Up to the last slash, which is part of it.
  fileprivate var folderPart: String {
    guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return String(utf8[...slash])
  }

  fileprivate func dropping(prefix: String) -> String? {
    utf8.starts(with: prefix.utf8) ? String(utf8.dropFirst(prefix.utf8.count)) : nil
  }

  fileprivate func dropping(suffix: String) -> String? {
    utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
      ? String(utf8.dropLast(suffix.utf8.count)) : nil
  }
}
