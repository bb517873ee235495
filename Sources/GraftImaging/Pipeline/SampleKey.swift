/// The address of one augmented picture: the same key gives the same pixels.
package struct SampleKey: Hashable, Sendable, Codable {
  package var seed: UInt64
  package var epoch: Int
  /// The sample's stable index in its data set.
  package var sample: Int

  package init(seed: UInt64, epoch: Int = 0, sample: Int) {
    self.seed = seed
    self.epoch = epoch
    self.sample = sample
  }
}
