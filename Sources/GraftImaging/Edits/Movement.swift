import GraftBase

/// A change of where pixels are; what moves an image, its mask and its boxes alike.
package enum Movement: Sendable, Equatable {
  /// The pixels of a box, continued by a border where it leaves the image.
  case window(ImageBox, border: Border = .constant, fill: FillColor)
  /// Rows and columns rearranged.
  case orient(Orientation)
  case resize(Resizing)
  case warp(Warping)

  /// A box of the image at another size: Pillow's `crop(box).resize(size)`.
  package struct Resizing: Sendable, Equatable {
    /// The part of the image that is resized; it lies inside.
    package var crop: ImageBox
    package var size: ImageSize
    package var filter: ResizeFilter
    /// The part of the resized image that is kept.
    package var window: ImageBox
  }

  /// The image seen through a map.
  package struct Warping: Sendable, Equatable {
    package var map: WarpMap
    package var size: ImageSize
    package var filter: WarpFilter
    package var border: Border
    package var fill: FillColor
  }
}

extension Movement {
  /// All of an image of `from`, or the box `crop` of it, at another size.
  package static func resize(
    from: ImageSize, to size: ImageSize, filter: ResizeFilter, crop: ImageBox? = nil,
    keeping window: ImageBox? = nil
  ) -> Movement {
    .resize(
      Resizing(
        crop: crop ?? ImageBox(from), size: size, filter: filter,
        window: window ?? ImageBox(size)))
  }

  package func outputSize(from size: ImageSize) -> ImageSize {
    switch self {
    case .window(let box, _, _): box.size
    case .orient(let orientation): orientation.swapsSides ? size.transposed : size
    case .resize(let resizing): resizing.window.size
    case .warp(let warping): warping.size
    }
  }

  func applied(to image: Image) -> Image {
    switch self {
    case .window(let box, let border, let fill): image.window(box, border: border, fill: fill)
    case .orient(let orientation): image.oriented(orientation)
    case .resize(let resizing):
      image.resized(
        to: resizing.size, filter: resizing.filter, crop: resizing.crop, keeping: resizing.window)
    case .warp(let warping):
      image.warped(
        by: warping.map, to: warping.size, filter: warping.filter, border: warping.border,
        fill: warping.fill)
    }
  }

  /// A mask holds classes, so nothing is read between its pixels; 0 is where there is no image.
  func applied(toMask mask: Image) -> Image { forMask.applied(to: mask) }

  private var forMask: Movement {
    switch self {
    case .window(let box, let border, _): return .window(box, border: border, fill: .black)
    case .orient: return self
    case .resize(var resizing):
      resizing.filter = .nearest
      return .resize(resizing)
    case .warp(var warping):
      warping.filter = .nearest
      warping.fill = .black
      return .warp(warping)
    }
  }
}

// MARK: - Boxes

extension Movement {
  /// The movement with its displacement made, to move several boxes by it.
  var made: Movement {
    guard case .warp(var warping) = self else { return self }
    warping.map = warping.map.made
    return .warp(warping)
  }

  /// The smallest box around `box` of an image of `size` after the movement, not clipped.
  ///
  /// Around its moved corners: what lies in the box cannot lie outside that, but a turned box is
  /// larger than a turned object. A displacement bends the sides, so points all along them are
  /// moved.
  func moved(_ box: BoundingBox, size: ImageSize) -> BoundingBox {
    if case .warp(let warping) = self, case .displacement(let field) = warping.map {
      return box.around(box.outline.map(field.arrival(of:)))
    }
    return box.around(box.corners.compactMap { target(of: $0, size: size) })
  }

  /// Where a point of an image of `size` goes; nil where it goes nowhere.
  private func target(of point: SIMD2<Double>, size: ImageSize) -> SIMD2<Double>? {
    switch self {
    case .window(let box, _, _): return point - SIMD2(Double(box.x), Double(box.y))
    case .orient(let orientation): return orientation.target(of: point, size: size)
    case .resize(let resizing):
      let (crop, window) = (resizing.crop, resizing.window)
      let scale = SIMD2(
        Double(resizing.size.width) / Double(crop.width),
        Double(resizing.size.height) / Double(crop.height))
      return (point - SIMD2(Double(crop.x), Double(crop.y))) * scale
        - SIMD2(Double(window.x), Double(window.y))
    case .warp(let warping): return warping.map.target(of: point)
    }
  }
}

extension Orientation {
  fileprivate func target(of point: SIMD2<Double>, size: ImageSize) -> SIMD2<Double> {
    let far = SIMD2(Double(size.width), Double(size.height)) - point
    return switch self {
    case .upright: point
    case .flippedHorizontally: [far.x, point.y]
    case .rotatedBy180: far
    case .flippedVertically: [point.x, far.y]
    case .transposed: [point.y, point.x]
    case .rotatedBy270: [far.y, point.x]
    case .transversed: [far.y, far.x]
    case .rotatedBy90: [point.y, far.x]
    }
  }
}

// MARK: - Text

extension Movement: CustomStringConvertible {
  package var description: String {
    switch self {
    case .window(let box, _, _): "window \(box.text)"
    case .orient(let orientation): orientation.text
    case .resize(let resizing): resizing.text
    case .warp(let warping): "warp to \(warping.size), \(warping.filter.rawValue)"
    }
  }
}

extension Movement.Resizing {
  var text: String {
    let kept = window == ImageBox(size) ? "" : ", of it \(window.text)"
    return "resize \(crop.text) to \(size), \(filter.rawValue)\(kept)"
  }
}
