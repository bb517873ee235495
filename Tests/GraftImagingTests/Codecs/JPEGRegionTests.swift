import GraftBase
import Testing

@testable import GraftImaging

/// Parts of JPEG files, which are decoded alone, against the same parts of whole images.
@Suite struct JPEGRegionTests {
  static let names = [
    "baseline420.jpg", "baseline422.jpg", "baseline444.jpg", "cmyk.jpg", "gray.jpg", "odd.jpg",
    "optimized.jpg", "orientation1.jpg", "orientation2.jpg", "orientation3.jpg",
    "orientation4.jpg", "orientation5.jpg", "orientation6.jpg", "orientation7.jpg",
    "orientation8.jpg", "padding_between_segments.jpg", "progressive.jpg", "progressive_gray.jpg",
    "restarts.jpg", "rgb.jpg", "trailing_bytes.jpg", "jpeg_411.jpg", "jpeg_440.jpg",
    "jpeg_mixed.jpg", "jpeg_quarter.jpg", "jpeg_separate.jpg", "jpeg_third.jpg",
    "jpeg_unfinished.jpg",
  ]

  /// A box inside `size`: of any size, narrow, flat or a few pixels, or along an edge.
  static func box(in size: ImageSize, _ random: inout RandomStream) -> ImageBox {
    func side(_ length: Int) -> Int {
      random.integer(in: 1...(random.gate(0.4) ? min(length, 12) : length))
    }
    func start(_ room: Int) -> Int {
      random.gate(0.2) ? 0 : random.gate(0.2) ? room : random.integer(in: 0...room)
    }
    let (width, height) = (side(size.width), side(size.height))
    return ImageBox(
      x: start(size.width - width), y: start(size.height - height), width: width, height: height)
  }

  private func expectParts(
    of bytes: [UInt8], name: String, count: Int, location: SourceLocation = #_sourceLocation
  ) throws {
    let whole = try ImageCodec.decode(bytes, name: name)
    var random = RandomStream(seed: 7, purpose: .order, sample: bytes.count)
    for _ in 0..<count {
      let box = Self.box(in: whole.size, &random)
      let part = try ImageCodec.decode(bytes, name: name, region: box)
      #expect(part == whole.cropped(box), "\(name) \(box)", sourceLocation: location)
    }
  }

  @Test(arguments: names) func partsAreThoseOfTheWhole(name: String) throws {
    try expectParts(of: ImagingFixtures.bytes(name), name: name, count: 150)
  }

  @Test(arguments: [(300, 211), (33, 190), (257, 16), (64, 64), (9, 9), (2, 3)])
  func partsOfOtherSizesAreToo(width: Int, height: Int) throws {
    let size = ImageSize(width: width, height: height)
    for channels in [1, 3] {
      let image = try ImagingFixtures.photo(gray: channels == 1).resized(to: size)
      let bytes = try JPEGEncoder.encode(image, quality: 95)
      try expectParts(of: bytes, name: "\(size)", count: 80)
    }
  }

  @Test func everyEdgeOfABlockIsRight() throws {
    let image = try ImagingFixtures.photo().resized(to: ImageSize(width: 70, height: 70))
    let bytes = try JPEGEncoder.encode(image)
    let whole = try ImageCodec.decode(bytes, name: "a")
    for start in 0..<68 {
      for count in [1, 2] {
        for box in [
          ImageBox(x: start, y: 20, width: count, height: 30),
          ImageBox(x: 20, y: start, width: 30, height: count),
        ] {
          #expect(try ImageCodec.decode(bytes, name: "a", region: box) == whole.cropped(box))
        }
      }
    }
  }

  @Test(arguments: [
    ("jpeg_411.jpg", "7098b9ab78949b1d"), ("jpeg_440.jpg", "5276f46f5153b399"),
    ("jpeg_mixed.jpg", "4f76da4acd9b3ec3"),
    ("jpeg_quarter.jpg", "eb7570e77a0e3039"), ("jpeg_separate.jpg", "0ef73be0254b9827"),
    ("jpeg_third.jpg", "dcb6181c7320c72b"),
  ]) func rareKindsHavePillowsPixels(name: String, hash: String) throws {
    let image = try ImageCodec.decode(ImagingFixtures.bytes(name), name: name)
    #expect(image.pixelHash.hasPrefix(hash))
  }

  @Test func partsOfPNGsAndUnturnedImageAreThoseOfTheWhole() throws {
    for name in ["rgb8.png", "exif.png", "gray4.png", "orientation6.jpg"] {
      for isUpright in [true, false] {
        let bytes = try ImagingFixtures.bytes(name)
        let whole = try ImageCodec.decode(
          bytes, name: name, orientationApplied: isUpright, keepsGray: true)
        let box = ImageBox(x: 3, y: 1, width: whole.width - 4, height: whole.height - 2)
        let part = try ImageCodec.decode(
          bytes, name: name, region: box, orientationApplied: isUpright, keepsGray: true)
        #expect(part == whole.cropped(box), "\(name)")
      }
    }
  }

  @Test(arguments: ["baseline420.jpg", "rgb8.png"])
  func partsOutsideAreRefused(name: String) throws {
    for box in [
      ImageBox(x: -1, y: 0, width: 4, height: 4), ImageBox(x: 0, y: 0, width: 400, height: 4),
      ImageBox(x: 0, y: 0, width: 4, height: 0),
    ] {
      let error = try #require(throws: GraftError.self) {
        try ImageCodec.decode(ImagingFixtures.bytes(name), name: "x", region: box)
      }
      #expect(error.code == .input && error.message.contains("the part asked for"))
    }
  }

  // MARK: Damage

  @Test(arguments: ["baseline420.jpg", "restarts.jpg", "jpeg_411.jpg"])
  func cutsAreNoticedByEveryPart(name: String) throws {
    let bytes = try ImagingFixtures.bytes(name)
    for count in stride(from: 4, to: bytes.count, by: 7) {
      let error = try #require(throws: GraftError.self) {
        try ImageCodec.decode(
          Array(bytes[..<count]), name: "x", region: ImageBox(x: 0, y: 0, width: 1, height: 1))
      }
      #expect(error.message.contains("cut short"))
    }
  }

  @Test func damageIsNoticedDownToTheLastLineOfAPart() throws {
    let image = try ImagingFixtures.photo().resized(to: ImageSize(width: 96, height: 128))
    let bytes = try JPEGEncoder.encode(image)
    let whole = try ImageCodec.decode(bytes, name: "x")
    // A marker in the last third of the data ends them early.
    var damaged = bytes
    let place = bytes.count * 3 / 4
    damaged.replaceSubrange(place..<place + 2, with: [0xFF, 0xD3])
    let upper = ImageBox(x: 5, y: 3, width: 60, height: 20)
    let lower = ImageBox(x: 5, y: 100, width: 60, height: 28)
    #expect(try ImageCodec.decode(damaged, name: "x", region: upper) == whole.cropped(upper))
    let error = try #require(throws: GraftError.self) { try ImageCodec.decode(damaged, name: "x") }
    #expect(error.message.contains("cut short"))
    #expect(throws: error) { try ImageCodec.decode(damaged, name: "x", region: lower) }
  }

  @Test func mutantsHaveThePartsOfTheirWhole() throws {
    let names = [
      "baseline420.jpg", "progressive.jpg", "restarts.jpg", "orientation5.jpg", "jpeg_411.jpg",
      "jpeg_separate.jpg", "jpeg_unfinished.jpg", "cmyk.jpg",
    ]
    let originals = try names.map(ImagingFixtures.bytes)
    var compared = 0
    for round in 0..<3_000 {
      var random = RandomStream(seed: 2025, purpose: .order, sample: round)
      var bytes = originals[round % originals.count]
      HostileFileTests.mutate(&bytes, &random)
      guard let size = try? ImageCodec.readSize(bytes, limits: .small) else { continue }
      let box = Self.box(in: size, &random)
      let leastSize = random.gate(0.3) ? ImageSize(width: 3, height: 3) : nil
      let whole = Result { try ImageCodec.decode(bytes, name: "x", limits: .small) }
      let part = Result {
        try ImageCodec.decode(bytes, name: "x", region: box, atLeast: leastSize, limits: .small)
      }
      switch (whole, part) {
      case (.success(let whole), .success(let part)):
        if leastSize == nil { #expect(part == whole.cropped(box), "\(round)") }
        compared += 1
      case (.success, .failure(let error)): Issue.record("\(round): \(error)")
      case (.failure, .success(let part)): #expect(leastSize != nil || part.size == box.size)
      case (.failure, .failure(let error)): #expect((error as? GraftError)?.code == .input)
      }
    }
    #expect(compared > 300)
  }
}

extension ImageLimits {
  /// Enough for the fixtures, so that mutants with huge sides cost nothing.
  fileprivate static let small = ImageLimits(maximumSide: 2_000, maximumPixels: 300_000)
}

@Suite struct JPEGReductionTests {
  @Test func theSmallestThatIsLargeEnoughIsTaken() {
    let image = ImageSize(width: 700, height: 600)
    let box = ImageBox(x: 100, y: 50, width: 500, height: 460)
    for (least, reduction) in [(224, 2), (230, 2), (231, 1), (115, 4), (116, 2), (57, 8), (1, 8)] {
      let part = JPEGPart(box, of: image, atLeast: ImageSize(width: least, height: least))
      #expect(part.reduction == reduction, "\(least)")
      #expect(part.box.width >= least && part.box.height >= least)
    }
    let whole = JPEGPart(box, of: image)
    #expect(whole.box == box && whole.reduction == 1)
    #expect(whole == JPEGPart(box, of: image, atLeast: ImageSize(width: 500, height: 2)))
  }

  @Test func boxesStayInsideReducedImages() {
    for side in 1...40 {
      for start in 0..<side {
        let box = ImageBox(x: start, y: 0, width: side - start, height: side)
        let part = JPEGPart(
          box, of: ImageSize(width: side, height: side), atLeast: ImageSize(width: 1, height: 1))
        let reduced = (side + part.reduction - 1) / part.reduction
        #expect(part.box.isInside(ImageSize(width: reduced, height: reduced)))
        #expect(part.box.x + part.box.width == reduced && part.box.height == reduced)
      }
    }
  }

  @Test(arguments: JPEGRegionTests.names)
  func reducedPartsAreThoseOfReducedWholes(name: String) throws {
    let bytes = try ImagingFixtures.bytes(name)
    let size = try ImageCodec.readSize(bytes, orientationApplied: false)
    var random = RandomStream(seed: 8, purpose: .order, sample: bytes.count)
    for reduction in [2, 4, 8] where size.width >= reduction * 2 && size.height >= reduction * 2 {
      let least = ImageSize(width: size.width / reduction, height: size.height / reduction)
      let whole = try ImageCodec.decode(
        bytes, name: name, atLeast: least, orientationApplied: false)
      for _ in 0..<40 {
        let box = JPEGRegionTests.box(in: size, &random)
        let part = JPEGPart(
          box, of: size,
          atLeast: ImageSize(
            width: max(box.width / reduction, 1), height: max(box.height / reduction, 1)))
        guard part.reduction == reduction else { continue }
        let image = try ImageCodec.decode(
          bytes, name: name, region: box, atLeast: part.box.size, orientationApplied: false)
        #expect(image.size == part.box.size)
        #expect(image == whole.cropped(part.box), "\(name) 1/\(reduction) \(box)")
      }
    }
  }

  /// What Pillow's `draft` makes of the files.
  @Test(
    arguments: [
      ("baseline420.jpg", ["91ff201d1071d18f", "57f3961e089e3dfc", "ada520e9e183ee93"]),
      ("baseline422.jpg", ["a27bb16e4a45a4b9", "5b51e5d963b27ebb", "e4bf1277bf14e3e3"]),
      ("baseline444.jpg", ["4eabb3bb0c124fc1", "c688330c74bc5c39", "0bcd4abb4be3d091"]),
      ("progressive.jpg", ["91ff201d1071d18f", "57f3961e089e3dfc", "ada520e9e183ee93"]),
      ("gray.jpg", ["8dc532ccdf708136", "309dcb16e421508c", "fcf3dd4ce6653981"]),
      ("jpeg_411.jpg", ["866ff63434a2c8bd", "64d739030b79ec7e", "edab170fb37884f8"]),
      ("jpeg_440.jpg", ["d1da016942af77ca", "7a623440667ee829", "97a594bbbf29a9fd"]),
      ("jpeg_mixed.jpg", ["bf82a6f55ebaad1f", "dbbd16c22df5bfb6", "c45985242bec4c94"]),
    ]) func reducedWholesHavePillowsPixels(name: String, hashes: [String]) throws
  {
    let bytes = try ImagingFixtures.bytes(name)
    let size = try ImageCodec.readSize(bytes)
    for (reduction, hash) in zip([2, 4, 8], hashes) {
      let least = ImageSize(width: size.width / reduction, height: size.height / reduction)
      let image = try ImageCodec.decode(bytes, name: name, atLeast: least)
      #expect(image.pixelHash.hasPrefix(hash), "\(name) 1/\(reduction)")
    }
  }

  @Test func turnedImageKeepTheirSidesApart() throws {
    let bytes = try ImagingFixtures.bytes("orientation6.jpg")
    let size = try ImageCodec.readSize(bytes)
    #expect(size == ImageSize(width: 29, height: 37))
    let half = try ImageCodec.decode(
      bytes, name: "a", region: ImageBox(size), atLeast: ImageSize(width: 14, height: 18))
    #expect(half.size == ImageSize(width: 15, height: 19))
    let full = try ImageCodec.decode(
      bytes, name: "a", region: ImageBox(size), atLeast: ImageSize(width: 18, height: 14))
    #expect(full.size == size)
  }
}
