import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import GraftTestSupport
import Testing

@Suite struct MaskFolderTests {
  /// A gray PNG of these values, 6×5 pixels, the rest zero.
  private static func mask(_ values: [UInt8], width: Int = 6, height: Int = 5) throws -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: width * height)
    for (place, value) in values.enumerated() { pixels[place] = value }
    return try PNGEncoder.encode(
      Image(width: width, height: height, channels: 1, pixels: pixels))
  }

  private static func fill(
    _ folder: TemporaryFolder, _ count: Int = 4, images: String = "images",
    masks: String = "masks", ending: String = "", values: [UInt8] = [255, 255, 255],
    firstSeed: Int = 0
  ) throws {
    for number in 0..<count {
      try folder.write(TestImages.png(firstSeed + number), to: "\(images)/\(number).png")
      try folder.write(mask(values), to: "\(masks)/\(number)\(ending).png")
    }
  }

  @Test(arguments: [
    ("images", "masks", ""), ("imgs", "labels", "_mask"), ("JPEGImages", "SegmentationClass", ""),
  ])
  func imagesFindTheirMasks(_ images: String, _ masks: String, _ ending: String) throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, images: images, masks: masks, ending: ending)
    let data = try TestImages.open(folder)
    #expect(data.task == .segmentation && data.format == "masks")
    #expect(data.classes == ["background", "foreground"])
    #expect(data.samples.count == 4)
    #expect(try data.mask(at: 1).pixels == [2, 2, 2] + [UInt8](repeating: 1, count: 27))
    #expect(data.pixelCounts(.train).reduce(0, +) == 30 * data.partition(.train).count)
    #expect(data.summary.contains("4 images with masks, 2 classes"))
  }

  @Test(arguments: [
    ("train/images", "train/masks", "val/images", "val/masks"),
    ("images/train", "masks/train", "images/val", "masks/val"),
  ])
  func sidesLieAboveOrBelow(
    _ images: String, _ masks: String, _ otherImages: String, _ otherMasks: String
  ) throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, 3, images: images, masks: masks)
    try Self.fill(folder, 2, images: otherImages, masks: otherMasks, firstSeed: 50)
    let data = try TestImages.open(folder)
    #expect(data.partition(.train).count == 3 && data.partition(.validation).count == 2)
  }

  @Test(arguments: [
    ("train", "trainannot", "val", "valannot"),
    ("train", "train_masks", "val", "val_masks"),
  ])
  func masksLieInFoldersNamedAfterTheSplit(
    _ images: String, _ masks: String, _ otherImages: String, _ otherMasks: String
  ) throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, 3, images: images, masks: masks, ending: "_mask")
    try Self.fill(folder, 2, images: otherImages, masks: otherMasks, firstSeed: 50)
    let data = try TestImages.open(folder)
    #expect(data.task == .segmentation && data.classes == ["background", "foreground"])
    #expect(data.partition(.train).count == 3 && data.partition(.validation).count == 2)
  }

  /// An image's name may end as those of masks do.
  @Test func anImageCalledMaskHasItsMask() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    try folder.write(TestImages.png(77), to: "images/scan_mask.png")
    try folder.write(Self.mask([255]), to: "masks/scan_mask.png")
    #expect(try TestImages.open(folder).samples.count == 5)
  }

  @Test func twoMasksOfOneImageAreRefused() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    try folder.write(Self.mask([255]), to: "masks/2_gt.png")
    let error = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(error?.message == "images/2.png has 2 masks, masks/2.png and masks/2_gt.png")
  }

  @Test func masksWithoutASecondClassAreSpokenOfAsMasks() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, values: [])
    let error = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(
      error?.message
        == "every pixel of the 4 masks in \(folder.path) is of class \"background\"")
  }

  @Test func grayMasksSavedAsRGBAreRead() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    let mask = Image(width: 6, height: 5, channels: 1, fill: 255).converted(toChannels: 3)
    try folder.write(PNGEncoder.encode(mask), to: "masks/0.png")
    let data = try TestImages.open(folder)
    #expect(try data.mask(at: 0).pixels == [UInt8](repeating: 2, count: 30))
  }

  /// Six by five pixels of 16 bits, saved by Pillow: 0, 1, 2 and 65535, then 0.
  @Test func numbersOf16BitsAreKept() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, values: [0, 1, 2])
    for (place, name) in ["raw", "wide"].enumerated() {
      try folder.write(
        Array(try #require(Data(base64Encoded: Self.deepMasks[name] ?? ""))),
        to: "masks/\(place).png")
    }
    let data = try TestImages.open(folder)
    #expect(data.classes == ["background", "class 1", "class 2"])
    for index in 0..<2 {
      #expect(try Array(data.mask(at: index).pixels.prefix(5)) == [1, 2, 3, 0, 1])
    }
    try folder.write(
      Array(try #require(Data(base64Encoded: Self.deepMasks["large"] ?? ""))), to: "masks/2.png")
    let error = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(error?.message.contains("it has the 16-bit value 300") == true)
  }

  private static let deepMasks = [
    "raw":
      "iVBORw0KGgoAAAANSUhEUgAAAAYAAAAFEAAAAAATox55AAAAFElEQVR4nGNgYGBgZGD6/5+BTAAAc4EC"
      + "AjHQ6DkAAAAASUVORK5CYII=",
    "wide":
      "iVBORw0KGgoAAAANSUhEUgAAAAYAAAAFEAAAAAATox55AAAAFElEQVR4nGNgYGBkZGL6/5+BTAAAdDcC"
      + "BQYn1gUAAAAASUVORK5CYII=",
    "large":
      "iVBORw0KGgoAAAANSUhEUgAAAAYAAAAFEAAAAAATox55AAAAEklEQVR4nGNgYGBgZNRhIBsAAAreAC/x"
      + "pa1fAAAAAElFTkSuQmCC",
  ]

  @Test func classNumbersAndUnknownPixels() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, values: [0, 1, 2, 255])
    let data = try TestImages.open(folder)
    #expect(data.classes == ["background", "class 1", "class 2"])
    #expect(Array(try data.mask(at: 0).pixels.prefix(5)) == [1, 2, 3, 0, 1])
    try folder.write("ground\ncell\nwall\n", to: "classes.txt")
    let named = try TestImages.open(folder)
    #expect(named.classes == ["ground", "cell", "wall"])
    let turned = try named.relabeled(by: ["wall", "cell", "ground"])
    #expect(Array(try turned.mask(at: 0).pixels.prefix(4)) == [3, 2, 1, 0])
    #expect(named.classWeights(.train).count == 3)
  }

  @Test func numbersOfAPaletteAreClasses() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, values: [0, 1, 2])
    let data = try TestImages.open(folder)
    #expect(data.classCounts(.train) == [3, 3, 3])
  }

  @Test(arguments: [
    ("train/images", "train/masks", "test/images"), ("images/train", "masks/train", "images/test"),
    ("train", "trainannot", "test"),
  ])
  func splitsWithoutMasksAreCounted(_ images: String, _ masks: String, _ other: String) throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, images: images, masks: masks)
    for number in 0..<3 {
      try folder.write(TestImages.png(60 + number), to: "\(other)/\(number).png")
    }
    try folder.write("text", to: "notes/a.txt")
    let data = try TestImages.open(folder)
    #expect(data.samples.count == 4)
    let ignored = Dictionary(uniqueKeysWithValues: data.ignored.map { ($0.path, $0.reason) })
    for number in 0..<3 { #expect(ignored["\(other)/\(number).png"] == "has no mask") }
    #expect(ignored["notes"] == "a folder beside images and masks" && ignored.count == 4)
    #expect(data.summary.hasSuffix(", 4 ignored"))
    #expect(data.warnings == ["\(other)/ has 3 images and no masks, left out"])
  }

  @Test func faultsAreSentences() throws {
    let missing = try TemporaryFolder()
    try Self.fill(missing)
    try missing.write(TestImages.png(9), to: "images/lonely.png")
    var message = #expect(throws: GraftError.self) { try TestImages.open(missing) }?.message
    #expect(message?.contains("images/lonely.png has no mask masks/lonely.png") == true)
    #expect(try TestImages.open(missing) { $0.badFiles = .skip }.samples.count == 4)

    let other = try TemporaryFolder()
    try Self.fill(other)
    try other.write(Self.mask([255], width: 4), to: "masks/2.png")
    message = #expect(throws: GraftError.self) { try TestImages.open(other) }?.message
    #expect(message?.contains("images/2.png is 6×5, but its mask masks/2.png is 4×5") == true)

    let strange = try TemporaryFolder()
    try Self.fill(strange, values: [0, 77])
    message = #expect(throws: GraftError.self) { try TestImages.open(strange) }?.message
    #expect(
      message == "masks/0.png has the value 77, "
        + "which is neither 0 or 255 nor the number of a class")

    let few = try TemporaryFolder()
    try Self.fill(few, values: [0, 1, 2])
    try few.write("a\nb\n", to: "classes.txt")
    message = #expect(throws: GraftError.self) { try TestImages.open(few) }?.message
    #expect(message == "masks/0.png has the value 2, but there are only 2 classes")

    let damaged = try TemporaryFolder()
    try Self.fill(damaged)
    try damaged.write("no image", to: "masks/1.png")
    message = #expect(throws: GraftError.self) { try TestImages.open(damaged) }?.message
    #expect(message?.contains("masks/1.png is not an image") == true)
  }

  /// A mask that is its image, moved by everything that moves an image, stays its image where that is
  /// one of copying pixels.
  @Test func masksFollowTheirImages() throws {
    let folder = try TemporaryFolder()
    for number in 0..<6 {
      let pixels = (0..<40 * 30).map { UInt8(($0 * $0 / 7 + number) % 3) }
      let image = Image(width: 40, height: 30, channels: 1, pixels: pixels)
      let bright = Image(width: 40, height: 30, channels: 1, pixels: pixels.map { $0 * 100 + 5 })
      try folder.write(PNGEncoder.encode(bright), to: "images/\(number).png")
      try folder.write(PNGEncoder.encode(image), to: "masks/\(number).png")
    }
    let data = try TestImages.open(folder)
    let preprocessing = ImageInput(
      side: 16, resizeShortSide: 16, mean: [0], std: [1], framing: .patch)
    let pipeline = try Pipeline([
      .init(name: "flip", arguments: []), .init(name: "vflip", arguments: []),
    ])
    let recipe = ImagePreparation(preprocessing: preprocessing, pipeline: pipeline, seed: 3)
    var origins: Set<[UInt8]> = []
    for epoch in 0..<20 {
      let key = SampleKey(seed: 3, epoch: epoch, sample: epoch % 6)
      let image = try recipe.image(of: data, key: key)
      let mask = try recipe.mask(of: data, key: key)
      #expect(image.pixels == mask.pixels.map { ($0 - 1) * 100 + 5 })
      origins.insert(image.pixels)
    }
    #expect(origins.count > 15, "patches are drawn")
  }

  @Test func batchesHaveLabelMaps() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, 5, values: [0, 1, 255, 1])
    let data = try TestImages.open(folder)
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    // Larger than the images: what is around them is unknown.
    let preprocessing = ImageInput(
      side: 16, resizeShortSide: 16, mean: [0, 0, 0], std: [1, 1, 1], framing: .patch)
    let loader = try Loader(
      data, indices: [0, 1], settings: .init(batchSize: 2), preprocessing: preprocessing,
      pool: pool)
    loader.start(epoch: 0)
    let batch = try #require(try loader.next())
    #expect(batch.usedTargets.count == 2 * 16 * 16)
    let labels = Array(batch.usedTargets)
    #expect(labels.count { $0 == 255 } == 2 * (256 - 30 + 1))
    #expect(labels.count { $0 == 1 } == 4 && labels.count { $0 == 0 } == 2 * 27)
  }
}
