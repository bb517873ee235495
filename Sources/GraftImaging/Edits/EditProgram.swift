/// A sample's edits folded into as few passes over the picture as keep every byte.
///
/// Operations on values become one table; a mirror image, a window inside and a crop become part of
/// the resize beside them; normalisation reads through the last table.
package struct EditProgram: Sendable {
  enum Pass: Sendable {
    case move(Movement)
    case resize(Movement.Resizing, isMirrored: Bool)
    case recolour([PointOperation])
    case repaint(Repainting)
  }

  private(set) var passes: [Pass] = []

  package init(_ edits: [Edit]) {
    for edit in edits {
      switch edit {
      case .move(let movement): append(movement)
      case .recolour(let operation): append(operation)
      case .repaint(let repainting): passes.append(.repaint(repainting))
      }
    }
  }

  /// The part of the source that the result depends on, where that is known: all else need not
  /// even be decoded.
  package var sourceRegion: ImageBox? {
    switch passes.first {
    case .resize(let resizing, _): resizing.crop
    default: nil
    }
  }

  /// The picture after all edits.
  package func run(on image: Image) -> Image { passes.reduce(image) { $1.applied(to: $0) } }

  /// Writes the normalised picture after all edits; `output` has height × width × channels places.
  package func write(
    _ image: Image, normalisedFor preprocessing: Preprocessing,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard case .recolour(let operations)? = passes.last else {
      return preprocessing.write(run(on: image), into: output)
    }
    let last = passes.dropLast().reduce(image) { $1.applied(to: $0) }
    preprocessing.write(last, through: operations.table(for: last), into: output)
  }
}

// MARK: - Folding

extension EditProgram {
  private mutating func append(_ operation: PointOperation) {
    if case .recolour(let operations)? = passes.last {
      passes[passes.count - 1] = .recolour(operations + [operation])
    } else {
      passes.append(.recolour([operation]))
    }
  }

  private mutating func append(_ movement: Movement) {
    switch movement {
    case .orient(.upright): break
    case .orient(.flippedHorizontally) where mirrorResize(): break
    case .window(let box, _) where narrowResize(to: box): break
    case .resize(let resizing): append(resizing)
    default: passes.append(.move(movement))
    }
  }

  /// A resize; a window that lies inside the picture before it becomes its crop.
  private mutating func append(_ resizing: Movement.Resizing) {
    passes.append(.resize(resizing, isMirrored: false))
  }

  /// Turns the resize over that comes before nothing but tables, which do not care where a pixel is.
  private mutating func mirrorResize() -> Bool {
    let place = passes.lastIndex {
      if case .recolour = $0 { false } else { true }
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

// MARK: - Passes

extension EditProgram.Pass {
  func applied(to image: Image) -> Image {
    switch self {
    case .move(let movement): return movement.applied(to: image)
    case .resize(let resizing, let isMirrored):
      let result = Movement.resize(resizing).applied(to: image)
      return isMirrored ? result.flippedHorizontally() : result
    case .recolour(let operations): return image.applying(operations.table(for: image))
    case .repaint(let repainting): return repainting.paint(image)
    }
  }

  func outputSize(from size: ImageSize) -> ImageSize {
    switch self {
    case .move(let movement): movement.outputSize(from: size)
    case .resize(let resizing, _): resizing.window.size
    case .recolour, .repaint: size
    }
  }

  /// Bytes of a picture of `size` that the pass reads, counted once.
  func bytesRead(from size: ImageSize, channels: Int) -> Int {
    let area =
      switch self {
      case .resize(let resizing, _): resizing.crop.width * resizing.crop.height
      case .move(.window(let box, _)):
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
    case .recolour(let operations):
      operations.map(\.name).joined(separator: " + ")
        + (operations.count > 1 ? " (one table)" : "")
    case .repaint(let repainting): repainting.name
    }
  }
}
