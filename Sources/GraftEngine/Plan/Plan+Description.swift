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
  /// Runs once more, timing each step; prints seconds by operation, forward and backward.
  package func profile() {
    var totals: [String: (forward: Double, backward: Double)] = [:]
    let clock = ContinuousClock()
    func seconds(_ body: () -> Void) -> Double {
      let elapsed = clock.measure(body).components
      return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    }
    for step in steps {
      let key = "\(step.op.name) \(step.op.details)"
      totals[key, default: (0, 0)].forward += seconds {
        step.prepareForward(pool)
        step.forward(RandomAddress())
      }
    }
    for step in steps.reversed() where step.backwardContext != nil {
      let key = "\(step.op.name) \(step.op.details)"
      totals[key, default: (0, 0)].backward += seconds {
        step.prepareBackward(pool)
        step.backward()
      }
    }
    for (key, time) in totals.sorted(by: { $0.key < $1.key }) {
      let forward = (time.forward * 1e5).rounded() / 100
      let backward = (time.backward * 1e5).rounded() / 100
      print("  \(key): \(forward) ms, backward \(backward) ms")
    }
  }
}
