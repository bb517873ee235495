import GraftBase
import GraftEngine
import GraftKernels
import Testing

@Suite struct StorageReservingTests {
  @Test(arguments: [1 << 48, Int.max / 8, Int.max / 2, Int.max])
  func whatCannotBeHadIsRefused(count: Int) throws {
    let error = #expect(throws: GraftError.self) {
      try Storage.reserve(count, for: "a batch of 9 images")
    }
    #expect(error?.code == .failed)
    #expect(error?.message.hasPrefix("a batch of 9 images needs ") == true)
    #expect(error?.message.hasSuffix(" is available") == true)
  }

  @Test func theSystemsRefusalIsNoTrap() {
    #expect(Storage(ifAvailable: 1 << 50) == nil)
    #expect(Storage(ifAvailable: Int.max) == nil)
  }

  @Test func whatIsThereIsZero() throws {
    let storage = try Storage.reserve(1000, for: "a test")
    #expect(storage.slice.count == 1000 && storage.slice.buffer.allSatisfy { $0 == 0 })
  }

  @Test func roomIsGivenBack() throws {
    try Storage.requireRoom(1 << 20, for: "a test")
    #expect(Storage.isAvailable(1 << 30))
    let error = #expect(throws: GraftError.self) {
      try Storage.requireRoom(1 << 50, for: "the weights of a test", help: "choose a smaller one")
    }
    #expect(error?.message.hasPrefix("the weights of a test needs 1126 TB of memory") == true)
    #expect(error?.help == "choose a smaller one")
  }
}
