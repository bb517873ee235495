import GraftBase

extension Plan: CustomStringConvertible {
  package var description: String {
    "plan of \(steps.count) steps, \(steps.count { $0.backwardContext != nil }) with backward, "
      + "\(peakBytes.bytesText), \(multiplyAdds.countText) multiply-adds"
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
