import GraftBase
import GraftTestSupport
import Testing

@testable import GraftData

/// `without=`: images that a list leaves out.
@Suite struct ImageExclusionTests {
  private static func open(
    _ text: String, limit: Int? = nil, classes: [(String, Int)] = [("a", 6), ("b", 6)]
  ) throws -> DataSet {
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, classes)
    let lists = try TemporaryFolder()
    try lists.write(Array(text.utf8), to: "list.txt")
    return try TestImages.open(folder) {
      $0.withoutPath = lists.path + "/list.txt"
      $0.limit = limit
    }
  }

  @Test(arguments: [
    "a/1.png\nb/3.png\n", "a/1.png\r\nb/3.png", "./a/1.png\n\nb/3.png\nb/3.png\n",
    "split,Path,label\ntrain,a/1.png,a\nval,\"b/3.png\",b\n",
  ])
  func pathsAndTablesAreRead(_ text: String) throws {
    let data = try Self.open(text)
    #expect(data.leftOut == ["a/1.png", "b/3.png"])
    #expect(data.samples.count == 10)
    #expect(!data.samples.contains { ["a/1.png", "b/3.png"].contains($0.path) })
    #expect(data.summary.contains(", 2 left out by list.txt"))
    #expect(data.description.contains("left out by list.txt: 2\n  a/1.png\n  b/3.png"))
    #expect(!data.warnings.contains { $0.contains("list.txt") })
    #expect(data.places.contains { $0.description.hasSuffix("/list.txt") })
  }

  @Test func unknownNamesAndEmptyClassesAreTold() throws {
    let data = try Self.open(
      "a/0.png\na/1.png\nc/1.png\nx\ny\nz\n", classes: [("a", 2), ("b", 6), ("c", 3)])
    #expect(data.samples.count == 8)
    #expect(
      data.warnings.contains("3 of 6 paths in list.txt are no images of the data: x, y, z"))
    #expect(data.warnings.contains("list.txt leaves no image of class a"))
    let none = try Self.open("")
    #expect(none.samples.count == 12 && none.leftOut.isEmpty)
  }

  @Test func aLimitCountsWhatIsLeft() throws {
    let data = try Self.open("a/0.png\na/1.png\na/2.png\na/3.png\n", limit: 8)
    #expect(data.samples.count == 8)
    #expect(data.counts(of: Array(data.samples.indices)) == [2, 6])
  }

  @Test func whatLeavesNothingOrIsNoTextIsRefused() throws {
    let all = ["a", "b"].flatMap { name in (0..<2).map { "\(name)/\($0).png" } }
    #expect(throws: GraftError.self) {
      try Self.open(all.joined(separator: "\n"), classes: [("a", 2), ("b", 2)])
    }
    let folder = try TemporaryFolder()
    try TestImages.fill(folder, [("a", 3), ("b", 3)])
    let lists = try TemporaryFolder()
    try lists.write([0xFF, 0xFE, 0x00], to: "list.txt")
    for name in ["list.txt", "missing.txt"] {
      #expect(throws: GraftError.self) {
        try TestImages.open(folder) { $0.withoutPath = lists.path + "/" + name }
      }
    }
  }
}
