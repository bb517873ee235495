import GraftBase

/// One operation at several strengths, from the start of its range to the end.
package struct StrengthRow: Sendable {
  /// How the operation is called, with its arguments.
  package let name: String
  private let content: Content

  private enum Content {
    /// The same operation with one strength each.
    case pipelines([Pipeline])
    /// An operation that a policy draws, at so many strengths.
    case policy(PolicyRange, Int, WarpFilter, FillChoice)
  }

  fileprivate init(_ name: String, _ pipelines: [Pipeline]) {
    self.name = name
    content = .pipelines(pipelines)
  }

  fileprivate init(_ range: PolicyRange, _ count: Int, of policy: any PolicyTransform) {
    name = range.operation.rawValue
    content = .policy(range, count, policy.shownFilter, policy.shownFill)
  }

  /// What each strength does to an image of `size`.
  package func draws(
    size: ImageSize, key: SampleKey, preprocessing: ImageInput
  ) -> [TrainingDraw] {
    switch content {
    case .pipelines(let pipelines):
      return pipelines.map {
        $0.trainingDraw(size: size, key: key, preprocessing: preprocessing)
      }
    case .policy(let range, let count, let filter, let fill):
      let start = size.edited(by: [.move(preprocessing.frame(of: size, key: key))])
      return range.steps(count, size: start, filter: filter).map { step in
        TrainingDraw(
          size: size, key: key, preprocessing: preprocessing, input: .encoderInput, isFast: false
        ) { size, context in
          let edits = step.edits(size: size, fill: fill.color(in: context))
          return [DrawnStep(name: range.operation.rawValue, edits: edits) { step.text }]
        }
      }
    }
  }
}

extension Pipeline {
  /// A row for each operation that can be drawn, those of policies and of groups included, at up to
  /// `count` strengths.
  ///
  /// What has no range is there once, as it is when it is applied; of a pipeline that is nothing else
  /// it is refused. Mixing needs a batch and is left out.
  package func strengthRows(_ count: Int) throws -> [StrengthRow] {
    let single = calls.count == 1 && steps.count == 1 ? steps[0] : nil
    if let single, !single.isPolicyOrGroup {
      return [StrengthRow(description, try strengths(count))]
    }
    var rows: [StrengthRow] = []
    for step in steps { try step.addStrengths(count, to: &rows) }
    guard !rows.isEmpty else { return [StrengthRow(description, try strengths(count))] }
    return rows
  }

  /// A pipeline of one operation at evenly spaced strengths: `rotate(5..45)` as `rotate(5..5)` to
  /// `rotate(45..45)`.
  ///
  /// Every range LO..HI among the call's arguments goes from its start to its end; without one, the
  /// operation's own default ranges do. All else is drawn alike at every strength, since the place
  /// in the line is the same. Whole numbers that fall together are there once.
  package func strengths(_ count: Int) throws -> [Pipeline] {
    guard count > 1, calls.count == 1, let step = steps.first,
      let type = Transforms.named(calls[0].name)
    else {
      throw GraftError(
        .usage, "strengths= shows one operation, found `\(self)`",
        help: "for example augment=rotate(5..45)")
    }
    let spread = Self.spreadRanges(of: calls[0], type, step.arguments)
    guard !spread.isEmpty else {
      throw GraftError(
        .usage, "`\(calls[0])` has no range LO..HI to show strengths of",
        help: Self.usualRange(type))
    }
    var result: [Pipeline] = []
    for index in 0..<count {
      var arguments = step.arguments
      for option in spread {
        guard let range = arguments.range(of: option) else { continue }
        let share = Double(index) / Double(count - 1)
        var value = range.lowerBound + share * (range.upperBound - range.lowerBound)
        if case .integerRange = option.kind { value = value.rounded() }
        arguments.set([.range(value...value)], for: option, isGiven: false)
      }
      let call = TransformCall(name: calls[0].name, arguments: arguments.written(for: type))
      let pipeline: Pipeline
      do { pipeline = try Pipeline([call]) } catch { throw error.error }
      if pipeline != result.last { result.append(pipeline) }
    }
    return result
  }

  /// The arguments to spread: those given as a range, else those whose default is one.
  private static func spreadRanges(
    of call: TransformCall, _ type: any Transform.Type, _ arguments: ArgumentValues
  ) -> [ArgumentDeclaration] {
    let ranges = type.arguments.map(\.declaration).filter { option in
      arguments.range(of: option).map { $0.lowerBound < $0.upperBound } ?? false
    }
    let given = ranges.filter { option in
      call.arguments.contains { $0.label == option.name }
        || arguments.range(of: option) != option.usualRange
    }
    return given.isEmpty ? ranges : given
  }

  private static func usualRange(_ type: any Transform.Type) -> String {
    let example = type.arguments.lazy.map(\.declaration).compactMap { argument in
      argument.kind.rangeText.map { "\(argument.name)=\($0)" }
    }.first
    return example.map { "for example \(type.name)(\($0))" }
      ?? "operations such as rotate, brightness and blur have ranges"
  }
}

extension PipelineStep {
  fileprivate var isPolicyOrGroup: Bool {
    switch action {
    case .transform(let transform): transform is any PolicyTransform
    case .choose: true
    }
  }

  /// Adds a row for each operation that this step can come to.
  fileprivate func addStrengths(_ count: Int, to rows: inout [StrengthRow]) throws {
    switch action {
    case .transform(let policy as any PolicyTransform):
      rows += policy.ranges.map { StrengthRow($0, count, of: policy) }
    case .transform(let transform):
      let type = type(of: transform)
      let call = TransformCall(name: name, arguments: arguments.written(for: type))
      do {
        let alone = try Pipeline([call])
        let strengths = (try? alone.strengths(count)) ?? [alone]
        rows.append(StrengthRow(Self.shortText(name, arguments, type), strengths))
      } catch { throw error.error }
    case .choose(_, let members):
      for member in members { try member.addStrengths(count, to: &rows) }
    }
  }

  /// The call with those arguments that are not the default.
  private static func shortText(
    _ name: String, _ arguments: ArgumentValues, _ type: any Transform.Type
  ) -> String {
    let given = type.arguments.compactMap { argument -> TransformCall.Argument? in
      var usual = ArgumentValues()
      usual.setDefault(of: argument.declaration)
      guard let text = arguments.values[argument.name]?.first?.text,
        text != usual.values[argument.name]?.first?.text
      else { return nil }
      return .init(label: argument.name, value: .word(text))
    }
    return TransformCall(name: name, arguments: given).description
  }
}

extension ArgumentDeclaration {
  /// The default as a range.
  fileprivate var usualRange: ClosedRange<Double>? {
    var values = ArgumentValues()
    values.setDefault(of: self)
    return values.range(of: self)
  }
}

extension ArgumentValues {
  /// The value of an argument that is a range.
  fileprivate func range(of argument: ArgumentDeclaration) -> ClosedRange<Double>? {
    if case .range(let range)? = values[argument.name]?.first { range } else { nil }
  }

  /// The arguments with their labels and `p=1`, as they would be typed.
  fileprivate func written(for type: any Transform.Type) -> [TransformCall.Argument] {
    let given = type.arguments.compactMap { argument in
      values[argument.name]?.first?.text.map {
        TransformCall.Argument(label: argument.name, value: .word($0))
      }
    }
    return given + [.init(label: type.probability.name, value: .word("1"))]
  }
}
