/// One thing done to an image, with everything drawn: what an operation does to one sample.
///
/// A sample's edits are known from its size alone, before a pixel is touched. Images, masks and
/// boxes go through the same list, and `EditProgram` folds neighbors into fewer passes.
package enum Edit: Sendable {
  /// Moves pixels; masks and boxes move along.
  case move(Movement)
  /// Changes each value by a table; neighbors fold into one.
  case recolor(PointOperation)
  /// Changes values where they are in any other way.
  case repaint(Repainting)
}

/// A change of values that reads more than one byte: sharpness, blur, noise.
package struct Repainting: Sendable {
  /// The operation in one or two words, for `augment explain`.
  package let name: String
  /// Pure, keeps the size; the same bytes on every machine.
  let paint: @Sendable (Image) -> Image
}

extension Edit {
  package static func repaint(
    _ name: String, _ paint: @escaping @Sendable (Image) -> Image
  ) -> Edit { .repaint(Repainting(name: name, paint: paint)) }

  /// The size that an image of `size` comes out with.
  package func outputSize(from size: ImageSize) -> ImageSize {
    if case .move(let movement) = self { movement.outputSize(from: size) } else { size }
  }

  /// The image after the edit, alone.
  package func applied(to image: Image) -> Image {
    switch self {
    case .move(let movement): movement.applied(to: image)
    case .recolor(let operation): image.applying(operation.table(for: image))
    case .repaint(let repainting): repainting.paint(image)
    }
  }

  /// The class mask of an image after the edit: moved by nearest neighbors, never recolored.
  package func applied(toMask mask: Image) -> Image {
    if case .move(let movement) = self { movement.applied(toMask: mask) } else { mask }
  }
}

extension Edit: CustomStringConvertible {
  package var description: String {
    switch self {
    case .move(let movement): movement.description
    case .recolor(let operation): operation.name
    case .repaint(let repainting): repainting.name
    }
  }
}
