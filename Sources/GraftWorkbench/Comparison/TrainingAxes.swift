import GraftBase
import GraftTraining

/// The ways in which the trainings of a comparison differ: every value of each axis with every one of the
/// others, in the order in which they were written.
struct TrainingAxes {
  /// One thing that differs.
  struct Axis {
    /// The key of `train`, or `encoder`, which is a line of its own.
    let key: String
    let values: [ValueSyntax]
  }

  let axes: [Axis]
  /// What all trainings have in common, as arguments of `train`.
  let common: [ArgumentSyntax]
  let verbSpan: SourceSpan

  /// One value of each axis.
  typealias Point = [(key: String, value: ValueSyntax)]

  var points: [Point] {
    axes.reduce([[]]) { points, axis in
      points.flatMap { point in axis.values.map { point + [(axis.key, $0)] } }
    }
  }

  /// The lines of one point: `seed 1`, `encoder resnet18`, `train policy=A … as=A`.
  func plan(_ point: Point, label: String, name: String, seed: UInt64?) -> PlannedTraining {
    var lines: [CommandSyntax] = []
    if let seed { lines.append(command("seed", [argument(nil, word("\(seed)"))])) }
    for (key, value) in point where key == Self.encoderKey {
      lines.append(command(key, [argument(nil, value)]))
    }
    let own = point.filter { $0.key != Self.encoderKey }.map { argument($0.key, $0.value) }
    let named = argument(TrainingParameters.name.name, word(name))
    lines.append(command(TrainCommand.specification.verb, own + common + [named]))
    return PlannedTraining(label: label, name: name, lines: lines)
  }

  /// The names of the runs of all points and `seeds`, by point: what they differ in, numbered by seed.
  func names(seeds: Int, prefix: String?, default label: String) -> [[String]] {
    var taken: Set<String> = []
    return points.map { point in
      let parts = point.isEmpty ? [label] : point.map { Printer.text($0.value) }
      let base = ([prefix].compactMap(\.self) + parts).joined(separator: "_").asRunName
      return (1...seeds).map { seed in
        let wanted = seeds > 1 ? "\(base)_\(seed)" : base
        var name = wanted
        var number = 2
        while !taken.insert(name).inserted {
          name = "\(wanted)_\(number)"
          number += 1
        }
        return name
      }
    }
  }

  static let encoderKey = EncoderCommand.specification.verb

  func word(_ text: String) -> ValueSyntax {
    ValueSyntax(.word(Template(literal: text)), at: verbSpan)
  }

  private func argument(_ label: String?, _ value: ValueSyntax) -> ArgumentSyntax {
    ArgumentSyntax(label: label, value: value)
  }

  private func command(_ verb: String, _ arguments: [ArgumentSyntax]) -> CommandSyntax {
    CommandSyntax(verb: verb, verbSpan: verbSpan, arguments: arguments)
  }
}

extension ValueSyntax {
  /// The elements of a list, or the value alone.
  var elements: [ValueSyntax] { if case .list(let values) = form { values } else { [self] } }
}

extension String {
  /// The text as the name of a run: letters, digits and `_`, a letter first.
  var asRunName: String {
    let letters = unicodeScalars.map { scalar in
      let isLegal = scalar.isASCII && (Character(scalar).isLetter || Character(scalar).isNumber)
      return isLegal ? Character(scalar) : "_"
    }
    let name = String(letters.prefix(40))
    return name.first?.isLetter == true ? name : "run_" + name
  }
}
