import GraftBase

extension Plan: CustomStringConvertible {
  package var description: String {
    "plan of \(steps.count) steps, \(steps.count { $0.backwardContext != nil }) with backward, "
      + "\(peakBytes.bytesText), \(multiplyAdds.countText) multiply-adds"
  }

  /// One line per step: path, operation, output shape, and whether backward runs.
  package func describe() -> String {
    let rows = lowered.items.map { item in
      let shape = lowered.shapes[item.output]
      let mark = item.needs == nil ? " " : "↔"
      return "\(mark) \(item.path)  \(item.op.name) \(item.op.details) → \(shape)"
    }
    return (rows + [description]).joined(separator: "\n")
  }
}

extension Plan {
  /// Runs several times and reports what each kind of operation took, forward and backward, in the
  /// least of these runs: milliseconds, and 10⁹ operations a second by the definition of the op.
  package func profile(runs: Int = 5) -> String {
    let rows = kinds(times: (0..<runs).map { _ in stepTimes() })
    return rows.sorted { $0.forward + $0.backward > $1.forward + $1.backward }.map {
      $0.line
    }.joined(separator: "\n")
  }

  /// Seconds of each step, forward and backward.
  private func stepTimes() -> [(forward: Double, backward: Double)] {
    let clock = ContinuousClock()
    var times = steps.map { step in
      let time = clock.measure {
        step.prepareForward(pool)
        step.forward(RandomAddress())
      }
      return (forward: time / .seconds(1), backward: 0.0)
    }
    for (index, step) in steps.enumerated().reversed() where step.backwardContext != nil {
      let time = clock.measure {
        step.prepareBackward(pool)
        step.backward()
      }
      times[index].backward = time / .seconds(1)
    }
    return times
  }

  /// Steps of one operation at one shape.
  private struct Kind {
    let name: String
    let multiplyAdds: Int
    var count = 0
    var forward = 0.0, backward = 0.0

    var line: String {
      func text(_ seconds: Double, passes: Int) -> String {
        let rate = 2e-9 * Double(passes * count * multiplyAdds) / max(seconds, 1e-9)
        return "\((seconds * 1e3).fixedText(2)) ms (\(rate.fixedText(0)))"
      }
      let backwardText = backward > 0 ? ", backward \(text(backward, passes: 2))" : ""
      return "  \(count) × \(name): \(text(forward, passes: 1))\(backwardText)"
    }
  }

  private func kinds(times: [[(forward: Double, backward: Double)]]) -> [Kind] {
    var kinds: [String: Kind] = [:]
    for (index, item) in lowered.items.enumerated() {
      let (x, y) = (item.inputs.map { lowered.shapes[$0] }, lowered.shapes[item.output])
      let name = [item.op.name, item.op.details, "\(x[0]) → \(y)"].filter { !$0.isEmpty }
        .joined(separator: " ")
      var kind =
        kinds[name]
        ?? Kind(name: name, multiplyAdds: item.op.multiplyAdds(inputs: x, output: y))
      kind.count += 1
      kind.forward += times.map { $0[index].forward }.min() ?? 0
      kind.backward += times.map { $0[index].backward }.min() ?? 0
      kinds[name] = kind
    }
    return Array(kinds.values)
  }
}
