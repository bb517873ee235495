extension Plan: CustomStringConvertible {
  package var description: String {
    "plan of \(steps.count) steps, \(steps.count { $0.backwardContext != nil }) with backward, "
      + "\(peakBytes.formattedBytes), \(multiplyAdds.formattedCount) multiply-adds"
  }

  /// One line a step: path, operation, output shape, and whether backward runs.
  package func describe() -> String {
    let rows = lowered.items.map { item in
      let shape = lowered.shapes[item.output]
      let mark = item.needs == nil ? " " : "↔"
      return "\(mark) \(item.path)  \(item.op.name) \(item.op.details) → \(shape)"
    }
    return (rows + [description]).joined(separator: "\n")
  }
}

extension Int {
  /// This many bytes for a reader: `1.4 GB`, `812 MB`, `24 kB`.
  package var formattedBytes: String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(self)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return "\(Self.threeDigits(value, isWhole: unit == 0)) \(units[unit])"
  }

  /// This many things for a reader: `11.7 M`, `269.7 k`, `812`.
  package var formattedCount: String {
    let units = ["", " k", " M", " G", " T"]
    var value = Double(self)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return "\(Self.threeDigits(value, isWhole: unit == 0))\(units[unit])"
  }

  private static func threeDigits(_ value: Double, isWhole: Bool) -> String {
    if isWhole || value >= 100 { return String(Int(value.rounded())) }
    return String((value * 10).rounded() / 10)
  }
}

extension Plan {
  /// Runs once more and tells how long each kind of operation took, forward and backward.
  package func profile() -> String {
    var totals: [String: (forward: Double, backward: Double)] = [:]
    let clock = ContinuousClock()
    for step in steps {
      let time = clock.measure {
        step.prepareForward(pool)
        step.forward(RandomAddress())
      }
      totals["\(step.op.name) \(step.op.details)", default: (0, 0)].forward += time / .seconds(1)
    }
    for step in steps.reversed() where step.backwardContext != nil {
      let time = clock.measure {
        step.prepareBackward(pool)
        step.backward()
      }
      totals["\(step.op.name) \(step.op.details)", default: (0, 0)].backward += time / .seconds(1)
    }
    func milliseconds(_ seconds: Double) -> Double { (seconds * 1e5).rounded() / 100 }
    return totals.sorted { $0.key < $1.key }.map { name, time in
      "  \(name): \(milliseconds(time.forward)) ms, backward \(milliseconds(time.backward)) ms"
    }.joined(separator: "\n")
  }
}
