import GraftBase
import GraftImaging

/// The type of a parameter: what may be typed for it.
package indirect enum ParameterKind: Sendable {
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  /// `10%` or `0.1`; the value is a fraction.
  case percent
  /// `90s`, `5m`, `1h30m`; the value is in seconds.
  case duration
  /// `LO..HI` inside the legal range; a single number stands for itself when `acceptsSingle`.
  case range(ClosedRange<Double>, acceptsSingle: Bool)
  /// `80/10/10`: two or three positive parts; the values are fractions of 1.
  case ratio
  case flag
  case choice([String])
  /// A name that the session knows, such as an encoder or a finished run.
  case name(NameSet)
  /// A new name that this command gives to its result.
  case newName(NameSet)
  case path(PathKind)
  /// Any text.
  case text
  /// Layer or group names: `layer4`, `layer4.*`, `layer1..layer3`.
  case layers
  /// `accuracy`, `val.accuracy`, `A.accuracy`.
  case metric
  /// Ops, names of pipelines, `none`, `+OP`, `-OP`.
  case pipeline
  /// `4x4`: columns by rows.
  case grid
  /// `cat(40, 30, 120, 200)`: an object with the left, top, right and bottom of its box in pixels.
  case box
  /// `net("[[conv(32) relu]*2 pool]*3 fc")`: a network by its formula.
  case network
  /// `+5` (that many more) or `20` (up to that many).
  case increment(ClosedRange<Int>)
  /// `[a, b]`, or one element without brackets.
  case list(of: ParameterKind)
  /// The first of these that fits.
  case either([ParameterKind])

  /// What a path must lead to.
  package enum PathKind: Sendable {
    case folder, recipe, weights, image, file
    /// A folder of images, or a file that holds a data set.
    case data
    /// A file or folder that the command writes.
    case output
  }

  /// How help and errors call this type.
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
    case .range(let range, let acceptsSingle):
      (acceptsSingle ? "number or range LO..HI" : "range LO..HI") + Self.text(range)
    case .ratio: "ratio such as 80/10/10"
    case .flag: "yes or no"
    case .choice(let values): values.joined(separator: " | ")
    case .name(let set): "name of \(set.article)"
    case .newName(let set): "new name for \(set.article)"
    case .path(let kind): kind.title
    case .text: "text"
    case .layers: "layers such as layer4.* or layer1..layer3"
    case .metric: "metric such as val.accuracy"
    case .pipeline: "ops such as flip rotate(15)"
    case .grid: "grid such as 4x4"
    case .box: "box NAME(LEFT, TOP, RIGHT, BOTTOM) in pixels"
    case .network: "net(\"FORMULA\")"
    case .increment(let range): "+N, or a whole number \(range.lowerBound)..\(range.upperBound)"
    case .list(let element): "list of: \(element.title)"
    case .either(let kinds): kinds.map(\.title).joined(separator: ", or ")
    }
  }

  private static func text(_ range: ClosedRange<Double>) -> String {
    switch (range.lowerBound.isFinite, range.upperBound.isFinite) {
    case (true, true):
      " \(range.lowerBound.shortText)..\(range.upperBound.shortText)"
    case (true, false): " from \(range.lowerBound.shortText)"
    default: ""
    }
  }

  /// All legal words, when they can be listed.
  package func legalValues(in vocabulary: Vocabulary) -> [String] {
    switch self {
    case .choice(let values): values
    case .flag: ["yes", "no"]
    case .name(let set): vocabulary.names(set)
    case .layers: vocabulary.names(.layer)
    case .metric: vocabulary.names(.metric)
    case .pipeline: vocabulary.transforms.map(\.name) + vocabulary.names(.pipeline)
    case .list(let element): element.legalValues(in: vocabulary)
    case .either(let kinds): kinds.flatMap { $0.legalValues(in: vocabulary) }
    default: []
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

  /// Whether a network's formula may be typed for it.
  package var takesNetwork: Bool {
    switch self {
    case .network: true
    case .either(let kinds): kinds.contains(where: \.takesNetwork)
    default: false
    }
  }

  /// The path kinds this type accepts.
  package var pathKinds: [PathKind] {
    switch self {
    case .path(let kind): [kind]
    case .list(let element): element.pathKinds
    case .either(let kinds): kinds.flatMap(\.pathKinds)
    default: []
    }
  }
}

extension ParameterKind.PathKind {
  package var title: String {
    switch self {
    case .folder: "folder"
    case .recipe: "recipe file"
    case .weights: "weight file"
    case .image: "image file"
    case .file: "file"
    case .data: "folder of images or data file"
    case .output: "file to write"
    }
  }

  /// Whether TAB offers a file with this name; folders are always offered, as a way to go on.
  package func accepts(fileNamed name: String) -> Bool {
    let suffix = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
    switch self {
    case .folder: return false
    case .recipe: return suffix == "graft"
    case .weights: return ["safetensors", "pth", "pt", "th", "bin", "onnx"].contains(suffix)
    case .image: return ReadableKind.suffixes.contains(suffix)
    case .data: return ["tar", "zip", "csv", "tsv", "npz", "gz", "bin", "txt"].contains(suffix)
    case .file, .output: return true
    }
  }
}

/// A set of names that grows while a session runs or comes from a registry.
package enum NameSet: String, Sendable, CaseIterable {
  case encoder, pipeline, run, layer, metric, knob, setting, verb
  /// A class of the images at hand.
  case className

  var article: String {
    switch self {
    case .encoder: "an encoder"
    case .pipeline: "a pipeline"
    case .run: "a run"
    case .layer: "a layer"
    case .metric: "a metric"
    case .knob: "a knob"
    case .setting: "a setting"
    case .verb: "a verb"
    case .className: "a class"
    }
  }
}
