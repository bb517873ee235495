/// Everything there is to say about one command; parsing, checking, completion, help, suggestions,
/// the man page and the shell completions are all read from it.
package struct CommandSpecification: Sendable {
  package enum Group: String, Sendable, CaseIterable {
    case ingredients = "Ingredients"
    case look = "Look"
    case train = "Train"
    case judge = "Judge"
    case keep = "Keep"
    case recipes = "Recipes"
    case shell = "Shell"
  }

  /// What the interpreter lets pass that the parameters do not describe.
  package enum Openness: Sendable {
    case closed
    /// `NAME=VALUE` with any name: knobs of `run` and `include`, the name of `let`.
    case anyLabel
    /// `set threads 4` besides `set threads=4`.
    case namesAsWords
  }

  package var verb: String
  /// One line, lower case, for lists.
  package var summary: String
  package var group: Group
  package var parameters: [ParameterSpecification]
  /// Lines that a user may type as they are; at least three.
  package var examples: [String]
  package var seeAlso: [String]
  /// Whether a success is written to the journal and may become part of a recipe.
  package var isRecorded: Bool
  /// Whether recipes refuse it.
  package var isPromptOnly: Bool
  package var openness: Openness
  /// More to say in `help`, a paragraph; empty when the table says it all.
  package var discussion: String

  package init(
    _ verb: String, _ summary: String, group: Group, parameters: [ParameterSpecification] = [],
    examples: [String], seeAlso: [String], isRecorded: Bool = false, isPromptOnly: Bool = false,
    openness: Openness = .closed, discussion: String = ""
  ) {
    self.verb = verb
    self.summary = summary
    self.group = group
    self.parameters = parameters
    self.examples = examples
    self.seeAlso = seeAlso
    self.isRecorded = isRecorded
    self.isPromptOnly = isPromptOnly
    self.openness = openness
    self.discussion = discussion
  }

  package func parameter(_ name: String) -> ParameterSpecification? {
    parameters.first { $0.name == name }
  }

  package var positional: [ParameterSpecification] { parameters.filter(\.isPositional) }
  package var labeled: [ParameterSpecification] { parameters.filter { !$0.isPositional } }
}

/// One parameter of a command.
package struct ParameterSpecification: Sendable {
  package enum Default: Sendable {
    /// Must be given.
    case required
    /// May be left out; the command then has no value.
    case none
    /// The value taken when it is left out, as a user would type it.
    case value(String)
    /// Left out, the value follows from something else; the text says from what.
    case described(String)
  }

  package var name: String
  package var kind: ParameterKind
  package var whenOmitted: Default
  package var summary: String
  package var isPositional: Bool
  /// Whether a positional parameter takes all remaining arguments.
  package var repeats: Bool

  /// A parameter given as `name=value`.
  package init(
    _ name: String, _ kind: ParameterKind, default whenOmitted: Default = .none, _ summary: String
  ) {
    self.name = name
    self.kind = kind
    self.whenOmitted = whenOmitted
    self.summary = summary
    isPositional = false
    repeats = false
  }

  /// A parameter given by position.
  package static func positional(
    _ name: String, _ kind: ParameterKind, default whenOmitted: Default = .none,
    repeats: Bool = false, _ summary: String
  ) -> ParameterSpecification {
    var result = ParameterSpecification(name, kind, default: whenOmitted, summary)
    result.isPositional = true
    result.repeats = repeats
    return result
  }

  package var isRequired: Bool { if case .required = whenOmitted { true } else { false } }
}
