import GraftBase
import Testing

@testable import GraftImaging

/// Masks and boxes go where the image goes.
@Suite struct AnnotationTests {
  private static let size = ImageSize(width: 64, height: 48)
  private static let object = ImageBox(x: 20, y: 12, width: 18, height: 14)

  /// A white rectangle on black, its mask, and the box around it.
  private static let image = Image(width: 64, height: 48, channels: 1).painted(
    object, FillColor(gray: 255))
  private static let annotation = Annotation(
    mask: Image(width: 64, height: 48, channels: 1).painted(object, FillColor(gray: 7)),
    boxes: [BoundingBox(left: 20, top: 12, right: 38, bottom: 26, label: 3)])

  /// Every geometric operation that Graft has, alone, in policies and in groups.
  private static let lines = [
    "flip(p=1)", "vflip(p=1)", "rotate(90..90)", "rotate(180..180)", "rotate(20..40)",
    "rotate(-30..-30, expand=yes)", "affine(degrees=20, translate=0.1, scale=0.8..1.2, shear=10)",
    "shear(15)", "translate(0.2)", "crop(0.5..1)", "resize(40)", "crop(4)",
    "randaugment(n=4, m=9)", "crop(0.6..1) flip rotate(15) randaugment(n=2, m=5)",
  ]

  /// Where `image` is over half of `full`, in continuous coordinates.
  private static func extent(_ image: Image, above level: UInt8) -> BoundingBox? {
    let places = image.pixels.indices.filter { image.pixels[$0] > level }
    guard !places.isEmpty else { return nil }
    let (columns, rows) = (places.map { $0 % image.width }, places.map { $0 / image.width })
    return BoundingBox(
      left: Double(columns.min() ?? 0), top: Double(rows.min() ?? 0),
      right: Double((columns.max() ?? 0) + 1), bottom: Double((rows.max() ?? 0) + 1))
  }

  @Test(arguments: lines)
  func theBoxIsAroundTheMask(line: String) throws {
    let pipeline = try Pipeline(line: line)
    let context = TransformContext(outputSize: ImageSize(width: 40, height: 40))
    var seen = 0
    for sample in 0..<20 {
      let edits = pipeline.draw(
        size: Self.size, key: SampleKey(seed: 2, sample: sample), context: context
      ).flatMap { $0.edits ?? [] }
      let moved = Self.annotation.edited(by: edits, size: Self.size)
      let mask = try #require(moved.mask)
      #expect(mask.size == edits.reduce(Self.size) { $1.outputSize(from: $0) })
      #expect(Set(mask.pixels).isSubset(of: [0, 7]), "a mask got classes that it did not have")
      guard let extent = Self.extent(mask, above: 0), let box = moved.boxes.first else {
        #expect(moved.boxes.isEmpty || Self.extent(mask, above: 0) != nil)
        continue
      }
      seen += 1
      #expect(box.label == 3)
      // All of the object is in the box; nearest reading may move an edge by a pixel.
      #expect(extent.left >= box.left - 1 && extent.top >= box.top - 1)
      #expect(extent.right <= box.right + 1 && extent.bottom <= box.bottom + 1)
    }
    #expect(seen > 10)
  }

  @Test(arguments: ["flip(p=1)", "vflip(p=1)", "translate(0.2)", "resize(96..96)", "crop(0.7..1)"])
  func aBoxStaysTightWhereSidesStayUpright(line: String) throws {
    let pipeline = try Pipeline(line: line)
    for sample in 0..<10 {
      let edits = pipeline.draw(
        size: Self.size, key: SampleKey(seed: 3, sample: sample),
        context: TransformContext(outputSize: ImageSize(width: 120, height: 90))
      ).flatMap { $0.edits ?? [] }
      let moved = Self.annotation.edited(by: edits, size: Self.size)
      let mask = try #require(moved.mask)
      let extent = try #require(Self.extent(mask, above: 0))
      let box = try #require(moved.boxes.first)
      for (edge, other) in [
        (box.left, extent.left), (box.top, extent.top), (box.right, extent.right),
        (box.bottom, extent.bottom),
      ] { #expect(abs(edge - other) <= 1, "\(line)") }
    }
  }

  /// Read by nearest neighbors the image and the mask are the same shape.
  @Test(arguments: lines.filter { !$0.contains("crop(0") && !$0.contains("resize") })
  func theMaskIsWhereTheImageIs(line: String) throws {
    let geometry = ["randaugment"]
    guard !geometry.contains(where: line.contains) else { return }
    let pipeline = try Pipeline(line: line)
    for sample in 0..<10 {
      let edits = pipeline.draw(
        size: Self.size, key: SampleKey(seed: 4, sample: sample),
        context: TransformContext(outputSize: ImageSize(width: 40, height: 40))
      ).flatMap { $0.edits ?? [] }
      let image = edits.reduce(Self.image) { $1.applied(to: $0) }
      let mask = try #require(Self.annotation.edited(by: edits, size: Self.size).mask)
      #expect(image.pixels.map { $0 > 0 } == mask.pixels.map { $0 > 0 })
    }
  }

  @Test func whatIsOutsideTheImageIsRemoved() {
    let edit = Edit.move(
      .window(ImageBox(x: 38, y: 0, width: 20, height: 40), fill: .black))
    let moved = Self.annotation.edited(by: [edit], size: Self.size)
    #expect(moved.boxes.isEmpty)
    let mask = moved.mask.map { Set($0.pixels) }
    #expect(mask == [0])
  }

  @Test func colorsLeaveMasksAndBoxesAlone() throws {
    let edits = try Pipeline(line: "equalize(p=1) blur noise invert(p=1) cutout").draw(
      size: Self.size, key: SampleKey(seed: 1, sample: 1),
      context: TransformContext(outputSize: Self.size)
    ).flatMap { $0.edits ?? [] }
    #expect(!edits.isEmpty)
    #expect(Self.annotation.edited(by: edits, size: Self.size) == Self.annotation)
  }
}
