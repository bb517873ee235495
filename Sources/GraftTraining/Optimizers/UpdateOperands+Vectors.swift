import GraftKernels

/// Sixteen elements of a tensor, each computed alone: the machine's vector width changes no bit.
package typealias Lanes = SIMD16<Float>

extension UpdateOperands {
  /// Calls `body` for all elements of a rule with one memory.
  ///
  /// The gradient is already scaled, and weight decay is left to the rule. What `body` returns for
  /// positions past the last element is discarded.
  @inline(__always)
  package func forEachVector(
    _ body: (_ weight: inout Lanes, _ gradient: Lanes, _ memory: inout Lanes) -> Void
  ) {
    let (w, g, a) = (weight.pointer, gradient.pointer, slots[0].pointer)
    let scale = Lanes(repeating: Float(gradientScale))
    for place in stride(from: 0, to: weight.count, by: Lanes.scalarCount) {
      let count = min(Lanes.scalarCount, weight.count - place)
      var x = Lanes(w + place, count)
      var memory = Lanes(a + place, count)
      body(&x, Lanes(g + place, count) * scale, &memory)
      x.store(w + place, count)
      memory.store(a + place, count)
    }
  }

  /// The same for a rule with two memories.
  @inline(__always)
  package func forEachVector(
    _ body: (
      _ weight: inout Lanes, _ gradient: Lanes, _ first: inout Lanes, _ second: inout Lanes
    ) -> Void
  ) {
    let (w, g, a, b) = (
      weight.pointer, gradient.pointer, slots[0].pointer, slots[1].pointer
    )
    let scale = Lanes(repeating: Float(gradientScale))
    for place in stride(from: 0, to: weight.count, by: Lanes.scalarCount) {
      let count = min(Lanes.scalarCount, weight.count - place)
      var x = Lanes(w + place, count)
      var first = Lanes(a + place, count)
      var second = Lanes(b + place, count)
      body(&x, Lanes(g + place, count) * scale, &first, &second)
      x.store(w + place, count)
      first.store(a + place, count)
      second.store(b + place, count)
    }
  }
}

extension Lanes {
  /// The square root of each.
  @inline(__always)
  package var roots: Lanes { graft_roots(self) }

  /// The first `count` numbers at `source`, and zeros.
  @inline(__always)
  fileprivate init(_ source: UnsafePointer<Float>, _ count: Int) {
    if count == Self.scalarCount {
      self = UnsafeRawPointer(source).loadUnaligned(as: Lanes.self)
    } else {
      self = .zero
      for lane in 0..<count { self[lane] = source[lane] }
    }
  }

  @inline(__always)
  fileprivate func store(_ target: UnsafeMutablePointer<Float>, _ count: Int) {
    if count == Self.scalarCount {
      UnsafeMutableRawPointer(target).storeBytes(of: self, as: Lanes.self)
    } else {
      for lane in 0..<count { target[lane] = self[lane] }
    }
  }
}
