import GraftBase
import GraftData
import GraftImaging
import GraftKernels
import GraftTestSupport
import Testing

@Suite struct NearCopiesTests {
  private struct Found: Hashable {
    let path: String
    let of: String
    let how: String
  }

  private static func found(_ pairs: [NearCopies.Pair], in data: DataSet) -> Set<Found> {
    Set(
      pairs.map {
        Found(
          path: data.samples[$0.image].path, of: data.samples[$0.original].path,
          how: $0.orientation.nameOfCopy)
      })
  }

  /// Thirty photographs in two splits, with copies of the training images among the others.
  private static func planted() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for number in 0..<30 {
      let side = number < 20 ? "train" : "val"
      let name = "\(side)/\(number.isMultiple(of: 2) ? "a" : "b")/\(number).png"
      try folder.write(PNGEncoder.encode(.photograph(number)), to: name)
    }
    try folder.write(JPEGEncoder.encode(.photograph(0), quality: 30), to: "val/a/again.jpg")
    let small = Image.photograph(1).resized(to: ImageSize(width: 30, height: 24))
    try folder.write(PNGEncoder.encode(small), to: "val/b/small.png")
    let mirrored = Image.photograph(2).oriented(.flippedHorizontally)
    try folder.write(JPEGEncoder.encode(mirrored, quality: 60), to: "val/a/mirrored.jpg")
    let turned = Image.photograph(3).oriented(.rotatedBy90)
    try folder.write(PNGEncoder.encode(turned), to: "val/a/turned.png")
    try folder.write(PNGEncoder.encode(.photograph(4)), to: "val/a/same.png")
    try folder.write(JPEGEncoder.encode(.photograph(6), quality: 50), to: "train/a/6-again.jpg")
    try folder.write(PNGEncoder.encode(Image(width: 8, height: 8)), to: "train/a/black.png")
    try folder.write(PNGEncoder.encode(Image(width: 9, height: 9)), to: "val/a/black.png")
    return folder
  }

  @Test(arguments: [1, 2])
  func copiesThatWereSavedAgainAreFound(_ threads: Int) throws {
    let folder = try Self.planted()
    let data = try TestImages.open(folder)
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    var fractions: [Double] = []
    let copies = try NearCopies(in: data, pool: pool) { fractions.append($0) }
    #expect(
      Self.found(copies.acrossSplits, in: data) == [
        Found(path: "val/a/again.jpg", of: "train/a/0.png", how: ""),
        Found(path: "val/b/small.png", of: "train/b/1.png", how: ""),
        Found(path: "val/a/mirrored.jpg", of: "train/a/2.png", how: "mirrored"),
        Found(path: "val/a/turned.png", of: "train/b/3.png", how: "turned by 90°"),
      ])
    #expect(
      Self.found(copies.insideSplits, in: data) == [
        Found(path: "train/a/6.png", of: "train/a/6-again.jpg", how: "")
      ])
    let correlations = copies.acrossSplits.map(\.correlation)
    #expect(correlations == correlations.sorted(by: >) && correlations.allSatisfy { $0 > 0.97 })
    #expect(copies.flatCount == 2 && copies.crowdedCount == 0)
    #expect(fractions == fractions.sorted() && abs((fractions.last ?? 0) - 1) < 1e-9)
    // The exact copy belongs to another list.
    #expect(data.straddlingDuplicates == ["train/a/4.png = val/a/same.png"])
  }
}
