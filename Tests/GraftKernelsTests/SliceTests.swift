import GraftKernels
import Testing

@Suite struct SliceTests {
  @Test(arguments: [0, 1, 15, 16, 17, 1000, 65_537])
  func storageIsAlignedAndZeroToTheEndOfItsSlack(count: Int) {
    let storage = Storage(count: count)
    let slice = storage.slice
    #expect(UInt(bitPattern: slice.pointer) % 64 == 0)
    #expect(slice.count == count && slice.buffer.count == count)
    #expect((0..<count + bufferSlack).allSatisfy { slice.pointer[$0] == 0 })
    withExtendedLifetime(storage) {}
  }

  @Test func partsShareTheMemory() {
    let storage = Storage(count: 10)
    let slice = storage.slice
    slice.part(2, count: 3).fill(7)
    #expect(Array(slice.buffer) == [0, 0, 7, 7, 7, 0, 0, 0, 0, 0])
    slice.part(6, count: 3).copy(from: slice.part(1, count: 3))
    #expect(Array(slice.buffer) == [0, 0, 7, 7, 7, 0, 0, 7, 7, 0])
    #expect(slice.part(10, count: 0).count == 0)
    withExtendedLifetime(storage) {}
  }
}
