/// One thing that a user may type, typed: its name, what is legal, its default and one line of
/// help.
///
/// Declared once, as a constant of the type that reads it, and read by that constant:
/// ```swift
/// static let epochs = Argument(
///   "epochs", .integer(1...100_000), default: 5, "passes over the images")
/// let count = arguments[Self.epochs]  // an Int
/// ```
/// Commands, operations, optimizers, schedules, heads, losses and layers of formulas all declare
/// theirs so. Checking, help, completion, the man page and JSON read the `declaration`.
package struct Argument<Value: ArgumentReadable>: AnyArgument {
  package var declaration: ArgumentDeclaration

  /// An argument that has a default.
  package init(
    _ name: String, _ type: ArgumentType<Value>, default standard: Value, _ summary: String,
    usual: String? = nil
  ) {
    self.init(name, type, defaultText: standard.argumentText, summary, usual: usual)
  }

  /// An argument whose default reads otherwise than its value, such as 0.4 that stands for
  /// 0.6..1.4.
  package init(
    _ name: String, _ type: ArgumentType<Value>, defaultText: String, _ summary: String,
    usual: String? = nil
  ) {
    declaration = ArgumentDeclaration(
      name, type.kind, whenOmitted: .value(defaultText), summary, usual: usual ?? defaultText)
  }

  /// An argument that must be given; `usual` is what users usually give.
  package init(
    required name: String, _ type: ArgumentType<Value>, _ summary: String, usual: String? = nil
  ) {
    declaration = ArgumentDeclaration(
      name, type.kind, whenOmitted: .refused, summary, usual: usual)
  }

  /// An argument that may be left out and then has no value; `otherwise` says what holds then.
  package init<Wrapped>(
    _ name: String, _ type: ArgumentType<Wrapped>, otherwise: String? = nil, _ summary: String,
    usual: String? = nil
  ) where Value == Wrapped? {
    declaration = ArgumentDeclaration(
      name, type.kind, whenOmitted: .absent(otherwise), summary, usual: usual)
  }

  /// An argument whose one value is a list, empty when it is left out.
  package init<Element>(
    list name: String, _ type: ArgumentType<Value>, otherwise: String? = nil, _ summary: String,
    usual: String? = nil
  ) where Value == [Element] {
    declaration = ArgumentDeclaration(
      name, type.kind, whenOmitted: .absent(otherwise), summary, usual: usual)
  }

  /// An argument that takes any number of values, at least one when it `isRequired`; `otherwise`
  /// tells what holds without one.
  package init<Element>(
    each name: String, _ type: ArgumentType<Element>, isRequired: Bool = false,
    otherwise: String? = nil, _ summary: String, usual: String? = nil
  ) where Value == [Element] {
    declaration = ArgumentDeclaration(
      name, type.kind, whenOmitted: isRequired ? .refused : .absent(otherwise), summary,
      usual: usual)
    declaration.repeats = true
  }

  /// The same, given by its place and not by its name.
  package var positional: Argument {
    var result = self
    result.declaration.isPositional = true
    return result
  }
}

/// An argument whatever its value's type, for lists of them.
package protocol AnyArgument: Sendable {
  var declaration: ArgumentDeclaration { get }
}

extension AnyArgument {
  package var name: String { declaration.name }
}

/// An argument without its value's type: what help, completion and checks need.
package struct ArgumentDeclaration: AnyArgument {
  package enum Omission: Sendable {
    /// It must be given.
    case refused
    /// Without a value; the text says what applies instead.
    case absent(String?)
    /// The value taken then, as a user would type it.
    case value(String)
  }

  package var name: String
  package var kind: ArgumentKind
  package var whenOmitted: Omission
  /// One line for `help`.
  package var summary: String
  /// What users usually give, for messages.
  package var usual: String?
  package var isPositional = false
  /// Whether it takes all remaining values.
  package var repeats = false

  package init(
    _ name: String, _ kind: ArgumentKind, whenOmitted: Omission, _ summary: String,
    usual: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.whenOmitted = whenOmitted
    self.summary = summary
    self.usual = usual
  }

  package var declaration: ArgumentDeclaration { self }

  package var isRequired: Bool { if case .refused = whenOmitted { true } else { false } }

  /// The default as a user would type it; nil where there is none.
  package var defaultText: String? { if case .value(let text) = whenOmitted { text } else { nil } }
}
