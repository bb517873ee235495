/// Counts of channels that are scaled and stay divisible, as MobileNets and EfficientNets have them.
enum WidthScaling {
  /// The nearest multiple of `divisor` that is not below `limit` times the width.
  static func divisible(_ width: Double, by divisor: Int = 8, limit: Double = 0.9) -> Int {
    let nearest = max(divisor, Int(width + Double(divisor) / 2) / divisor * divisor)
    return Double(nearest) < limit * width ? nearest + divisor : nearest
  }
}
