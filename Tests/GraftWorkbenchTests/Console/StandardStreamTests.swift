import Foundation
import Testing

@testable import GraftWorkbench

@Suite struct StandardStreamTests {
  @Test func aFullDiskIsAFault() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    let stream = StandardStream(descriptor: descriptor)
    #expect(stream.fault == nil)
    stream.write("a line\n")
    let fault = try #require(stream.fault)
    #expect(
      fault.message
        == "the results could not be written to standard output: No space left on device")
  }

  @Test func aReaderThatLeavesIsNone() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    defer { close(writing) }
    let stream = StandardStream(descriptor: writing)
    stream.write("a line\n")
    var bytes = [UInt8](repeating: 0, count: 16)
    #expect(read(reading, &bytes, bytes.count) == 7)
    signal(SIGPIPE, SIG_IGN)
    close(reading)
    stream.write("a line\n")
    #expect(stream.fault == nil)
  }
}
