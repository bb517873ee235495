import GraftEngine

/// Values that make_agreement.py computes by the same formula, so that no weights are stored.
enum FormulaValues {
  /// Numbers from [0, 1), multiples of 2^-24: SplitMix64 at a start that depends on the name.
  static func uniform(_ name: String, _ count: Int) -> [Float] {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count {
        var z = hash &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        buffer[index] = Float(z >> 40) * 0x1p-24
      }
      initialized = count
    }
  }

  /// The values of a parameter, in torch's layout.
  ///
  /// - Parameter isFar: keeps what enters a ReLU away from 0 (and 6), where it breaks and PyTorch's
  ///   own 32-bit and 64-bit gradients differ.
  static func values(_ name: String, _ shape: [Int], isFar: Bool = false) -> [Float] {
    let uniform = uniform(name, shape.reduce(1, *))
    let isNorm =
      name.hasPrefix("features") || name.contains("bn") || name.contains("downsample.1")
    if isFar, isNorm, shape.count == 1, !name.contains("running") {
      guard name.hasSuffix("bias") else { return uniform.map { 0.25 + $0 * 0.25 } }
      var base: [Float] = [3, 3, 3, -3, 3, 3, 9, 3]
      // What is added to a shortcut: the sum of both must be far from zero.
      if name.contains("bn2") { base = [3, 3, 3, -40, 3, 3, 3, 3] }
      if name.contains("downsample") { base = [3] }
      return uniform.enumerated().map { base[$0 % base.count] + (2 * $1 - 1) * 0.125 }
    }
    if name.hasSuffix("running_var") || (name.hasSuffix("weight") && shape.count == 1) {
      return uniform.map { 0.5 + $0 }
    }
    let bound: Float
    if name.hasSuffix("weight") {
      let fan = Double(shape.dropFirst().reduce(1, *))
      bound = Float(((shape.count == 4 ? 6 : 1) / fan).squareRoot())
    } else {
      bound = name == "image" ? 2 : 0.125
    }
    return uniform.map { (2 * $0 - 1) * bound }
  }

  static func fill(_ parameters: [Parameter], isFar: Bool) {
    for parameter in parameters {
      parameter.setTorchValues(
        values(parameter.name, parameter.torchShape.dimensions, isFar: isFar))
    }
  }
}
