import GraftBase

/// A sample's edits folded into as few passes over the image as keep every byte.
///
/// Operations on values become one table; a mirror image, a window inside and a crop become part of
/// the resize beside them; normalization reads through the last table. With `isFast`
/// turns, shears and shifts in a row are one warp, which reads between pixels once instead of each time:
/// sharper and quicker, but not the same bytes.
package struct EditProgram: Sendable {
  enum Pass: Sendable {
    case move(Movement)
    case resize(Movement.Resizing, isMirrored: Bool)
    case recolor([PointOperation])
    case repaint(Repainting)
  }

  private(set) var passes: [Pass] = []
  /// Whether passes, and decoding, may be cut short where that changes pixels a little.
  package let isFast: Bool

  /// The passes for an image of `size`.
  package init(_ edits: [Edit], size: ImageSize, isFast: Bool = false) {
    self.isFast = isFast
    var size = size
    for edit in edits {
      switch edit {
      case .move(let movement) where isFast && joinWarp(with: movement, size: size): break
      case .move(let movement): append(movement)
      case .recolor(let operation): append(operation)
      case .repaint(let repainting): passes.append(.repaint(repainting))
      }
      size = edit.outputSize(from: size)
    }
  }

  /// The part of the source that is resized first, where that is what comes first: all else need not
  /// even be decoded.
  package var sourceRegion: ImageBox? {
    if case .resize(let resizing, _)? = passes.first { resizing.crop } else { nil }
  }

  /// The size that `sourceRegion` is brought to.
  package var regionTarget: ImageSize? {
    if case .resize(let resizing, _)? = passes.first { resizing.size } else { nil }
  }

  /// The program for an image of `size` that is the source's region and nothing else.
  ///
  /// Of the region's own size the result is the same; a region that was decoded smaller gives other
  /// pixels.
  package func startingAtRegion(of size: ImageSize) -> EditProgram {
    guard case .resize(var resizing, let isMirrored)? = passes.first else { return self }
    var program = self
    resizing.crop = ImageBox(size)
    program.passes[0] = .resize(resizing, isMirrored: isMirrored)
    return program
  }

  /// The image after all edits.
  package func run(on image: Image) -> Image { passes.reduce(image) { $1.applied(to: $0) } }

  /// Writes the normalized image after all edits; `output` has height × width × channels places.
  ///
  /// A resize at the end, with tables after it that are the same for every image or without,
  /// writes its rows normalized at once.
  package func write(
    _ image: Image, normalizedFor preprocessing: ImageInput,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    var passes = passes[...]
    var points: [PointOperation] = []
    if case .recolor(let operations)? = passes.last {
      points = operations
      passes.removeLast()
    }
    var resize: (resizing: Movement.Resizing, isMirrored: Bool)?
    if case .resize(let resizing, let isMirrored)? = passes.last, points.allSatisfy(\.isFixed) {
      resize = (resizing, isMirrored)
      passes.removeLast()
    }
    let last = passes.reduce(image) { $1.applied(to: $0) }
    guard let (resizing, isMirrored) = resize else {
      return preprocessing.write(last, through: points.table(for: last), into: output)
    }
    preprocessing.write(
      resizing: last, to: resizing.size, filter: resizing.filter, crop: resizing.crop,
      keeping: resizing.window, mirrored: isMirrored, through: points.table(for: last),
      into: output)
  }
}

// MARK: - Folding

extension EditProgram {
  private mutating func append(_ operation: PointOperation) {
    if case .recolor(let operations)? = passes.last {
      passes[passes.count - 1] = .recolor(operations + [operation])
    } else {
      passes.append(.recolor([operation]))
    }
  }

  private mutating func append(_ movement: Movement) {
    switch movement {
    case .orient(.upright): break
    case .orient(.flippedHorizontally) where mirrorResize(): break
    case .window(let box, _, _) where narrowResize(to: box): break
    case .resize(let resizing): passes.append(.resize(resizing, isMirrored: false))
    default: passes.append(.move(movement))
    }
  }

  /// Turns the resize over that comes before nothing but tables, which do not care where a pixel is.
  private mutating func mirrorResize() -> Bool {
    let place = passes.lastIndex {
      if case .recolor = $0 { false } else { true }
    }
    guard let place, case .resize(let resizing, let isMirrored) = passes[place] else {
      return false
    }
    passes[place] = .resize(resizing, isMirrored: !isMirrored)
    return true
  }

  /// Computes no more of the resize before than `box`, if that is inside its result.
  private mutating func narrowResize(to box: ImageBox) -> Bool {
    guard case .resize(var resizing, let isMirrored)? = passes.last,
      box.isInside(resizing.window.size)
    else { return false }
    let left = isMirrored ? resizing.window.width - box.x - box.width : box.x
    resizing.window = ImageBox(
      x: resizing.window.x + left, y: resizing.window.y + box.y, width: box.width,
      height: box.height)
    passes[passes.count - 1] = .resize(resizing, isMirrored: isMirrored)
    return true
  }
}

// MARK: - Joining warps

extension EditProgram {
  /// Sees the last warp through `movement`, on an image of `size`, if both are affine.
  private mutating func joinWarp(with movement: Movement, size: ImageSize) -> Bool {
    guard case .move(.warp(var warping))? = passes.last, case .affine(let shown) = warping.map,
      warping.border == .constant, let map = AffineMap(movement, size: size)
    else { return false }
    if case .warp(let next) = movement {
      warping.fill = next.fill
      if next.filter.reach > warping.filter.reach { warping.filter = next.filter }
    }
    warping.map = .affine(shown.seen(through: map))
    warping.size = movement.outputSize(from: size)
    passes[passes.count - 1] = .move(.warp(warping))
    return true
  }
}

extension AffineMap {
  /// The map of a movement on an image of `size` with one color around it; nil for others.
  fileprivate init?(_ movement: Movement, size: ImageSize) {
    let (width, height) = (Double(size.width), Double(size.height))
    switch movement {
    case .window(let box, .constant, _): self = .shift(x: Double(box.x), y: Double(box.y))
    case .orient(.upright): self = .identity
    case .orient(.flippedHorizontally): self = AffineMap(-1, 0, width, 0, 1, 0)
    case .orient(.flippedVertically): self = AffineMap(1, 0, 0, 0, -1, height)
    case .orient(.rotatedBy180): self = AffineMap(-1, 0, width, 0, -1, height)
    case .orient(.transposed): self = AffineMap(0, 1, 0, 1, 0, 0)
    case .orient(.rotatedBy270): self = AffineMap(0, 1, 0, -1, 0, height)
    case .orient(.rotatedBy90): self = AffineMap(0, -1, width, 1, 0, 0)
    case .orient(.transversed): self = AffineMap(0, -1, width, -1, 0, height)
    case .warp(let warping):
      guard case .affine(let map) = warping.map, warping.border == .constant else { return nil }
      self = map
    case .window, .resize: return nil
    }
  }

  /// The map that looks through `next` at what this one shows.
  fileprivate func seen(through next: AffineMap) -> AffineMap {
    let origin = source(next.c, next.f)
    return AffineMap(
      a * next.a + b * next.d, a * next.b + b * next.e, origin.x,
      d * next.a + e * next.d, d * next.b + e * next.e, origin.y)
  }
}

extension WarpFilter {
  /// Pixels that it reads along a side.
  fileprivate var reach: Int {
    switch self {
    case .nearest: 1
    case .bilinear: 2
    case .bicubic: 4
    }
  }
}

// MARK: - Passes

extension EditProgram.Pass {
  func applied(to image: Image) -> Image {
    switch self {
    case .move(let movement): return movement.applied(to: image)
    case .resize(let resizing, let isMirrored):
      return image.resized(
        to: resizing.size, filter: resizing.filter, crop: resizing.crop, keeping: resizing.window,
        mirrored: isMirrored)
    case .recolor(let operations): return image.applying(operations.table(for: image))
    case .repaint(let repainting): return repainting.paint(image)
    }
  }

  func outputSize(from size: ImageSize) -> ImageSize {
    switch self {
    case .move(let movement): movement.outputSize(from: size)
    case .resize(let resizing, _): resizing.window.size
    case .recolor, .repaint: size
    }
  }

  /// Bytes of an image of `size` that the pass reads, counted once.
  func bytesRead(from size: ImageSize, channels: Int) -> Int {
    let area =
      switch self {
      case .resize(let resizing, _): resizing.crop.width * resizing.crop.height
      case .move(.window(let box, _, _)):
        box.clipped(to: size).width * box.clipped(to: size).height
      default: size.width * size.height
      }
    return area * channels
  }
}

extension EditProgram.Pass: CustomStringConvertible {
  package var description: String {
    switch self {
    case .move(let movement): movement.description
    case .resize(let resizing, let isMirrored):
      resizing.text + (isMirrored ? ", mirrored" : "")
    case .recolor(let operations):
      operations.map(\.name).joined(separator: " + ")
        + (operations.count > 1 ? " (one table)" : "")
    case .repaint(let repainting): repainting.name
    }
  }
}
