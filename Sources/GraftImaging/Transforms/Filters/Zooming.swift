/// A picture resized, then seen through a window of its first size; drawn by `zoom` and `zoomout`.
package struct Magnification: Codable, Equatable, Sendable {
  /// The size that the picture is brought to.
  package var size: ImageSize
  /// What is seen of it; reaches outside where the picture became smaller.
  package var window: ImageBox
  package var fill: FillColour
}

extension Image {
  /// The picture resized and seen through the window; only what is seen is computed.
  func magnified(_ magnification: Magnification, filter: ResizeFilter) -> Image {
    let window = magnification.window
    let seen = window.clipped(to: magnification.size)
    guard seen.width > 0, seen.height > 0 else {
      return painted(ImageBox(size), magnification.fill)
    }
    let part = resized(to: magnification.size, filter: filter, keeping: seen)
    let frame = ImageBox(
      x: window.x - seen.x, y: window.y - seen.y, width: window.width, height: window.height)
    return part.window(frame, fill: magnification.fill)
  }
}
