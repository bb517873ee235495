import GraftBase
import GraftKernels
import Synchronization

/// What a parameter is for; decides weight decay and batch-norm rules, never its name.
package enum ParameterRole: String, Sendable, Codable {
  case weight
  case bias
  case normScale
  case normShift
  case runningStatistic

  /// Biases, norm parameters and statistics take no weight decay.
  package var decays: Bool { self == .weight }
}

/// How torch's layout of a parameter maps to the engine's.
package enum ParameterLayout: Sendable {
  /// The same order on both sides.
  case plain
  /// torch [O, I, H, W], engine [H, W, I, O]: output channels are contiguous.
  case convolution
  /// torch [O, I], engine [I, O].
  case linear
}

/// A named tensor of a model; the name is the torch key.
package final class Parameter: Sendable {
  package let name: String
  package let role: ParameterRole
  package let layout: ParameterLayout
  /// The shape as torch's `state_dict` has it.
  package let torchShape: Shape
  /// Nil until the value is first asked for: shapes alone cost nothing.
  private let memory = Mutex<Tensor?>(nil)
  private let changes = Atomic<Int>(0)

  package init(
    name: String, role: ParameterRole, layout: ParameterLayout = .plain, torchShape: Shape
  ) {
    self.name = name
    self.role = role
    self.layout = layout
    self.torchShape = torchShape
    switch layout {
    case .plain: break
    case .convolution:
      precondition(torchShape.rank == 4, "a convolution's weight has four sizes")
    case .linear: precondition(torchShape.rank == 2, "a linear weight has two sizes")
    }
  }

  /// The value in the engine's layout, zeros at first.
  package var value: Tensor {
    memory.withLock { memory in
      if let memory { return memory }
      let value = Tensor(engineShape)
      memory = value
      return value
    }
  }

  /// Grows with every change of the value, so that plans know when folded copies are stale.
  package var version: Int { changes.load(ordering: .relaxed) }

  private var engineShape: Shape {
    let d = torchShape.dimensions
    return switch layout {
    case .plain: torchShape
    case .convolution: [d[2], d[3], d[1], d[0]]
    case .linear: [d[1], d[0]]
    }
  }

  package var count: Int { torchShape.elementCount }
  package var slice: Slice { value.slice }

  /// Running statistics are never trained; everything else may be.
  package var canTrain: Bool { role != .runningStatistic }

  /// Tells plans that the value has changed.
  package func markChanged() { changes.wrappingAdd(1, ordering: .relaxed) }

  /// Replaces the value by numbers in torch's layout.
  package func setTorchValues(_ values: [Float]) {
    precondition(values.count == count, "values do not fill \(name)")
    let (o, i, area) = torchAxes
    values.withUnsafeBufferPointer { values in
      guard let torch = values.baseAddress else { return }
      graft_reverse_axes(torch, o, i, area, slice.pointer)
    }
    markChanged()
  }

  /// Multiplies a convolution's weights by a factor for each output.
  package func scaleOutputs(by factors: [Float]) {
    precondition(layout == .convolution && factors.count == torchShape[0], "no outputs to scale")
    factors.withUnsafeBufferPointer { factors in
      guard let first = factors.baseAddress else { return }
      graft_multiply_channels(
        slice.pointer, first, count / factors.count, Int32(factors.count), 0, slice.pointer)
    }
    markChanged()
  }

  /// The value in torch's layout.
  package func torchValues() -> [Float] { torchValues(of: slice) }

  /// Any slice laid out like this parameter (a gradient, an optimizer slot) in torch's layout.
  package func torchValues(of engine: Slice) -> [Float] {
    precondition(engine.count == count, "values do not fill \(name)")
    let (o, i, area) = torchAxes
    return [Float](unsafeUninitializedCapacity: count) { values, initialized in
      if let torch = values.baseAddress { graft_reverse_axes(engine.pointer, area, i, o, torch) }
      initialized = count
    }
  }

  /// SHA-256 over name and value; equal hashes mean equal bits.
  package var contentHash: ContentHash.Digest {
    var hash = ContentHash()
    hash.update(name)
    hash.update(UnsafeRawBufferPointer(slice.buffer))
    return hash.finish()
  }

  /// Three sizes of torch's layout; the engine has the same axes in reverse.
  private var torchAxes: (Int, Int, Int) {
    let d = torchShape.dimensions
    return switch layout {
    case .plain: (1, count, 1)
    case .linear: (d[0], 1, d[1])
    case .convolution: (d[0], d[1], d[2] * d[3])
    }
  }
}

extension Parameter: CustomStringConvertible {
  package var description: String { "\(name) \(torchShape) \(role.rawValue)" }
}
