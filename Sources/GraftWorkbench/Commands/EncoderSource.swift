import GraftBase
import GraftModels

/// How an encoder is named.
enum EncoderSource: ArgumentReadable {
  case name(String)
  case file(String)
  case network(NetSyntax)

  /// The word by which Graft chooses among those that are available.
  static let auto = "auto"

  static func read(_ values: [ArgumentValue]) -> EncoderSource? {
    if let network = NetSyntax.read(values) { return .network(network) }
    if case .path(let path)? = values.first { return .file(path) }
    return String.read(values).map(EncoderSource.name)
  }

  var argumentText: String {
    switch self {
    case .name(let text), .file(let text): text
    case .network(let network): network.argumentText
    }
  }

  var path: String? { if case .file(let path) = self { path } else { nil } }
}

extension ArgumentType where Value == EncoderSource {
  static var encoderSource: Self {
    Self(.either([.path(.weights), .name(.encoder), .network]))
  }
}

extension ArgumentType where Value == EncoderSource {
  /// The same, or `auto`.
  static var encoderOrAuto: Self {
    Self(.either([.choice([EncoderSource.auto]), encoderSource.kind]))
  }
}

extension ArgumentType where Value == [EncoderSource] {
  static var encoderSources: Self {
    Self(.list(of: ArgumentType<EncoderSource>.encoderSource.kind))
  }
}

/// Where an encoder's weights come from.
enum WeightSource: ArgumentReadable {
  case pretrained, random
  /// Published ones of a name.
  case named(String)
  case file(String)

  static func read(_ values: [ArgumentValue]) -> WeightSource? {
    if case .path(let path)? = values.first { return .file(path) }
    return String.read(values).map { word in
      [Self.pretrained, .random].first { $0.argumentText == word } ?? .named(word)
    }
  }

  var argumentText: String {
    switch self {
    case .pretrained: "pretrained"
    case .random: "random"
    case .named(let text), .file(let text): text
    }
  }
}

extension ArgumentType where Value == WeightSource {
  static var weightSource: Self {
    let words = [Value.pretrained, .random].map(\.argumentText)
    return Self(
      .either([.choice(words + PretrainedCatalog.standard.namedWeights), .path(.weights)]))
  }
}
