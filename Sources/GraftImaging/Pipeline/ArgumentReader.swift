import GraftBase

/// Checks the arguments of a call against those an operation declares and fills in defaults.
struct ArgumentReader {
  private let operation: any PipelineOperation.Type
  private let declarations: [ArgumentDeclaration]
  private(set) var values = ArgumentValues()
  /// The arguments as given, numbers in their shortest form.
  private(set) var normalized: [TransformCall.Argument] = []

  init(_ operation: any PipelineOperation.Type) {
    self.operation = operation
    declarations = (operation.arguments + [operation.probability]).map(\.declaration)
  }

  var probability: Double { values[operation.probability] }

  private var name: String { operation.name }

  /// Reads one argument; to be followed by `fillDefaults` after the last.
  mutating func read(_ argument: TransformCall.Argument) throws(GraftError) {
    guard case .word(let word) = argument.value else {
      throw GraftError(
        .usage, "`\(name)` takes numbers and words, found `\(argument.value)`", help: usage)
    }
    let declaration = try declaration(for: argument, word: word)
    guard !values.isGiven(declaration) else {
      throw GraftError(.usage, "`\(name)` has `\(declaration.name)` twice", help: "give it once")
    }
    values.set(try checked(word, as: declaration), for: declaration, isGiven: true)
    normalized.append(
      .init(label: argument.label, value: .word(declaration.kind.shortened(word))))
  }

  /// Gives every argument that was not read its default.
  mutating func fillDefaults() throws(GraftError) {
    for declaration in declarations where !values.isGiven(declaration) {
      if declaration.isRequired {
        let usual = declaration.usual ?? declaration.kind.title
        throw GraftError(
          .usage, "`\(name)` needs `\(declaration.name)`",
          help: "for example \(name)(\(declaration.name)=\(usual))")
      }
      values.setDefault(of: declaration)
    }
  }

  /// What an argument means: by its label, or the first unused one of a fitting shape.
  private func declaration(
    for argument: TransformCall.Argument, word: String
  ) throws(GraftError) -> ArgumentDeclaration {
    if let label = argument.label {
      if let declaration = declarations.first(where: { $0.name == label }) { return declaration }
      let nearest = NearestName.of(label, among: declarations.map(\.name))
      throw GraftError(
        .usage, "`\(name)` has no parameter `\(label)`",
        help: nearest.map { "did you mean `\($0)`?" } ?? usage)
    }
    let free = declarations.dropLast().filter { !values.isGiven($0) }
    if let declaration = free.first(where: { $0.kind.fits(word) }) ?? free.first {
      return declaration
    }
    throw GraftError(
      .usage, "`\(name)` has no parameter left for `\(word)`",
      help: declarations.count == 1 ? "\(name)(p=\(word)) sets the probability" : usage)
  }

  private var usage: String {
    "parameters: " + declarations.map(\.name).joined(separator: ", ")
  }

  /// The value of a word; `none` is no value where there need not be one.
  private func checked(
    _ word: String, as declaration: ArgumentDeclaration
  ) throws(GraftError) -> [ArgumentValue] {
    if word == "none", case .absent = declaration.whenOmitted { return [] }
    do throws(ArgumentFault) {
      return [try declaration.kind.parse(word)]
    } catch {
      throw GraftError(
        .usage, error.message(for: declaration.name, of: name),
        help: error.help(for: declaration))
    }
  }
}
