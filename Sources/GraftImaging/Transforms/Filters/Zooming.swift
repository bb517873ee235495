import GraftBase

/// An image resized, then seen through a window of its first size; drawn by `zoom` and `zoomout`.
package struct Magnification: Codable, Equatable, Sendable {
  /// The size that the image is brought to.
  package var size: ImageSize
  /// What is seen of it; reaches outside where the image became smaller.
  package var window: ImageBox
  package var fill: FillColor
}

extension Magnification {
  /// Resizes an image of `source` and shows it through the window; only what is seen is computed.
  func edits(from source: ImageSize, filter: ResizeFilter) -> [Edit] {
    let seen = window.clipped(to: size)
    guard seen.width > 0, seen.height > 0 else {
      let outside = ImageBox(
        x: source.width, y: 0, width: window.width, height: window.height)
      return [.move(.window(outside, fill: fill))]
    }
    let frame = ImageBox(
      x: window.x - seen.x, y: window.y - seen.y, width: window.width, height: window.height)
    return [
      .resize(from: source, to: size, filter: filter, keeping: seen),
      .move(.window(frame, fill: fill)),
    ]
  }
}
