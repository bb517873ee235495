import Foundation
import GraftTestSupport
import Testing

@testable import GraftBase

@Suite struct ControlGroupTests {
  @Test func limitsOfAllGroupsAroundAProcessCount() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("4000000\n".utf8), to: "v2/job/memory.max")
    try folder.write(Array("max\n".utf8), to: "v2/job/step/memory.max")
    try folder.write(Array("0::/job/step\n".utf8), to: "v2.txt")
    #expect(
      ControlGroup.memoryLimits(of: folder.path + "/v2.txt", in: folder.path + "/v2") == [4_000_000]
    )
    try folder.write(Array("900\n".utf8), to: "v1/memory/a/memory.limit_in_bytes")
    try folder.write(Array("9223372036854771712\n".utf8), to: "v1/memory/memory.limit_in_bytes")
    try folder.write(Array("5:cpu,cpuacct:/a\n4:memory:/a\n".utf8), to: "v1.txt")
    #expect(
      ControlGroup.memoryLimits(of: folder.path + "/v1.txt", in: folder.path + "/v1")
        == [9_223_372_036_854_771_712, 900])
  }

  @Test func withoutGroupsThereIsNoLimit() {
    #expect(ControlGroup.memoryLimits(of: "/none", in: "/none").isEmpty)
  }

  /// A container sees its own group as the root, and a path that is not there.
  @Test func aContainersRootIsItsOwnGroup() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("512\n".utf8), to: "root/memory.max")
    try folder.write(Array("0::/../../docker/x\n".utf8), to: "group")
    #expect(
      ControlGroup.memoryLimits(of: folder.path + "/group", in: folder.path + "/root") == [512])
  }
}
