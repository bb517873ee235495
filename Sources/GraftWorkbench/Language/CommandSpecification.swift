import GraftBase

/// The declaration of one command; parsing, checking, completion, help, suggestions,
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

  /// Arguments that are allowed although no parameter describes them.
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
  package var parameters: [ArgumentDeclaration]
  /// Lines that a user may type as they are; at least three.
  package var examples: [String]
  package var seeAlso: [String]
  /// Whether a success is written to the journal and may become part of a recipe.
  package var isRecorded: Bool
  /// Whether recipes refuse it.
  package var isPromptOnly: Bool
  package var openness: Openness
  /// The labels that go with a first word, by word, where not all go with each: `head mlp` takes `hidden`.
  package var labelsByWord: [String: [String]]
  /// A paragraph for `help`; empty when the table is enough.
  package var discussion: String

  package init(
    _ verb: String, _ summary: String, group: Group, parameters: [any AnyArgument] = [],
    examples: [String], seeAlso: [String], isRecorded: Bool = false, isPromptOnly: Bool = false,
    openness: Openness = .closed, labelsByWord: [String: [String]] = [:],
    discussion: String = ""
  ) {
    self.verb = verb
    self.summary = summary
    self.group = group
    self.parameters = parameters.map(\.declaration)
    self.examples = examples
    self.seeAlso = seeAlso
    self.isRecorded = isRecorded
    self.isPromptOnly = isPromptOnly
    self.openness = openness
    self.labelsByWord = labelsByWord
    self.discussion = discussion
  }

  package func parameter(_ name: String) -> ArgumentDeclaration? {
    parameters.first { $0.name == name }
  }

  package var positional: [ArgumentDeclaration] { parameters.filter(\.isPositional) }
  package var labeled: [ArgumentDeclaration] { parameters.filter { !$0.isPositional } }
}
