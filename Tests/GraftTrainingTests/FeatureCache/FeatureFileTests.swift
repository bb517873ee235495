import Foundation
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftBase
@testable import GraftTraining

/// Features on disk: whole or computed again, whatever happens to the file.
@Suite struct FeatureFileTests {
  private let folder: TemporaryFolder
  private let expected: String

  init() throws {
    folder = try TemporaryFolder()
    expected = try FrozenRun().run(nil).hash
  }

  /// A cache of a new process that has no memory to spare.
  private func cache(memory: Int = 0) -> FeatureCache {
    .eager(folder: folder.path + "/features", memoryBudget: memory)
  }

  private func files() throws -> [String] {
    let path = folder.path + "/features"
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map {
      "\(path)/\($0)"
    }
  }

  /// The file of the training images.
  private func trainingFile() throws -> String {
    let size = FeatureFile.byteCount(rowCount: FrozenRun.trainCount, rowLength: 4)
    return try #require(
      files().first {
        (try? FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int) == size
      })
  }

  private func change(_ path: String, at offset: Int) throws {
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: UInt64(offset))
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: Data([byte ^ 1]))
    try file.close()
  }

  @Test func whatMemoryDoesNotTakeGoesToDiskAndIsFoundAgain() throws {
    let first = try FrozenRun().run(cache())
    #expect(first.hash == expected && first.computed == [4, 1, 0, 0, 0])
    #expect(first.said.contains("on disk what memory does not take"))
    #expect(try files().count == 2)
    let second = try FrozenRun().run(cache())
    #expect(second.computed == [1, 0, 0, 0, 0], "one batch is proven, none computed")
    #expect(second.hash == expected && !second.said.contains("dropped"))
  }

  @Test func memoryIsFilledFirst() throws {
    let cache = cache(memory: 16 * FrozenRun.trainCount)
    #expect(try FrozenRun().run(cache).hash == expected)
    #expect(cache.memoryBytes == 16 * FrozenRun.trainCount)
    #expect(try files().count == 1)
  }

  @Test(arguments: [0, 9, 40, 100, 128, 130, 161, 1000])
  func aFlippedBitIsFoundSaidAndMended(offset: Int) throws {
    _ = try FrozenRun().run(cache())
    let file = try trainingFile()
    try change(file, at: offset)
    let run = try FrozenRun().run(cache())
    #expect(run.hash == expected)
    #expect(run.said.contains("are damaged:"), "\(run.said)")
    #expect(!run.said.contains("dropped"))
    let again = try FrozenRun().run(cache())
    #expect(again.hash == expected && again.computed == [1, 0, 0, 0, 0])
    #expect(!again.said.contains("damaged"), "it was mended")
  }

  @Test(arguments: [0, 1, 127, 128, 140, 600])
  func aCutFileIsFoundSaidAndMended(length: Int) throws {
    _ = try FrozenRun().run(cache())
    let file = try trainingFile()
    #expect(truncate(file, length) == 0)
    let run = try FrozenRun().run(cache())
    #expect(run.hash == expected && run.said.contains("are damaged:"))
    #expect(try FrozenRun().run(cache()).computed == [1, 0, 0, 0, 0])
  }

  @Test(arguments: [true, false])
  func aFileThatChangesInUseEndsTheCacheAndNotTheRun(isCut: Bool) throws {
    let run = try FrozenRun().run(cache()) { event in
      if case .epoch(let record) = event, record.epoch == 3 {
        let file = try trainingFile()
        if isCut { truncate(file, 600) } else { try change(file, at: 300) }
      }
      return .continue
    }
    #expect(run.hash == expected)
    #expect(run.said.contains("dropped") && run.said.contains("changed while in use"))
  }

  @Test func featuresThatAreNotWhatWouldBeComputedAreDropped() throws {
    _ = try FrozenRun().run(cache())
    let path = try trainingFile()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let key = ContentHash.Digest(bytes: Array(bytes[32..<64]))
    let wrong = Storage(count: 4)
    wrong.slice.fill(0.5)
    let file = try FeatureFile(path: path, key: key, rowCount: FrozenRun.trainCount, rowLength: 4)
    #expect(file.damage == nil && file.wholeRows.allSatisfy { $0 })
    for row in 0..<FrozenRun.trainCount { try file.write(wrong.slice, as: row) }
    let run = try FrozenRun().run(cache())
    #expect(run.hash == expected)
    #expect(run.said.contains("computed again, differ from the stored ones"), "\(run.said)")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func aRunStoppedWhileFillingLeavesWholeRows() throws {
    let stopped = try FrozenRun().run(cache()) { event in
      if case .progress(let progress) = event, progress.step == 2 { return .stop }
      return .continue
    }
    let resumed = try FrozenRun().run(cache(), resuming: stopped.state)
    #expect(resumed.hash == expected && !resumed.said.contains("damaged"))
    #expect(try FrozenRun().run(cache()).hash == expected)
  }

  @Test func aFullDiskEndsTheCacheAndNotTheRun() throws {
    try folder.write("a file where the folder should be", to: "features")
    let run = try FrozenRun().run(cache())
    #expect(run.hash == expected && run.said.contains("the run continues without"))
    let none = try FrozenRun().run(.eager(memoryBudget: 0))
    #expect(none.hash == expected && none.said.contains("do not fit into 0 B of memory"))
    let error = #expect(throws: GraftError.self) {
      try FeatureFile(
        path: folder.path + "/huge", key: ContentHash.of([1]), rowCount: 1 << 40, rowLength: 1 << 10
      )
    }
    #expect(error?.message.contains("do not fit into") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/huge"))
  }
}
