/// A change of every value by a table, which may depend on the values of the whole image.
package struct PointOperation: Sendable {
  /// The operation in one or two words, for `augment explain`.
  package let name: String
  let rule: Rule

  enum Rule: Sendable {
    case fixed(PointTable)
    /// From how often each value occurs in each channel.
    case ofHistogram(@Sendable (Histogram) -> PointTable)
    /// From the rounded mean of the luma.
    case ofMeanLuma(@Sendable (UInt8) -> PointTable)
  }

  /// Whether its table is the same for every image.
  var isFixed: Bool { if case .fixed = rule { true } else { false } }

  /// The table for an image.
  func table(for image: Image) -> PointTable {
    switch rule {
    case .fixed(let table): table
    case .ofHistogram(let make): make(Histogram(image))
    case .ofMeanLuma(let make): make(image.meanLuma)
    }
  }
}

// MARK: - Several as one

extension [PointOperation] {
  /// The one table that does the same as the operations in turn: each sees the values that those
  /// before it would have left.
  func table(for image: Image) -> PointTable {
    var folded = PointTable.identity
    var histogram: Histogram?
    for operation in self {
      let table =
        switch operation.rule {
        case .fixed(let table): table
        case .ofHistogram(let make):
          {
            let counts = histogram ?? Histogram(image)
            histogram = counts
            return make(counts.pushed(through: folded))
          }()
        case .ofMeanLuma(let make): make(image.meanLuma(through: folded))
        }
      folded = folded.followed(by: table)
    }
    return folded
  }
}

extension PointTable {
  /// The table that does this and then `next`.
  func followed(by next: PointTable) -> PointTable {
    if self == .identity { return next }
    let count = Swift.max(channels, next.channels)
    return PointTable(
      joining: (0..<count).map { channel in
        PointTable { next[channel, self[channel, $0]] }
      })
  }

  /// What `value` of a channel becomes.
  subscript(channel: Int, value: UInt8) -> UInt8 {
    bytes[(channels == 1 ? 0 : channel) * 256 + Int(value)]
  }
}

extension Histogram {
  /// The histogram of the image after `table`.
  func pushed(through table: PointTable) -> Histogram {
    var result = self
    for channel in channels.indices {
      var counts = [Int](repeating: 0, count: 256)
      for value in 0..<256 {
        counts[Int(table[channel, UInt8(value)])] += channels[channel][value]
      }
      result.channels[channel] = counts
    }
    return result
  }
}

extension Image {
  /// The mean luma of the image after `table`.
  fileprivate func meanLuma(through table: PointTable) -> UInt8 {
    table == .identity ? meanLuma : applying(table).meanLuma
  }
}
