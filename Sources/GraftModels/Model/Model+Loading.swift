import GraftBase
import GraftEngine

/// What became of each tensor of a weight file.
package struct LoadReport: Sendable, Equatable {
  /// Names of parameters that were filled, in the model's order.
  package var matched: [String] = []
  /// Parameters that the file lacks.
  package var missing: [String] = []
  /// Tensors that the model does not have.
  package var unexpected: [ByteString] = []
  /// Sentences about tensors of another shape or type.
  package var misshapen: [String] = []
  /// Tensors left out: of the file's classifier when the head is new, of auxiliary classifiers that
  /// the model does without.
  package var dropped: [ByteString] = []
  /// Sentences about values that are NaN or infinite.
  package var warnings: [String] = []
  /// How the file was understood, in sentences.
  package var notes: [String] = []

  package var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty }
}

extension LoadReport: CustomStringConvertible {
  package var description: String {
    let dropped = dropped.map(\.description).joined(separator: ", ")
    let text = "\(matched.count) tensors loaded"
    return ([dropped.isEmpty ? text : "\(text), left out: \(dropped)"] + notes + warnings)
      .joined(separator: "\n")
  }
}

extension Model {
  /// Which parameters a file must have.
  package enum LoadScope: Sendable {
    /// All of them.
    case everything
    /// The encoder's; the file's classifier is left out and the head stays as it is.
    case encoder
  }

  /// Fills the parameters from a file; throws, and changes nothing, unless all of them fit.
  ///
  /// - Parameter scope: nil is everything for the head `own`, else the encoder.
  @discardableResult
  package func load(weights: WeightFile, scope: LoadScope? = nil) throws -> LoadReport {
    let scope = scope ?? (headKind.isOwn ? .everything : .encoder)
    let weights = weights.spelled(for: spec)
    var report = LoadReport()
    var values: [(parameter: Parameter, tensor: SafetensorsTensor)] = []
    var remaining = Set(weights.tensors.keys)
    let own = Set(
      scope == .everything
        ? [] : (groups.last?.parameters.map(\.name) ?? []).filter(isOwnOfHead))
    let ownShapes = shapesOfOwnChannels
    for parameter in parameters where !own.contains(parameter.name) {
      let name = ByteString(parameter.name)
      remaining.remove(name)
      guard let tensor = weights.tensors[name] else {
        report.missing.append(parameter.name)
        continue
      }
      if tensor.shape != parameter.torchShape.dimensions,
        ownShapes[parameter.name]?.dimensions == tensor.shape, tensor.shape.count == 4
      {
        values.append((parameter, try tensor.adapted(toChannels: input.channels)))
        report.notes.append(
          "\(parameter.name) was trained for \(input.channels) of \(spec.input.channels) channels")
      } else if let misfit = misfit(of: tensor, for: parameter, in: weights) {
        report.misshapen.append(misfit)
      } else {
        values.append((parameter, tensor))
      }
    }
    // Tables follow from the layers: what a file has of them is not read.
    remaining.subtract(state.tables.map { ByteString($0.name) })
    let newCounters = try takeCounters(from: weights, remaining: &remaining)
    for name in remaining.sorted() {
      let isClassifier = (spec.classifierPrefix + ["head"]).contains(where: name.isCovered)
      let isLeftOut =
        (scope == .encoder ? spec.auxiliary.map(\.lastLayer) : [])
        .contains(where: name.isCovered)
        || !spec.keepsAuxiliary && spec.auxiliary.map(\.name).contains(where: name.isCovered)
      if scope == .encoder && isClassifier || isLeftOut {
        report.dropped.append(name)
      } else {
        report.unexpected.append(name)
      }
    }
    guard report.isComplete else { throw report.mismatch(of: weights, for: spec) }
    for (parameter, tensor) in values {
      parameter.setTorchValues(try tensor.floats())
      report.matched.append(parameter.name)
    }
    counters = newCounters
    report.warnings = weights.warnings
    report.notes = weights.notes + report.notes
    loadReport = report
    return report
  }

  /// Whether a parameter of the head comes from no file: all but auxiliary classifiers' first
  /// layers.
  private func isOwnOfHead(_ name: String) -> Bool {
    let name = ByteString(name)
    return !spec.keptAuxiliary.map(\.name).contains(where: name.isCovered)
      || spec.auxiliary.map(\.lastLayer).contains(where: name.isCovered)
  }

  private func misfit(
    of tensor: SafetensorsTensor, for parameter: Parameter, in weights: WeightFile
  ) -> String? {
    let wanted = parameter.torchShape
    // A fully connected layer and a convolution over the whole map have the same values.
    let isReshaped =
      weights.allowsReshaping && tensor.elementCount == wanted.elementCount
      && tensor.shape.first == wanted.dimensions.first
    guard tensor.shape == wanted.dimensions || isReshaped else {
      return "\(parameter.name) is \(Shape(tensor.shape)) instead of \(wanted)"
    }
    guard [.f32, .f16, .bf16, .f64].contains(tensor.type) else {
      return "\(parameter.name) is of type \(tensor.type.rawValue)"
    }
    return nil
  }

  /// The shapes that the encoder's parameters have with its own number of channels, where that is
  /// not the model's.
  private var shapesOfOwnChannels: [String: Shape] {
    input.channels == spec.input.channels ? [:] : spec.parameterShapes
  }

  private func takeCounters(
    from weights: WeightFile, remaining: inout Set<ByteString>
  ) throws -> [(name: String, value: Int64)] {
    try counters.map { counter in
      let name = ByteString(counter.name)
      remaining.remove(name)
      guard let tensor = weights.tensors[name] else { return counter }
      guard let value = try tensor.integers().first, tensor.elementCount == 1 else {
        throw GraftError(
          .input,
          "'\(weights.name.escapingControlCharacters)': \(name) is \(Shape(tensor.shape)) instead of one number"
        )
      }
      return (counter.name, value)
    }
  }
}

extension LoadReport {
  /// The first names, and how many more there are.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(12).joined(separator: ", ")
    return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
  }

  /// What keeps a file from being loaded, as a sentence.
  func mismatch(of weights: WeightFile, for spec: EncoderSpec) -> GraftError {
    var lines: [String] = []
    if !missing.isEmpty {
      lines.append(
        "\(missing.count) missing: " + Self.list(missing))
    }
    if !unexpected.isEmpty {
      lines.append(
        "\(unexpected.count) unexpected: "
          + Self.list(unexpected.map(\.description)))
    }
    if !misshapen.isEmpty {
      lines.append(
        "\(misshapen.count) of another shape: "
          + Self.list(misshapen))
    }
    let fitting =
      weights.recognizedEncoder.map {
        $0.name == spec.name
          ? "its classifier is for other classes; `head linear` puts a new one in its place"
          : "the file fits \($0.name)"
      } ?? weights.nearestText
    return GraftError(
      .input,
      "'\(weights.name.escapingControlCharacters)' does not fit \(spec.name): "
        + lines.joined(separator: "; "),
      help: fitting)
  }
}
