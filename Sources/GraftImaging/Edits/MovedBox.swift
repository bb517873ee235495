/// A box after the edits of its image.
package struct MovedBox: Equatable, Sendable, Codable {
  /// Its place among the boxes of the image before the edits.
  package var place: Int
  package var box: BoundingBox
  /// The share of it that no edit cut off, 0...1.
  package var share = 1.0

  package init(place: Int, box: BoundingBox, share: Double = 1) {
    (self.place, self.box, self.share) = (place, box, share)
  }

  /// Whether anything of the object can be seen.
  ///
  /// A box that was cut shows a pixel at least; one that was only made smaller stays.
  private var isVisible: Bool {
    box.area > 0 && (box.isVisible || share > 1 - 1e-9)
  }

  /// Whether so much of it is left.
  func isKept(minimumShare: Double) -> Bool { isVisible && share >= minimumShare }

  /// Moves the box on an image of `size`, and clips it to the result.
  mutating func move(by movement: Movement, size: ImageSize) {
    let moved = movement.moved(box, size: size)
    box = moved.clipped(to: movement.outputSize(from: size))
    // What is cut off by the next edit is cut from what the last one left.
    share *= moved.area > 0 ? min(box.area / moved.area, 1) : 0
  }
}

extension [BoundingBox] {
  /// The boxes of an image of `size` after its edits, each clipped to the image after each edit.
  ///
  /// A box is dropped when less than `minimumShare` of its moved area is left, or nothing that can be
  /// seen. One edit drops what Albumentations drops by `min_visibility`; shares of several edits are
  /// multiplied.
  package func edited(
    by edits: [Edit], size: ImageSize, minimumShare: Double = 0
  ) -> [MovedBox] {
    var boxes = enumerated().map { MovedBox(place: $0.offset, box: $0.element) }
    if boxes.isEmpty { return [] }
    var size = size
    for edit in edits {
      guard case .move(let movement) = edit else { continue }
      let made = movement.made
      for index in boxes.indices { boxes[index].move(by: made, size: size) }
      size = edit.outputSize(from: size)
    }
    return boxes.filter { $0.isKept(minimumShare: minimumShare) }
  }
}

extension BoundingBox {
  /// Points all along the four sides, a pixel apart where that is no more than 256 for a side.
  var outline: [SIMD2<Double>] {
    func count(_ length: Double) -> Int { Int(Swift.min(Swift.max(length, 1), 256)) }
    let corners = corners
    return corners.indices.flatMap { index -> [SIMD2<Double>] in
      let (from, to) = (corners[index], corners[(index + 1) % corners.count])
      let count = count(index % 2 == 0 ? width : height)
      return (0..<count).map { from + (to - from) * (Double($0) / Double(count)) }
    }
  }
}
