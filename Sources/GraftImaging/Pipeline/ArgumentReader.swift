import GraftBase

/// Checks the arguments of a call against an operation's options and fills in defaults.
struct ArgumentReader {
  let name: String
  let options: [TransformOption]
  private(set) var arguments = TransformArguments()
  /// The arguments as given, numbers in their shortest form.
  private(set) var normalized: [TransformCall.Argument] = []

  init(_ operation: any PipelineOperation.Type) {
    name = operation.name
    options = operation.options + [.probability(default: operation.defaultProbability)]
  }

  var probability: Double { arguments.number("p") }

  /// Reads one argument; to be followed by `fillDefaults` after the last.
  mutating func read(_ argument: TransformCall.Argument) throws(GraftError) {
    guard case .word(let word) = argument.value else {
      throw GraftError(
        .usage, "`\(name)` takes numbers and words, found `\(argument.value)`", help: usage)
    }
    let option = try option(for: argument, word: word)
    guard arguments.given.insert(option.name).inserted else {
      throw GraftError(.usage, "`\(name)` has `\(option.name)` twice", help: "give it once")
    }
    let text = try set(option, to: word)
    normalized.append(.init(label: argument.label, value: .word(text)))
  }

  /// Gives every argument that was not read its default.
  mutating func fillDefaults() throws(GraftError) {
    for option in options where !arguments.given.contains(option.name) {
      guard let defaultText = option.defaultText else {
        throw GraftError(
          .usage, "`\(name)` needs `\(option.name)`",
          help: "for example \(name)(\(option.name)=\(option.usualText ?? option.legalText))")
      }
      _ = try set(option, to: defaultText)
    }
  }

  /// The option that an argument means: by its label, or the first unused one of a fitting shape.
  private func option(
    for argument: TransformCall.Argument, word: String
  ) throws(GraftError) -> TransformOption {
    if let label = argument.label {
      if let option = options.first(where: { $0.name == label }) { return option }
      let nearest = NearestName.of(label, among: options.map(\.name))
      throw GraftError(
        .usage, "`\(name)` has no parameter `\(label)`",
        help: nearest.map { "did you mean `\($0)`?" } ?? usage)
    }
    let positional = options.dropLast().filter { !arguments.given.contains($0.name) }
    if let option = positional.first(where: { $0.fits(word) }) ?? positional.first {
      return option
    }
    throw GraftError(
      .usage, "`\(name)` has no parameter left for `\(word)`",
      help: options.count == 1 ? "\(name)(p=\(word)) sets the probability" : usage)
  }

  private var usage: String {
    "parameters: " + options.map(\.name).joined(separator: ", ")
  }

  /// Checks `word` and stores its value; returns its shortest form.
  private mutating func set(
    _ option: TransformOption, to word: String
  ) throws(GraftError) -> String {
    if word == TransformOption.absent && option.defaultText == TransformOption.absent {
      return word
    }
    do throws(GraftError) {
      let parsed = try option.parse(word)
      switch parsed.value {
      case .number(let value): arguments.numbers[option.name] = value
      case .range(let value): arguments.ranges[option.name] = value
      case .word(let value): arguments.words[option.name] = value
      case .flag(let value): arguments.flags[option.name] = value
      }
      return parsed.text
    } catch {
      throw GraftError(
        error.code, "`\(option.name)` of `\(name)` \(error.message)", help: error.help)
    }
  }
}
