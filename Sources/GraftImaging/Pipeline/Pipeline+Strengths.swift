import GraftBase

extension Pipeline {
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
