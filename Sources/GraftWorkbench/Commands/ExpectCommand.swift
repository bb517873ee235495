import GraftBase
import GraftTraining

/// `expect`: an assertion about a metric; a recipe in which it fails ends with status 3.
package struct ExpectCommand: Command {
  private static let metric = Argument(
    required: "metric", .metric, "accuracy, A.accuracy, A.test.accuracy"
  ).positional
  private static let comparison: Argument<Comparison> = Argument(
    required: "comparison", .word, "the comparison"
  ).positional
  private static let value = Argument(
    required: "value", .operand, "a number, or another metric"
  ).positional
  private static let margin = Argument(
    each: "margin", .text, "+- TOLERANCE, or by DIFFERENCE"
  ).positional

  package static let specification = CommandSpecification(
    "expect", "check a metric; a recipe stops with status 3 if it does not hold", group: .judge,
    parameters: [metric, comparison, value, margin],
    examples: [
      "expect accuracy >= 0.9", "expect C.accuracy > A.accuracy by 0.01",
      "expect A.accuracy == 0.94 +- 0.01",
    ],
    seeAlso: ["evaluate", "runs"], isRecorded: true,
    discussion: "Metrics: "
      + Metrics.all.map {
        "\($0.name) (\($0.summary)\($0.isLargerBetter ? "" : "; less is better"))"
      }.joined(separator: ", ")
      + "; seconds. Those of a run are RUN.PART.METRIC; without RUN it is the current one, without "
      + "PART the validation images.")

  private let metric: String
  private let comparison: Comparison
  private let operand: Operand
  private let tolerance: Double
  private let difference: Double
  private let text: String

  package init(_ arguments: CheckedArguments) throws {
    metric = arguments[Self.metric]
    comparison = arguments[Self.comparison]
    operand = arguments[Self.value]
    text = Printer.text(arguments.syntax)
    let margin = arguments[Self.margin]
    var tolerance = 0.0
    var difference = 0.0
    if !margin.isEmpty {
      guard margin.count == 2, ["+-", "±", "by"].contains(margin[0]),
        let amount = NumberText.fraction(margin[1]), amount >= 0
      else {
        throw arguments.fault(
          .wrongType, at: Self.margin, "after the value comes `+- NUMBER` or `by NUMBER`",
          help: "for example: expect C.accuracy > A.accuracy by 0.01")
      }
      if margin[0] == "by" { difference = amount } else { tolerance = amount }
    }
    if difference > 0, comparison == .equal {
      throw arguments.fault(
        .wrongType, at: Self.margin, "`by` works with > and <, not with ==",
        help: "for a tolerance write +- NUMBER")
    }
    self.tolerance = tolerance
    self.difference = difference
  }

  package func rehearse(in trial: Session) throws {
    _ = try trial.metric(named: metric)
    if case .metric(let other) = operand { _ = try trial.metric(named: other) }
  }

  package func run(in session: Session) throws {
    let left = try session.metric(named: metric)
    let right =
      switch operand {
      case .number(let number): number
      case .metric(let name): try session.metric(named: name)
      }
    let holds =
      switch comparison {
      case .atLeast: left >= right + difference - tolerance
      case .above: left > right + difference - tolerance
      case .atMost: left <= right - difference + tolerance
      case .below: left < right - difference + tolerance
      case .equal: abs(left - right) <= tolerance
      }
    var found = "\(metric) is \(left.fixedText(3))"
    if case .metric(let other) = operand { found += ", \(other) is \(right.fixedText(3))" }
    let condition = text.dropFirst(Self.specification.verb.count + 1)
    guard holds else { throw GraftError(.expectation, "expected \(condition), but \(found)") }
    session.console.result(
      "holds: \(condition); \(found)", event: .expect,
      [("metric", .string(metric)), ("value", .number(left)), ("holds", .bool(true))])
  }

  package func lineage(in session: Session) -> Lineage? {
    var names = [metric]
    if case .metric(let name) = operand { names.append(name) }
    let needs = names.map { name in
      let run = name.split(separator: ".").first.map(String.init) ?? name
      return session.vocabulary.names(.run).contains(run) ? "run:\(run)" : "current"
    }
    return Lineage(needs: needs, isOutcome: true)
  }
}

private enum Comparison: String, WordChoice {
  case atLeast = ">="
  case above = ">"
  case atMost = "<="
  case below = "<"
  case equal = "=="
}

/// What a metric is compared with.
private enum Operand: ArgumentReadable {
  case number(Double)
  case metric(String)

  static func read(_ values: [ArgumentValue]) -> Operand? {
    Double.read(values).map(Operand.number) ?? String.read(values).map(Operand.metric)
  }

  var argumentText: String {
    switch self {
    case .number(let number): number.argumentText
    case .metric(let name): name
    }
  }
}

extension ArgumentType where Value == Operand {
  fileprivate static var operand: Self {
    Self(.either([.percent, .number(-1e30...1e30), .metric]))
  }
}
