/// What a fixture keeps of a tensor: norm, largest value, and sixteen values spread evenly.
struct TensorSummary: Decodable {
  var norm: Double
  var largest: Double
  var samples: [Double]

  /// The largest of the errors of norm and samples, relative to the reference's norm and largest
  /// value, or to `floor` where those are smaller.
  func error(of values: [Float], floor: Double = 0) -> Double {
    let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let samples = samples.enumerated().map { place, sample in
      abs(Double(values[place * (values.count - 1) / 15]) - sample) / max(largest, floor)
    }
    let count = Double(values.count)
    let normError = abs(norm - self.norm) / max(self.norm, floor * count.squareRoot())
    return samples.reduce(normError, max)
  }
}
