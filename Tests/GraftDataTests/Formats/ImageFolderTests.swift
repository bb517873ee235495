import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftTestSupport
import Testing

@Suite struct ImageFolderTests {
  @Test func classesAreSortedBytewiseAndImageNumberedByPath() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("b", 3), ("Z", 3), ("é", 3), ("a-b", 3), ("a", 3)])
    let data = try TestImages.open(folder)
    #expect(data.classes == ["Z", "a", "a-b", "b", "é"])
    let paths = data.samples.map(\.path)
    #expect(
      paths.map { Array($0.utf8) }.elementsEqual(
        paths.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }))
    #expect(data.samples.allSatisfy { $0.path.hasPrefix(data.classes[$0.label] + "/") })
    #expect(try data.image(at: 0) == TestImages.image(3))
  }

  @Test func givenSidesAreMatchedByName() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("ants", 4), ("bees", 5), ("wasps", 2)], side: "train")
    try TestImages.fill(folder, [("bees", 2), ("ants", 3)], side: "valid", firstSeed: 100)
    let data = try TestImages.open(folder)
    #expect(data.classCounts(.train) == [4, 5, 2])
    #expect(data.classCounts(.validation) == [3, 2, 0])
    #expect(data.partition(.test).isEmpty)
    #expect(data.warnings == ["valid/ has no image of class wasps"])
  }

  @Test func trainAndTestHoldBackATenthForValidation() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 40), ("b", 40)], side: "train")
    try TestImages.fill(folder, [("a", 5), ("b", 5)], side: "test", firstSeed: 100)
    let data = try TestImages.open(folder)
    #expect(data.classCounts(.train) == [36, 36])
    #expect(data.classCounts(.validation) == [4, 4])
    #expect(data.classCounts(.test) == [5, 5])
  }

  @Test func formatsMayBeMixed() throws {
    // Two by two pixels of (200, 20 n, 40), saved by Pillow; the names of two say something else.
    let files: [(name: String, content: String)] = [
      ("0.webp", "UklGRhwAAABXRUJQVlA4TBAAAAAvAUAAAAcQRS5K/wMR0f8A"),
      (
        "1.TIF",
        "SUkqAAgAAAAKAAABBAABAAAAAgAAAAEBBAABAAAAAgAAAAIBAwADAAAAhgAAAAMBAwABAAAAAQAAAAYBAwABAAAA"
          + "AgAAABEBBAABAAAAjAAAABUBAwABAAAAAwAAABYBBAABAAAAAgAAABcBBAABAAAADAAAABwBAwABAAAAAQAAAAAA"
          + "AAAIAAgACADIFCjIFCjIFCjIFCg="
      ),
      ("2.png", "R0lGODdhAgACAIEAAMgoKAAAAAAAAAAAACwAAAAAAgACAAAIBgABCAQQEAA7"),
      (
        "3.jpg",
        "Qk1GAAAAAAAAADYAAAAoAAAAAgAAAAIAAAABABgAAAAAABAAAADEDgAAxA4AAAAAAAAAAAAAKDzIKDzIAAAoPMgo"
          + "PMgAAA=="
      ),
    ]
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 4), ("b", 2)])
    for (name, content) in files {
      try folder.write(Array(try #require(Data(base64Encoded: content))), to: "b/x\(name)")
    }
    try folder.write("....ftypheic", to: "b/photo.heic")
    let data = try TestImages.open(folder)
    #expect(data.samples.count == 10)
    #expect(data.badFiles.isEmpty)
    #expect(
      data.ignored == [
        IgnoredFile(
          path: "b/photo.heic",
          reason: "AVIF or HEIC, which builds by `swift build --traits default,HEIF` read")
      ])
    let added = data.samples.indices.filter { data.samples[$0].path.hasPrefix("b/x") }
    for (number, index) in added.enumerated() {
      let image = try data.image(at: index)
      #expect(image.size == ImageSize(width: 2, height: 2))
      #expect(Array(image.pixels.prefix(3)) == [200, UInt8(20 * number), 40])
    }
    #expect(added.count == 4)
  }

  @Test func hiddenFoldersAndOtherFilesAreReported() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 5), ("b", 5)])
    try folder.write(TestImages.png(50), to: ".cache/x.png")
    try folder.write(TestImages.png(51), to: "a/.hidden.png")
    try folder.write("notes", to: "b/notes.txt")
    try folder.write("top", to: "README.md")
    let data = try TestImages.open(folder)
    #expect(data.samples.count == 10)
    #expect(
      Set(data.ignored) == [
        IgnoredFile(path: ".cache", reason: "hidden"),
        IgnoredFile(path: "a/.hidden.png", reason: "hidden"),
        IgnoredFile(path: "b/notes.txt", reason: "not an image file"),
        IgnoredFile(path: "README.md", reason: "not an image file"),
      ])
  }

  @Test func whatIsLeftOutIsCountedAndListed() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 25), ("b", 25)])
    try folder.write("no image", to: "a/y, z.png")
    try folder.write("notes", to: "b/notes.txt")
    // A folder with the name of an image: one with nothing to read, one with an image inside.
    try folder.write("text", to: "a/empty.jpg/readme.txt")
    try folder.write(TestImages.png(77), to: "b/full.jpg/x.png")
    let data = try TestImages.open(folder)
    #expect(data.samples.count == 51)
    #expect(data.samples.contains { $0.path == "b/full.jpg/x.png" })
    #expect(
      Set(data.ignored) == [
        IgnoredFile(path: "a/empty.jpg", reason: "a folder, not an image file"),
        IgnoredFile(path: "a/empty.jpg/readme.txt", reason: "not an image file"),
        IgnoredFile(path: "b/notes.txt", reason: "not an image file"),
      ])
    #expect(data.summary.hasSuffix(", 1 unreadable left out, 3 ignored"))
    let lines = data.leftOutTable.split(separator: "\n")
    #expect(lines.first == "path,reason" && lines.count == 5)
    #expect(lines[1].hasPrefix("\"a/y, z.png\","))
    #expect(lines.contains("b/notes.txt,not an image file"))
  }

  @Test func oneClassOpensButIsNotTrainedOn() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 6)])
    let data = try TestImages.open(folder)
    #expect(data.classes == ["a"] && data.samples.count == 6)
    #expect(data.warnings.contains { $0.contains("training needs two") })
    #expect {
      try data.requireSeveralClasses()
    } throws: {
      ($0 as? GraftError)?.message.contains("has images of 1 class, \"a\"") == true
    }
  }

  @Test func imageMayLieDeeperAndSuffixesInAnyCase() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 5), ("b", 5)])
    try folder.write(TestImages.png(60), to: "a/sub/deep/x.PNG")
    try folder.write(TestImages.png(61), to: "b/content is png.JPG")
    let data = try TestImages.open(folder)
    #expect(data.counts(of: Array(data.samples.indices)) == [6, 6])
    #expect(data.badFiles.isEmpty)
  }

  @Test func aLinkToAFolderAboveEndsTheWalk() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 5), ("b", 5)])
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "a/loop"), withDestinationURL: folder.url.appending(path: "a"))
    let data = try TestImages.open(folder)
    #expect(data.samples.count == 10)
    #expect(data.ignored.map(\.path) == ["a/loop"])
  }

  @Test func foldersBesideSplitsAreLeftOutAndNamed() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 4), ("b", 4)], side: "training")
    try TestImages.fill(folder, [("a", 2), ("b", 2)], side: "dev", firstSeed: 50)
    try folder.write(TestImages.png(90), to: "unlabeled/1.png")
    try folder.write("weights", to: "models/a.pt")
    let data = try TestImages.open(folder)
    #expect(data.classes == ["a", "b"])
    #expect(data.classCounts(.train) == [4, 4] && data.classCounts(.validation) == [2, 2])
    let reason = "a folder beside dev/ and training/"
    #expect(
      data.ignored == [
        IgnoredFile(path: "models", reason: reason), IgnoredFile(path: "unlabeled", reason: reason),
      ])
    #expect(data.warnings == ["models/, unlabeled/ beside dev/ and training/ left out"])
  }

  @Test func aClassCalledTrainStaysAClass() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("bus", 5), ("train", 5)])
    #expect(try TestImages.open(folder).classes == ["bus", "train"])
  }

  @Test(arguments: ["a/up", "a/deep/up", "up"]) func linksToFoldersAboveAreNotFollowed(
    link: String
  ) throws {
    for target in ["..", "../..", "/"] {
      let folder = try TemporaryFolder()
      try TestImages.fill(folder, [("a", 5), ("a/deep", 2), ("b", 5)])
      let path = target == "/" ? "/" : folder.path + "/" + target
      let place = target == "/" ? "/" : URL(fileURLWithPath: path).standardized.path
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/" + link, withDestinationPath: place)
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/b/root", withDestinationPath: folder.path)
      let data = try TestImages.open(folder)
      #expect(data.classes == ["a", "b"] && data.samples.count == 12)
      #expect(Set(data.ignored.map(\.path)) == [link, "b/root"])
      #expect(data.ignored.allSatisfy { $0.reason == "a link to a folder above it" })
    }
  }

  @Test func namesThatAreNoTextAreHandledAsBytes() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 5)])
    let path = Array(folder.path.utf8) + Array("/b".utf8) + [0xFF, 0x07]
    #expect(mkdir(Self.systemText(path), 0o755) == 0)
    for seed in 70..<75 {
      let source = try folder.write(TestImages.png(seed), to: "moving.png")
      let target = Self.systemText(path + Array("/\(seed).png".utf8))
      #expect(rename(source, target) == 0)
    }
    let data = try TestImages.open(folder)
    #expect(data.classes == ["a", "b\\xff\\x07"])
    #expect(try data.image(at: 9) == TestImages.image(74))
  }

  private static func systemText(_ bytes: [UInt8]) -> [CChar] {
    (bytes + [0]).map { CChar(bitPattern: $0) }
  }

  struct BadLayout: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let files: [String]
    let folders: [String]
    let message: String
  }

  static let badLayouts = [
    BadLayout(testDescription: "empty", files: [], folders: [], message: "has no images"),
    BadLayout(
      testDescription: "no classes", files: ["1.png", "2.png"], folders: [],
      message: "has 2 images but no class folders"),
    BadLayout(
      testDescription: "empty class", files: ["a/1.png"], folders: ["b"],
      message: "/b has no images"),
    BadLayout(
      testDescription: "only empty classes", files: [], folders: ["a", "b"],
      message: "/a has no images"),
    BadLayout(
      testDescription: "stranger in val", files: ["train/a/1.png", "train/b/1.png", "val/c/1.png"],
      folders: [], message: "val/ has a class \"c\" that train/ does not have"),
    BadLayout(
      testDescription: "two validation splits",
      files: ["train/a/1.png", "train/b/1.png", "val/a/1.png", "valid/a/1.png"], folders: [],
      message: "has two folders for the validation split"),
    BadLayout(
      testDescription: "images right under train", files: ["train/1.png", "val/a/1.png"],
      folders: [], message: "train has 1 images but no class folders"),
    BadLayout(
      testDescription: "segmentation", files: ["train/images/1.png", "train/masks/1.png"],
      folders: [], message: "the mask train/masks/1.png is a color image"),
  ]

  @Test(arguments: badLayouts) func layoutsThatMakeNoSenseAreRefused(layout: BadLayout) throws {
    let folder = try TemporaryFolder()
    for (seed, file) in layout.files.enumerated() {
      try folder.write(TestImages.png(seed), to: file)
    }
    for name in layout.folders { try folder.makeFolder(name) }
    let error = #expect(throws: GraftError.self) { try TestImages.open(folder) }
    #expect(error?.message.contains(layout.message) == true, "\(String(describing: error))")
    #expect(error?.code == .input)
    #expect(error?.help != nil)
  }

  @Test func aMissingFolderIsNamed() {
    let error = #expect(throws: GraftError.self) { try TestImages.open("/nowhere/at/all") }
    #expect(error?.message == "there is no folder or file /nowhere/at/all")
  }
}
