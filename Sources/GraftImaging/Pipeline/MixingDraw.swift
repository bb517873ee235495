import GraftBase

/// One batch's mixing: who is mixed with whom, how, and what that does to labels.
package struct MixingDraw: Codable, Equatable, Sendable {
  package struct Mix: Codable, Equatable, Sendable {
    /// The operation's name.
    package let name: String
    package let region: MixingRegion
  }

  package let size: ImageSize
  /// For each place in the batch the one it is mixed with, a permutation; a sample may be its own
  /// partner.
  package let partners: [Int]
  /// For each place what happens there; nil where the image stays as it is.
  package let mixes: [Mix?]
}

/// What mixing does to one sample of a batch.
package struct MixedSample: Equatable, Sendable {
  /// The operation's name.
  package let name: String
  /// The partner's place in the batch.
  package let partner: Int
  package let region: MixingRegion
  /// The weight of the sample's own label; the partner's has the rest.
  package let ownShare: Double

  /// The mix for people: `cutmix 25 % of #3, 8×6 at (2, 1)`.
  package var text: String {
    let mixed = "\(name) \((100 * (1 - ownShare)).signedText(0)) % of #\(partner)"
    return if case .box(let box) = region { mixed + ", " + box.text } else { mixed }
  }
}

extension MixingDraw {
  /// What happens at a place of the batch; nil when its image stays as it is.
  package func sample(at place: Int) -> MixedSample? {
    guard let mix = mixes[place], partners[place] != place else { return nil }
    return MixedSample(
      name: mix.name, partner: partners[place], region: mix.region,
      ownShare: mix.region.ownShare(of: size))
  }
}

// MARK: - Mixing a batch

extension MixingDraw {
  /// What becomes of one item: its `spans` are share * own + (1 - share) * partner's.
  private struct Blend {
    let spans: [Range<Int>]
    let share: Float
  }

  /// Mixes a batch in place: `pixels` is [N, height, width, channels], `targets` [N, classes].
  ///
  /// Targets that are smoothed stay so: mixing is linear.
  package func mix(
    _ pixels: UnsafeMutableBufferPointer<Float>, targets: UnsafeMutableBufferPointer<Float>,
    channels: Int, classes: Int
  ) {
    let imageLength = size.width * size.height * channels
    precondition(pixels.count == partners.count * imageLength, "pixels of another shape")
    precondition(targets.count == partners.count * classes, "targets of another shape")
    blend(targets, length: classes) { region in
      Blend(spans: [0..<classes], share: Float(region.ownShare(of: size)))
    }
    mixPixels(pixels, channels: channels)
  }

  /// Mixes a batch with a label in each pixel: `labelMaps` is [N, height, width].
  ///
  /// Boxes take their labels along. Labels cannot be mixed where images lie over each other; there
  /// a pixel keeps that of its own image.
  package func mix(
    _ pixels: UnsafeMutableBufferPointer<Float>, labelMaps: UnsafeMutableBufferPointer<Float>,
    channels: Int
  ) {
    let area = size.width * size.height
    precondition(pixels.count == partners.count * area * channels, "pixels of another shape")
    precondition(labelMaps.count == partners.count * area, "labels of another shape")
    blend(labelMaps, length: area) { region in
      guard case .box(let box) = region else { return Blend(spans: [], share: 1) }
      return Blend(spans: rows(of: box, channels: 1), share: 0)
    }
    mixPixels(pixels, channels: channels)
  }

  private func mixPixels(_ pixels: UnsafeMutableBufferPointer<Float>, channels: Int) {
    let imageLength = size.width * size.height * channels
    blend(pixels, length: imageLength) { region in
      switch region {
      case .everywhere(let share): Blend(spans: [0..<imageLength], share: Float(share))
      case .box(let box): Blend(spans: rows(of: box, channels: channels), share: 0)
      }
    }
  }

  private func rows(of box: ImageBox, channels: Int) -> [Range<Int>] {
    (box.y..<(box.y + box.height)).map { row in
      let start = (row * size.width + box.x) * channels
      return start..<(start + box.width * channels)
    }
  }

  /// Blends each item with its partner's values before any mixing.
  ///
  /// Follows the permutation's cycles, so that only the first item of a cycle has to be kept.
  private func blend(
    _ values: UnsafeMutableBufferPointer<Float>, length: Int, by blend: (MixingRegion) -> Blend
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
        if let region = mixes[item]?.region {
          Self.apply(
            blend(region), to: base + item * length,
            with: partner == start ? first : base + partner * length)
        }
        item = partner
      } while item != start
    }
  }

  private static func apply(
    _ blend: Blend, to own: UnsafeMutablePointer<Float>, with other: UnsafePointer<Float>
  ) {
    let share = blend.share
    for span in blend.spans {
      for index in span { own[index] = share * own[index] + (1 - share) * other[index] }
    }
  }
}
