extension ArgumentKind {
  /// What help and errors call the kind: `whole number 1..10`.
  package var title: String {
    switch self {
    case .integer(let range):
      switch (range.lowerBound == .min, range.upperBound == .max) {
      case (true, true): "whole number"
      case (false, true): "whole number from \(range.lowerBound)"
      default: "whole number \(range.lowerBound)..\(range.upperBound)"
      }
    case .number(let range): "number" + Self.text(range)
    case .percent: "percentage 0%..100%"
    case .duration: "duration such as 90s or 5m"
    case .range(let range, nil): "range LO..HI" + Self.text(range, " in")
    case .range(let range, .symmetric?) where range.upperBound.isFinite:
      "number 0..\(min(-range.lowerBound, range.upperBound).shortText), or range LO..HI"
        + Self.text(range, " in")
    case .range(let range, _): "number or range LO..HI" + Self.text(range, " in")
    case .integerRange(let range):
      "whole number or range LO..HI in \(range.lowerBound)..\(range.upperBound)"
    case .ratio: "ratio such as 80/10/10"
    case .flag: "yes or no"
    case .choice(let words): words.joined(separator: " | ")
    case .call(let words): words.map(\.name).joined(separator: " | ")
    case .name(let set): "name of \(set.article)"
    case .newName(let set): "new name for \(set.article)"
    case .path(let kind): kind.title
    case .text(let prefix): prefix.isEmpty ? "text" : "word that starts with \(prefix)"
    case .layers: "layers such as layer4.* or layer1..layer3"
    case .layer: "a layer or layer group, such as layer3"
    case .metric: "metric such as val.accuracy"
    case .pipeline: "ops such as flip rotate(15)"
    case .grid: "grid such as 4x4"
    case .window(let range):
      "whole number \(range.lowerBound)..\(range.upperBound), or ROWSxCOLUMNS"
    case .box: "box NAME(LEFT, TOP, RIGHT, BOTTOM) in pixels"
    case .network: "net(\"FORMULA\")"
    case .increment(let range): "+N, or a whole number \(range.lowerBound)..\(range.upperBound)"
    case .list(let element): "list of: \(element.title)"
    case .either(let kinds): kinds.map(\.title).joined(separator: ", or ")
    }
  }

  private static func text(_ range: ClosedRange<Double>, _ preposition: String = "") -> String {
    switch (range.lowerBound.isFinite, range.upperBound.isFinite) {
    case (true, true):
      "\(preposition) \(range.lowerBound.shortText)..\(range.upperBound.shortText)"
    case (true, false): " from \(range.lowerBound.shortText)"
    default: ""
    }
  }

  /// The whole of what a range may span, `-180..180`; nil of other kinds.
  package var rangeText: String? {
    switch self {
    case .range(let range, _): range.argumentText
    case .integerRange(let range): range.argumentText
    default: nil
    }
  }

  /// The words that the declaration itself lists.
  package var words: [String] {
    switch self {
    case .choice(let words): words
    case .call(let words): words.map(\.name)
    case .flag: ["yes", "no"]
    case .list(let element): element.words
    case .either(let kinds): kinds.flatMap(\.words)
    default: []
    }
  }

  /// Whether one number alone can be a value.
  package var isNumeric: Bool {
    switch self {
    case .integer, .number, .percent, .increment, .integerRange: true
    case .range(_, let single): single != nil
    case .either(let kinds): kinds.contains(where: \.isNumeric)
    case .list(let element): element.isNumeric
    default: false
    }
  }

  /// Whether it is the name of a score.
  package var isMetric: Bool { if case .metric = self { true } else { false } }

  /// Whether it names layers of the encoder.
  package var isLayers: Bool {
    switch self {
    case .layers, .layer: true
    case .list(let element): element.isLayers
    default: false
    }
  }

  /// Whether any word is one.
  package var takesAnyText: Bool {
    switch self {
    case .text: true
    case .list(let element): element.takesAnyText
    case .either(let kinds): kinds.contains(where: \.takesAnyText)
    default: false
    }
  }

  /// Whether ops may be typed for it.
  package var takesOps: Bool {
    switch self {
    case .pipeline: true
    case .list(let element): element.takesOps
    case .either(let kinds): kinds.contains(where: \.takesOps)
    default: false
    }
  }

  /// The words that take arguments in brackets.
  package var callableWords: [CallableWord] {
    switch self {
    case .call(let words): words
    case .list(let element): element.callableWords
    case .either(let kinds): kinds.flatMap(\.callableWords)
    default: []
    }
  }

  /// Whether a network's formula may be typed for it.
  package var takesNetwork: Bool {
    switch self {
    case .network: true
    case .either(let kinds): kinds.contains(where: \.takesNetwork)
    default: false
    }
  }

  /// The path kinds it accepts.
  package var pathKinds: [PathKind] {
    switch self {
    case .path(let kind): [kind]
    case .list(let element): element.pathKinds
    case .either(let kinds): kinds.flatMap(\.pathKinds)
    default: []
    }
  }
}

extension ArgumentKind.PathKind {
  /// Whether it is written, not read.
  package var isOutput: Bool { self == .output || self == .saved }

  package var title: String {
    switch self {
    case .folder: "folder"
    case .recipe: "recipe file"
    case .weights: "weight file"
    case .model: "model file"
    case .image: "image file"
    case .file: "file"
    case .data: "folder of images or data file"
    case .output, .saved: "file to write"
    }
  }
}

extension NameSet {
  /// The set's word with its article: `an encoder`.
  package var article: String { (self == .encoder ? "an " : "a ") + noun }

  /// What one of the set is called.
  package var noun: String {
    switch self {
    case .className: "class"
    case .dataSet: "data set"
    case .storedRun: NameSet.run.noun
    default: rawValue
    }
  }
}

extension ArgumentDeclaration {
  /// The argument as it is typed: `FILE`, `OPS…`, `epochs=`.
  package var form: String {
    isPositional ? name.uppercased() + (repeats ? "…" : "") : name + "="
  }

  /// The argument inside a call, with its default: `degrees=15`.
  package var usage: String {
    switch whenOmitted {
    case .refused: name
    case .absent: name + "=none"
    case .value(let text): name + "=" + text
    }
  }

  /// What holds when it is left out.
  package var defaultTitle: String {
    switch whenOmitted {
    case .refused: "must be given"
    case .absent(let otherwise): otherwise ?? "none"
    case .value(let text): text
    }
  }

  /// Type and default in one line.
  package var detail: String {
    switch whenOmitted {
    case .refused: kind.title + "; must be given"
    case .absent(nil): kind.title
    case .absent(let otherwise?): kind.title + "; default " + otherwise
    case .value(let text): kind.title + "; default " + text
    }
  }
}
