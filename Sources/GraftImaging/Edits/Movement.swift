/// A change of where pixels are; what moves a picture, its mask and its boxes alike.
package enum Movement: Sendable, Equatable {
  /// The pixels of a box, with a colour where it leaves the picture.
  case window(ImageBox, fill: FillColour)
  /// Rows and columns laid out anew.
  case orient(Orientation)
  case resize(Resizing)
  case warp(Warping)

  /// A box of the picture at another size: Pillow's `crop(box).resize(size)`.
  package struct Resizing: Sendable, Equatable {
    /// The part of the picture that is resized; it lies inside.
    package var crop: ImageBox
    package var size: ImageSize
    package var filter: ResizeFilter
    /// The part of the resized picture that is kept.
    package var window: ImageBox
  }

  /// The picture seen through a map.
  package struct Warping: Sendable, Equatable {
    package var map: AffineMap
    package var size: ImageSize
    package var filter: WarpFilter
    package var fill: FillColour
  }
}

extension Movement {
  /// All of a picture of `from`, or the box `crop` of it, at another size.
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
    case .window(let box, _): box.size
    case .orient(let orientation): orientation.swapsSides ? size.transposed : size
    case .resize(let resizing): resizing.window.size
    case .warp(let warping): warping.size
    }
  }

  func applied(to image: Image) -> Image {
    switch self {
    case .window(let box, let fill): image.window(box, fill: fill)
    case .orient(let orientation): image.oriented(orientation)
    case .resize(let resizing):
      image.resized(
        to: resizing.size, filter: resizing.filter, crop: resizing.crop, keeping: resizing.window)
    case .warp(let warping):
      image.warped(
        by: warping.map, to: warping.size, filter: warping.filter, fill: warping.fill)
    }
  }

  /// A mask holds classes, so nothing is read between its pixels; 0 is where there is no picture.
  func applied(toMask mask: Image) -> Image { forMask.applied(to: mask) }

  private var forMask: Movement {
    switch self {
    case .window(let box, _): return .window(box, fill: .black)
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
  /// The box around the moved corners of `box` on a picture of `size`, clipped to the result.
  func applied(to box: BoundingBox, size: ImageSize) -> BoundingBox {
    let corners = box.corners.map { moved($0, size: size) }
    return box.around(corners).clipped(to: outputSize(from: size))
  }

  /// Where a point of a picture of `size` goes.
  private func moved(_ point: Point, size: ImageSize) -> Point {
    switch self {
    case .window(let box, _): Point(x: point.x - Double(box.x), y: point.y - Double(box.y))
    case .orient(let orientation): orientation.moved(point, size: size)
    case .resize(let resizing):
      Point(
        x: (point.x - Double(resizing.crop.x)) * Double(resizing.size.width)
          / Double(resizing.crop.width) - Double(resizing.window.x),
        y: (point.y - Double(resizing.crop.y)) * Double(resizing.size.height)
          / Double(resizing.crop.height) - Double(resizing.window.y))
    case .warp(let warping): warping.map.target(of: point)
    }
  }
}

extension Orientation {
  fileprivate func moved(_ point: Point, size: ImageSize) -> Point {
    let (x, y) = (point.x, point.y)
    let (right, bottom) = (Double(size.width) - x, Double(size.height) - y)
    return switch self {
    case .upright: Point(x: x, y: y)
    case .flippedHorizontally: Point(x: right, y: y)
    case .rotatedBy180: Point(x: right, y: bottom)
    case .flippedVertically: Point(x: x, y: bottom)
    case .transposed: Point(x: y, y: x)
    case .rotatedBy270: Point(x: bottom, y: x)
    case .transversed: Point(x: bottom, y: right)
    case .rotatedBy90: Point(x: y, y: right)
    }
  }
}

extension AffineMap {
  /// Where the picture's point is seen: the inverse of `source`.
  fileprivate func target(of point: Point) -> Point {
    let determinant = a * e - b * d
    let (x, y) = (point.x - c, point.y - f)
    return Point(x: (e * x - b * y) / determinant, y: (a * y - d * x) / determinant)
  }
}

// MARK: - Text

extension Movement: CustomStringConvertible {
  package var description: String {
    switch self {
    case .window(let box, _): "window \(box.text)"
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
