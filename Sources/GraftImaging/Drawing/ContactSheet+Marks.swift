import GraftBase
import GraftDrawing

extension ContactSheet {
  /// What lies where on a cell's image, drawn over it: a mask as colored areas with an outline,
  /// boxes as frames with their names.
  package struct Marks: Sendable {
    package var annotation: Annotation
    /// Names of the boxes' labels.
    package var names: [String]

    package init(_ annotation: Annotation, names: [String] = []) {
      self.annotation = annotation
      self.names = names
    }
  }

  private enum MarkStyle {
    /// Colors that color-blind people can distinguish (Okabe and Ito, 2008), for classes from 1.
    static let colors: [UInt32] = [
      0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442, 0xD55E00, 0xCC79A7, 0x0072B2,
    ]
    static let maskShare = 0.45
    static let frameWidth = 2.0
    static let name = Canvas.Font(size: 10, isBold: true)
    static let lineHeight = 12.0
    static let ink = Canvas.Color(0x14171B)

    static func color(_ index: Int) -> UInt32 { colors[index % colors.count] }
  }

  /// The image as shown, of the size it has there, with the mask over it.
  package static func masked(_ image: Image, _ marks: Marks?) -> Image {
    guard let mask = marks?.annotation.mask else { return image }
    return image.overlaid(
      with: mask.resized(to: image.size, filter: .nearest), share: MarkStyle.maskShare
    ) { MarkStyle.color(Int($0) - 1) }
  }

  /// Frames the boxes of an image of `size`, shown at (x, y) as large as `shown`.
  static func drawBoxes(
    _ marks: Marks?, on canvas: Canvas, size: ImageSize, shown: ImageSize, x: Int, y: Int
  ) {
    guard let marks else { return }
    let scale = (
      x: Double(shown.width) / Double(size.width), y: Double(shown.height) / Double(size.height)
    )
    let inset = MarkStyle.frameWidth / 2
    for box in marks.annotation.boxes {
      let frame = Canvas.Rectangle(
        x: Double(x) + box.left * scale.x + inset, y: Double(y) + box.top * scale.y + inset,
        width: max(box.width * scale.x - 2 * inset, 1),
        height: max(box.height * scale.y - 2 * inset, 1))
      let color = Canvas.Color(MarkStyle.color(box.label ?? 0))
      canvas.stroke(frame, Canvas.Color(0, opacity: 0.55), lineWidth: MarkStyle.frameWidth + 2)
      canvas.stroke(frame, color, lineWidth: MarkStyle.frameWidth)
      guard let name = box.label.flatMap({ marks.names[checked: $0] }) else { continue }
      let image = Canvas.Rectangle(
        x: Double(x), y: Double(y), width: Double(shown.width), height: Double(shown.height))
      drawName(name, color, of: frame, in: image, on: canvas)
    }
  }

  /// A name on a chip in the left upper corner of its frame, or as near as the image lets it.
  private static func drawName(
    _ name: String, _ color: Canvas.Color, of frame: Canvas.Rectangle,
    in image: Canvas.Rectangle, on canvas: Canvas
  ) {
    let lines = canvas.broken(
      name, maximumWidth: max(image.width - 7, 20), mostLines: 6, font: MarkStyle.name)
    let width = (lines.map { canvas.width(of: $0, font: MarkStyle.name) }.max() ?? 0) + 7
    let height = 1 + MarkStyle.lineHeight * Double(lines.count)
    let chip = Canvas.Rectangle(
      x: max(image.x, min(frame.x - 1, image.x + image.width - width)),
      y: max(image.y, min(frame.y - 1, image.y + image.height - height)),
      width: width, height: height)
    canvas.fill(chip, color)
    for (index, line) in lines.enumerated() {
      canvas.text(
        line, x: chip.x + 3.5, y: chip.y + 10 + MarkStyle.lineHeight * Double(index),
        font: MarkStyle.name, MarkStyle.ink)
    }
  }
}

extension Image {
  /// The image with color over the classes of a mask of its size; class 0 is the background.
  ///
  /// Inside an area the color has `share` of each pixel, where the area ends all of it.
  fileprivate func overlaid(
    with mask: Image, share: Double, color: (UInt8) -> UInt32
  ) -> Image {
    var result = converted(toChannels: 3)
    let (width, height) = (width, height)
    for y in 0..<height {
      for x in 0..<width {
        let place = y * width + x
        let value = mask.pixels[place]
        guard value > 0 else { continue }
        let neighbors = [
          x > 0 ? place - 1 : place, x + 1 < width ? place + 1 : place,
          y > 0 ? place - width : place, y + 1 < height ? place + width : place,
        ]
        let isEdge = neighbors.contains { mask.pixels[$0] != value }
        let weight = isEdge ? 1 : share
        let hex = color(value)
        for channel in 0..<3 {
          let paint = Double(hex >> UInt32(16 - 8 * channel) & 255)
          let own = Double(result.pixels[3 * place + channel])
          result.pixels[3 * place + channel] = UInt8(own + (paint - own) * weight)
        }
      }
    }
    return result
  }
}
