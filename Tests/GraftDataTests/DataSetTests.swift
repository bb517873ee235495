import Foundation
import GraftBase
import GraftData
import GraftImaging
import GraftTestSupport
import Testing

@Suite struct DataSetTests {
  @Test func fingerprintsFollowContentNamesAndLabels() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 6), ("b", 6)])
    let first = try TestImages.open(folder)
    let copy = try TemporaryFolder()
    try TestImages.fill(copy, [("a", 6), ("b", 6)])
    #expect(try TestImages.open(copy, threads: 2).fingerprint == first.fingerprint)
    try copy.write(TestImages.png(99), to: "a/0.png")
    #expect(try TestImages.open(copy).fingerprint != first.fingerprint)
  }

  @Test func limitsAreBalancedAndStable() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 30), ("b", 10), ("c", 4)])
    let data = try TestImages.open(folder) { $0.limit = 18 }
    #expect(data.counts(of: Array(data.samples.indices)) == [7, 7, 4])
    let again = try TestImages.open(folder, threads: 2) { $0.limit = 18 }
    #expect(again.samples.map(\.path) == data.samples.map(\.path))
    let fewer = try TestImages.open(folder) { $0.limit = 12 }
    #expect(Set(fewer.samples.map(\.path)).isSubset(of: data.samples.map(\.path)))
    #expect(throws: GraftError.self) { try TestImages.open(folder) { $0.limit = 0 } }
  }

  @Test func otherFoldersGiveTheOtherSides() throws {
    let train = try TemporaryFolder()
    let validation = try TemporaryFolder()
    try TestImages.fill(train, [("a", 6), ("b", 6)])
    try TestImages.fill(validation, [("b", 3)], firstSeed: 3)
    let data = try TestImages.open(train) { $0.validationPath = validation.path }
    #expect(data.classCounts(.train) == [6, 6])
    #expect(data.classCounts(.validation) == [0, 3])
    #expect(data.straddlingDuplicates.count == 3)
    #expect(data.description.contains("the same image in two splits: 3"))

    try TestImages.fill(validation, [("z", 3)])
    #expect(throws: GraftError.self) {
      try TestImages.open(train) { $0.validationPath = validation.path }
    }
  }

  @Test func aSplitOfASetWithItsOwnSidesIsRefused() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 6), ("b", 6)], side: "train")
    try TestImages.fill(folder, [("a", 6), ("b", 6)], side: "val")
    let error = #expect(throws: GraftError.self) {
      try TestImages.open(folder) { $0.split = .standard }
    }
    #expect(error?.code == .usage)
  }

  @Test func classWeightsEvenOutTheClasses() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 12), ("b", 4)], side: "train")
    try TestImages.fill(folder, [("a", 1), ("b", 1)], side: "val", firstSeed: 50)
    let weights = try TestImages.open(folder).classWeights()
    #expect(weights == [16.0 / 24, 16.0 / 8])
  }

  @Test func imageOverTheBudgetAreReadAgain() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 4), ("b", 4)])
    let data = try TestImages.open(folder) { $0.cacheBudget = 200 }
    for index in data.samples.indices {
      #expect(try data.image(at: index) == TestImages.image(index))
    }
  }

  @Test func filesThatVanishOrChangeAreNamed() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 4), ("b", 4)])
    let data = try TestImages.open(folder) { $0.cacheBudget = 0 }
    try FileManager.default.removeItem(at: folder.url.appending(path: "a/2.png"))
    let vanished = #expect(throws: GraftError.self) { try data.image(at: 2) }
    #expect(vanished?.message == "a/2.png cannot be opened: No such file or directory")
    try folder.write(TestImages.png(77), to: "a/3.png")
    let changed = #expect(throws: GraftError.self) { try data.image(at: 3) }
    #expect(changed?.message == "a/3.png changed since the data set was scanned")
    // What it has become is not looked at.
    try folder.write(Array(TestImages.png(77).prefix(20)), to: "a/1.png")
    let cut = #expect(throws: GraftError.self) { try data.image(at: 1) }
    #expect(cut?.message == "a/1.png changed since the data set was scanned")
  }

  @Test func theCardShowsTheEssentials() throws {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("ants", 20), ("bees", 5)], side: "train")
    try TestImages.fill(folder, [("ants", 3), ("bees", 2)], side: "val", firstSeed: 100)
    try folder.write(TestImages.png(500, channels: 1), to: "train/ants/gray.png")
    try folder.write("<html>", to: "train/ants/page.jpg")
    let data = try TestImages.open(folder)
    let name = folder.url.lastPathComponent
    let bad = try #require(data.badFiles.first)
    #expect(
      data.description == """
        \(name): 31 images, 2 classes, \(data.fingerprint), 1 unreadable left out
          class  train  validation
          ants      21           3
          bees       5           2
          total     26           5
        split: as given
        sizes: 6×5, 1 gray
        bad files, left out: 1
          train/ants/page.jpg \(bad.reason)
        warning: class bees has 7 images; its score, measured on 2, will be known to ±41 points
        """)
  }

  /// Half widths by scipy 1.x: `binomtest(n // 2, n).proportion_ci(method="wilson")`.
  @Test(arguments: [(100, 10), (20, 20), (1000, 3)])
  func intervalsFollowWilson(count: Int, points: Int) {
    #expect(DataSet.scoreInterval(count: count) == points)
  }

  @Test(
    .needsShared("data/hymenoptera.tar", "data/clothing10.tar"),
    arguments: [
      ("hymenoptera.tar", [123, 121], [70, 83]),
      ("clothing10.tar", nil, [32, 14, 49, 24, 49, 29, 26, 25, 12, 81]),
    ])
  func photographsAreCounted(archive: String, train: [Int]?, validation: [Int]) throws {
    let path = try #require(try SharedFiles.folder(archive)).path(percentEncoded: false)
    let data = try TestImages.open(path, threads: 2) { $0.cacheBudget = 0 }
    if let train { #expect(data.classCounts(.train) == train) }
    #expect(data.classCounts(.validation) == validation)
    #expect(data.badFiles.isEmpty && data.ignored.isEmpty)
  }

  @Test(.needsShared("data/sign_digits.tar.gz")) func cameraImageAreTurnedUpright() throws {
    let path = try #require(try SharedFiles.folder("sign_digits.tar.gz"))
      .path(percentEncoded: false)
    let data = try TestImages.open(path, threads: 2) { $0.cacheBudget = 1 << 26 }
    #expect(data.samples.count == 2062)
    #expect(data.partition(.validation).count == 411)
    let large = data.samples.filter { $0.size.width > 100 }
    #expect(
      large.map(\.path)
        == [5874, 5935, 5978].map { "train/7/IMG_\($0).JPG" })
    #expect(large.allSatisfy { $0.size == ImageSize(width: 3024, height: 3024) })
  }
}
