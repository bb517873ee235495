import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftTestSupport
import Testing

/// Masks whose colors a table names.
@Suite struct MaskLegendTests {
  private static let table = "name,r,g,b\nroad,128,64,128\ncar,0,0,192\nVoid,0,0,0\n"

  /// Six by five pixels, the first of these colors, the rest road.
  private static func mask(_ colors: [[UInt8]]) throws -> [UInt8] {
    let road: [UInt8] = [128, 64, 128]
    let pixels = colors + Array(repeating: road, count: 30 - colors.count)
    return try PNGEncoder.encode(
      Image(width: 6, height: 5, channels: 3, pixels: pixels.flatMap { $0 }))
  }

  private static func fill(
    _ folder: TemporaryFolder, masks: String = "masks", images: String = "images",
    colors: [[UInt8]] = [[0, 0, 192], [0, 0, 0]]
  ) throws {
    for number in 0..<4 {
      try folder.write(TestImages.png(number), to: "\(images)/\(number).png")
      try folder.write(mask(colors), to: "\(masks)/\(number).png")
    }
  }

  @Test func colorsAreClassesByTheTable() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    try folder.write(Self.table, to: "classes.csv")
    let data = try TestImages.open(folder)
    #expect(data.classes == ["road", "car"] && data.badFiles.isEmpty)
    // Class plus 1, and 0 where there is none.
    #expect(try data.mask(at: 0).pixels == [2, 0] + [UInt8](repeating: 1, count: 28))
    #expect(data.pixelCounts(.train) == [28, 1].map { $0 * data.partition(.train).count })
    #expect(data.files.contains { $0.name == BytePath("classes.csv") })
    // Another order of the classes is another data set.
    try folder.write(
      "name,r,g,b\ncar,0,0,192\nroad,128,64,128\nVoid,0,0,0\n", to: "classes.csv")
    let other = try TestImages.open(folder)
    #expect(other.classes == ["car", "road"] && other.fingerprint != data.fingerprint)
    #expect(try Array(other.mask(at: 0).pixels.prefix(3)) == [1, 0, 2])
  }

  /// A PNG with a palette by Pillow: its colors count, not their places in the palette.
  @Test func palettesAreColors() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    try folder.write(Self.table, to: "classes.csv")
    let palette =
      "iVBORw0KGgoAAAANSUhEUgAAAAYAAAAFAgMAAAAbNnV1AAAADFBMVEUJCQmAQIAAAMAAAACei94eAAAAEUlE"
      + "QVR4nGPMfcz0goGJAYoAG88CQrUBSKsAAAAASUVORK5CYII="
    try folder.write(Array(try #require(Data(base64Encoded: palette))), to: "masks/2.png")
    let data = try TestImages.open(folder)
    #expect(try Array(data.mask(at: 2).pixels.prefix(4)) == [1, 2, 0, 1])
  }

  @Test func camVidsFoldersAndLinesAreRead() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder, masks: "trainannot", images: "train")
    try folder.write("128 64 128\tRoad\n0 0 192\tSide walk\n0 0 0 void\n", to: "label_colors.txt")
    #expect(try TestImages.open(folder).classes == ["Road", "Side walk"])
    let table = try folder.write(Self.table, to: "other/colors.csv")
    let named = try TestImages.open(folder) { $0.hints.legend = table }
    #expect(named.classes == ["road", "car"])
    #expect(named.ignored.contains { $0.path == "other" })
  }

  @Test func colorsThatAreNotListedAreRefused() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    try folder.write(Self.table, to: "classes.csv")
    let strange: [[UInt8]] = [[1, 2, 3], [0, 0, 192], [1, 2, 3], [4, 5, 6]]
    try folder.write(Self.mask(strange), to: "masks/1.png")
    try folder.write(Self.mask([[7, 7, 7]]), to: "masks/3.png")
    let error = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(
      error?.message
        == "2 masks have colors that the legend does not list, the first masks/1.png: 3 pixels, "
        + "one of them of color 1,2,3")
    #expect(error?.code == .input && error?.help?.contains("called void") == true)
  }

  @Test func withoutALegendColorsAreRefusedWithWhatToDo() throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    let error = #expect(throws: GraftError.self) {
      try TestImages.open(folder) { $0.badFiles = .stop }
    }
    #expect(
      error?.message.hasSuffix("is a color image, and nothing says which class a color is") == true)
    #expect(error?.help?.contains("classes.csv with the columns name,r,g,b") == true)
  }

  @Test(arguments: [
    ("name,r,g,b\nroad,1,2,3\n", "has 1 classes"),
    ("name,r,g,b\nroad,1,2,3\nroad,1,2,4\n", "has \"road\" twice"),
    ("name,r,g,b\nroad,1,2,3\ncar,1,2,3\n", "gives the color 1,2,3 two names"),
    ("name,r,g,b\nroad,1,2,300\ncar,1,2,4\n", "line 2 of"),
    ("name,number\nroad,1\n", "has the columns name, number"),
  ])
  func faultsOfALegendAreSentences(_ table: String, _ message: String) throws {
    let folder = try TemporaryFolder()
    try Self.fill(folder)
    let legend = try folder.write(table, to: "legend.csv")
    let error = #expect(throws: GraftError.self) {
      try TestImages.open(folder) { $0.hints.legend = legend }
    }
    #expect(error?.message.contains(message) == true, "\(error as Any)")
    #expect(error?.help != nil)
  }

  @Test func aLegendIsForMasks() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 5), ("b", 5)])
    let error = #expect(throws: GraftError.self) {
      try TestImages.open(folder) { $0.hints.legend = "x.csv" }
    }
    #expect(error?.code == .usage && error?.message.hasPrefix("legend= is for masks") == true)
  }
}
