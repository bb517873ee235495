import GraftBase

/// The choice of a head with its arguments, as a recipe names it: `mlp hidden=256 dropout=0.5`.
package struct HeadSpec: Sendable {
  package let kind: any HeadKind.Type
  /// A value of each argument of the kind.
  package private(set) var values: ArgumentValues

  /// A head with the values that `change` sets, and defaults else.
  package init(_ kind: any HeadKind.Type, _ change: (inout ArgumentValues) -> Void = { _ in }) {
    self.kind = kind
    values = ArgumentValues()
    for argument in kind.arguments {
      values.set(argument.declaration.standardValue, for: argument)
    }
    change(&values)
  }

  /// Whether all its parameters come with the encoder's weights.
  package var isOwn: Bool { kind.isOwn && values[OwnHead.classes] == .file }

  /// What it predicts, on this encoder.
  package func task(on spec: EncoderSpec) -> PredictionTask { kind.task(on: spec) }

  /// The same where images have any number of labels; refuses heads that name one class.
  package func task(on spec: EncoderSpec, isMultiLabel: Bool) throws -> PredictionTask {
    let task = kind.task(on: spec)
    guard isMultiLabel, task == .classification else { return task }
    guard !isSolved, !isOwn else {
      throw GraftError(
        .usage,
        "head \(self) names one class per image, and these images have any number of labels",
        help: "choose another: head linear, mlp or cosine")
    }
    return .multiLabel
  }

  /// Builds the layers; throws when a number is out of range or the classes do not fit.
  func makeHead(in context: HeadContext) throws -> any Head {
    try kind.makeHead(values, in: context)
  }
}

extension HeadSpec: Hashable {
  package static func == (left: HeadSpec, right: HeadSpec) -> Bool {
    left.kind == right.kind && left.values == right.values
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

extension HeadSpec: CustomStringConvertible {
  /// The head in the language: `mlp hidden=256 dropout=0.5 pool=max`.
  package var description: String {
    let words = kind.arguments.compactMap { argument -> String? in
      guard let value = values.values[argument.name]?.first else { return nil }
      let isShown =
        value != argument.declaration.standardValue
        || argument.name == kind.leadingArgument?.name
      return isShown ? "\(argument.name)=\(value.plainText)" : nil
    }
    return ([kind.name] + words).joined(separator: " ")
  }
}

/// In model files `{"mlp":{"dropout":0.5,"hidden":256,"pool":"average"}}`.
extension HeadSpec: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private static func key(of argument: any AnyArgument, _ kind: any HeadKind.Type) -> Key {
    Key(stringValue: kind.fileKeys[argument.name] ?? argument.name)
  }

  package func encode(to encoder: any Swift.Encoder) throws {
    var outer = encoder.container(keyedBy: Key.self)
    var inner = outer.nestedContainer(keyedBy: Key.self, forKey: Key(stringValue: kind.name))
    for argument in kind.arguments {
      let key = Self.key(of: argument, kind)
      // Files of an own head say nothing of whose classes it has, unless they are new.
      if kind.isOwn, values.values[argument.name]?.first == argument.declaration.standardValue {
        continue
      }
      switch values.values[argument.name]?.first {
      case .integer(let value): try inner.encode(value, forKey: key)
      case .number(let value): try inner.encode(value, forKey: key)
      case .text(let value): try inner.encode(value, forKey: key)
      default: preconditionFailure("heads take whole numbers, numbers and words")
      }
    }
  }

  package init(from decoder: any Swift.Decoder) throws {
    let outer = try decoder.container(keyedBy: Key.self)
    guard let name = outer.allKeys.first, outer.allKeys.count == 1,
      let kind = Heads.kind(named: name.stringValue)
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: outer.codingPath, debugDescription: "not one head"))
    }
    self.init(kind)
    let inner = try outer.nestedContainer(keyedBy: Key.self, forKey: name)
    // An argument that did not exist when the file was written has its default.
    for argument in kind.arguments where inner.contains(Self.key(of: argument, kind)) {
      let key = Self.key(of: argument, kind)
      let text =
        try (try? inner.decode(Int.self, forKey: key)).map { "\($0)" }
        ?? (try? inner.decode(Double.self, forKey: key)).map { "\($0)" }
        ?? inner.decode(String.self, forKey: key)
      values.set(try argument.declaration.kind.parse(text), for: argument)
    }
  }
}

extension ArgumentValues {
  mutating func set(_ value: ArgumentValue, for argument: some AnyArgument) {
    set([value], for: argument, isGiven: false)
  }
}

extension ArgumentDeclaration {
  /// The default of an argument of a head: all have one.
  fileprivate var standardValue: ArgumentValue {
    guard let text = defaultText, let value = try? kind.parse(text) else {
      preconditionFailure("the argument `\(name)` of a head has no legal default")
    }
    return value
  }
}

extension ArgumentValue {
  /// As it is typed.
  fileprivate var plainText: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): value.shortText
    case .text(let text): text
    default: preconditionFailure("heads take whole numbers, numbers and words")
    }
  }
}
