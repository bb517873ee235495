import Foundation
import GraftBase
import GraftTraining

/// The values that a sweep tries of one argument: those of a list, or draws from a range.
struct SweptValues {
  let key: String
  private let choices: [ValueSyntax]
  private let range: ClosedRange<Double>?
  private let isWhole: Bool

  /// The argument as it was written; ranges are drawn from where `isRandom`, else they are values.
  init(_ argument: ArgumentSyntax, kind: ArgumentKind, isRandom: Bool) throws {
    key = argument.label ?? ""
    choices = argument.value.elements
    isWhole = if case .integer = kind { true } else { false }
    let ends = choices.count == 1 ? choices[0].literalWord.flatMap { NumberText.ends($0) } : nil
    if let ends, !isRandom, !kind.takesRange {
      throw Diagnostic(
        .missingParameter,
        "`\(key)=\(ends.first.shortText)..\(ends.last.shortText)` is a range to draw from",
        at: argument.value.span,
        help: "add trials=20, or list values: \(key)=[\(ends.first.shortText), …]")
    }
    range = isRandom ? ends.flatMap { $0 < $1 ? $0...$1 : nil } : nil
  }

  /// Whether there is more than one value.
  var varies: Bool { choices.count > 1 || range != nil }

  /// The axis of a grid.
  var axis: TrainingAxes.Axis { TrainingAxes.Axis(key: key, values: choices) }

  /// One value at random: of a list evenly; of a range evenly, or evenly in its logarithm where it spans a
  /// factor of ten and more.
  func draw(_ stream: inout RandomStream) -> ValueSyntax {
    guard let range, let place = choices.first else {
      return choices[stream.integer(in: 0...choices.count - 1)]
    }
    let isWide = range.lowerBound > 0 && range.upperBound >= 10 * range.lowerBound
    let number =
      isWide
      ? exp(stream.uniform(log(range.lowerBound)...log(range.upperBound)))
      : stream.uniform(range)
    let inside = min(range.upperBound, max(range.lowerBound, number))
    return place.replacingText(isWhole ? "\(Int(inside.rounded()))" : inside.threeDigitText)
  }
}

extension ArgumentKind {
  /// Whether a range is a value of the kind by itself, as rates from the lowest group to the head are.
  fileprivate var takesRange: Bool {
    switch self {
    case .range: true
    case .either(let kinds): kinds.contains(where: \.takesRange)
    default: false
    }
  }
}
