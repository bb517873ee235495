/// One batch's mixing: who is mixed with whom, how, and what that does to labels.
package struct MixingDraw: Codable, Equatable, Sendable {
  /// The operation's name.
  package let name: String
  package let region: MixingRegion
  /// For each sample the one it is mixed with, a permutation; a sample may be its own partner.
  package let partners: [Int]
  package let size: ImageSize

  /// The weight of a sample's own label: for a box, the area that is left of its own picture.
  package var ownShare: Double {
    switch region {
    case .everywhere(let share): share
    case .box(let box):
      1 - Double(box.width * box.height) / Double(size.width * size.height)
    }
  }

  /// Mixes a batch in place: `pixels` is [N, height, width, channels], `targets` [N, classes].
  package func mix(
    _ pixels: UnsafeMutableBufferPointer<Float>, targets: UnsafeMutableBufferPointer<Float>,
    channels: Int, classes: Int
  ) {
    let pictureLength = size.width * size.height * channels
    precondition(pixels.count == partners.count * pictureLength, "pixels of another shape")
    precondition(targets.count == partners.count * classes, "targets of another shape")
    blend(targets, length: classes, spans: [0..<classes], share: Float(ownShare))
    switch region {
    case .everywhere(let share):
      blend(pixels, length: pictureLength, spans: [0..<pictureLength], share: Float(share))
    case .box(let box):
      let rows = (box.y..<(box.y + box.height)).map { row in
        let start = (row * size.width + box.x) * channels
        return start..<(start + box.width * channels)
      }
      blend(pixels, length: pictureLength, spans: rows, share: 0)
    }
  }

  /// Replaces the `spans` of each item by share * own + (1 - share) * partner's.
  ///
  /// Follows the permutation's cycles, so that only the first item of a cycle has to be kept.
  private func blend(
    _ values: UnsafeMutableBufferPointer<Float>, length: Int, spans: [Range<Int>], share: Float
  ) {
    guard let base = values.baseAddress else { return }
    var isDone = [Bool](repeating: false, count: partners.count)
    let first = UnsafeMutablePointer<Float>.allocate(capacity: max(length, 1))
    defer { first.deallocate() }
    for start in partners.indices where !isDone[start] && partners[start] != start {
      first.update(from: base + start * length, count: length)
      var item = start
      repeat {
        isDone[item] = true
        let partner = partners[item]
        let own = base + item * length
        let other = partner == start ? first : base + partner * length
        for span in spans {
          for index in span { own[index] = share * own[index] + (1 - share) * other[index] }
        }
        item = partner
      } while item != start
    }
  }
}
