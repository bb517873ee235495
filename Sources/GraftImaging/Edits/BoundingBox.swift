/// A rectangle around an object, in continuous coordinates of its image.
package struct BoundingBox: Equatable, Sendable, Codable {
  package var left: Double
  package var top: Double
  package var right: Double
  package var bottom: Double
  /// The class of the object, if it has one of its own.
  package var label: Int?

  package init(left: Double, top: Double, right: Double, bottom: Double, label: Int? = nil) {
    (self.left, self.top) = (left, top)
    (self.right, self.bottom) = (right, bottom)
    self.label = label
  }

  package var width: Double { right - left }
  package var height: Double { bottom - top }
  package var area: Double { max(width, 0) * max(height, 0) }

  /// Whether something of the object can still be seen: both sides have a pixel at least.
  package var isVisible: Bool { width >= 1 && height >= 1 }

  var corners: [SIMD2<Double>] {
    [[left, top], [right, top], [right, bottom], [left, bottom]]
  }

  /// The same object in the smallest box around `points`.
  func around(_ points: [SIMD2<Double>]) -> BoundingBox {
    var box = self
    box.left = points.map(\.x).min() ?? left
    box.right = points.map(\.x).max() ?? right
    box.top = points.map(\.y).min() ?? top
    box.bottom = points.map(\.y).max() ?? bottom
    return box
  }

  /// The part on an image of `size`; sides may come out as 0.
  package func clipped(to size: ImageSize) -> BoundingBox {
    func within(_ value: Double, _ side: Int) -> Double { min(max(value, 0), Double(side)) }
    var box = self
    (box.left, box.right) = (within(left, size.width), within(right, size.width))
    (box.top, box.bottom) = (within(top, size.height), within(bottom, size.height))
    return box
  }
}

/// What is known about places of an image, and moves with it.
package struct Annotation: Equatable, Sendable {
  /// The class of each pixel, gray, of the image's size.
  package var mask: Image?
  package var boxes: [BoundingBox]

  package init(mask: Image? = nil, boxes: [BoundingBox] = []) {
    self.mask = mask
    self.boxes = boxes
  }

  package var isEmpty: Bool { mask == nil && boxes.isEmpty }

  /// The annotation of an image of `size` after its edits; boxes of which nothing can be seen
  /// are gone.
  package func edited(by edits: [Edit], size: ImageSize) -> Annotation {
    Annotation(
      mask: mask.map { edits.reduce($0) { $1.applied(toMask: $0) } },
      boxes: boxes.edited(by: edits, size: size).map(\.box))
  }
}
