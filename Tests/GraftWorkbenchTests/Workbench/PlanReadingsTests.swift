import Foundation
import GraftData
import GraftKernels
import Testing

@testable import GraftWorkbench

/// What a rehearsal reads is read once.
@Suite struct PlanReadingsTests {
  @Test func dataOfTheSameOptionsAreOpenedOnce() throws {
    let readings = PlanReadings()
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    var openings = 0
    func open(_ limit: Int, isKept: Bool) throws -> Int {
      var options = DataOptions()
      options.limit = limit
      return try readings.dataSet("demo:shapes", options, isKept: isKept) {
        openings += 1
        return try DataSet.open("demo:shapes", options: options, pool: pool)
      }.samples.count
    }
    #expect(try open(20, isKept: true) == 20)
    #expect(try open(20, isKept: false) == 20)
    #expect(openings == 1)
    #expect(try open(30, isKept: false) == 30)
    #expect(try open(30, isKept: false) == 30)
    #expect(openings == 3)
    readings.clear()
    #expect(try open(20, isKept: false) == 20)
    #expect(openings == 4)
  }

  @Test func weightsThatChangedAreReadAgain() throws {
    let place = try Workplace()
    #expect(place.replay(Workplace.ingredients + "\ntrain epochs=1 as=A ; save a.safetensors") == 0)
    let readings = PlanReadings()
    let path = place.path("a.safetensors")
    let first = try readings.weights(path, verifyingChecksums: true, isKept: true)
    #expect(try readings.weights(path, verifyingChecksums: true, isKept: true).hash == first.hash)
    let more = try Workplace(folder: place.folder)
    #expect(
      more.replay(Workplace.ingredients + "\ntrain epochs=2 as=A ; save a.safetensors") == 0)
    #expect(try readings.weights(path, verifyingChecksums: true, isKept: true).hash != first.hash)
  }
}
