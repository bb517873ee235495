import GraftBase
import GraftImaging

/// Reads masks: a class in each pixel, as gray values or as one color per class.
enum AnnotationFile {
  /// The mask for an image of `size`; classes of colored masks are numbered by color, black is 0.
  static func mask(_ path: String, size: ImageSize) throws -> Image {
    let image = try ImageFile.read(path, keepsGray: true)
    let name = path.lastPathComponent
    guard image.size == size else {
      throw GraftError(
        .input, "the mask \(name) is \(image.size), its image \(size)",
        help: "a mask has a class for each pixel of its image")
    }
    guard image.channels == 3 else { return image }
    let colors = stride(from: 0, to: image.pixels.count, by: 3).map { start -> Int in
      image.pixels[start..<(start + 3)].reduce(0) { $0 << 8 | Int($1) }
    }
    let known = Set(colors).union([0]).sorted()
    guard known.count <= 256 else {
      throw GraftError(
        .input, "the mask \(name) has \(known.count) colors, more than 256 classes",
        help: "a mask has one color per class; use PNG, since JPEG blurs colors")
    }
    let classes = Dictionary(uniqueKeysWithValues: zip(known, 0...))
    return Image(
      width: size.width, height: size.height, channels: 1,
      pixels: colors.map { UInt8(classes[$0] ?? 0) })
  }

  /// Boxes with numbered names; each has to touch the image.
  static func boxes(
    _ given: [NamedBox], size: ImageSize
  ) throws -> (boxes: [BoundingBox], names: [String]) {
    var names: [String] = []
    let boxes = try given.map { given in
      let name = given.name
      guard given.box.clipped(to: size).isVisible else {
        if given.box.looksLikeShares {
          throw GraftError(
            .input, "the box of `\(name)` is smaller than a pixel of the image, which is \(size)",
            help: "sides are pixels, not shares: multiply them by the image's width and height")
        }
        throw GraftError(
          .input, "the box of `\(name)` lies outside the image, which is \(size)",
          help: "sides are pixels: left, top, right, bottom")
      }
      let label = names.firstIndex(of: name) ?? names.count
      if label == names.count { names.append(name) }
      var box = given.box.clipped(to: size)
      box.label = label
      return box
    }
    return (boxes, names)
  }
}

extension BoundingBox {
  /// Whether the sides look like shares of the image, as other tools write them.
  fileprivate var looksLikeShares: Bool {
    [left, top, right, bottom].allSatisfy { (0...1).contains($0) }
  }
}
