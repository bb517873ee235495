/// The address of one augmented image: the same key gives the same pixels.
package struct SampleKey: Hashable, Sendable, Codable {
  package var seed: UInt64
  package var epoch: Int
  /// The sample's stable index in its data set.
  package var sample: Int
  /// Which of a sample's images this is, where a loss compares several.
  ///
  /// 0 leaves out the operations that differ between copies, each other number draws them again.
  /// Nil is an image by itself, drawn as copy 1.
  package var copy: Int?

  package init(seed: UInt64, epoch: Int = 0, sample: Int, copy: Int? = nil) {
    self.seed = seed
    self.epoch = epoch
    self.sample = sample
    self.copy = copy
  }
}
