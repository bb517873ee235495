import Foundation
import GraftTestSupport
import Testing

@testable import GraftBase

@Suite struct MemoryBudgetTests {
  private static let gigabyte = 1_000_000_000

  @Test func theSmallestLimitCounts() {
    let machine = 16 * Self.gigabyte
    #expect(
      MemoryBudget.bytes(machine: machine, groups: [], resident: 0, addressSpaceLeft: nil)
        == machine / 10 * 9)
    #expect(
      MemoryBudget.bytes(
        machine: machine, groups: [8 * Self.gigabyte, 2 * Self.gigabyte], resident: 0,
        addressSpaceLeft: nil) == 1_800_000_000)
    #expect(
      MemoryBudget.bytes(
        machine: machine, groups: [2 * Self.gigabyte], resident: 0,
        addressSpaceLeft: Self.gigabyte) == 900_000_000)
  }

  /// The address space that is in use was subtracted before.
  @Test func whatIsInMemoryCountsAgainstMachineAndGroups() {
    #expect(
      MemoryBudget.bytes(
        machine: 16 * Self.gigabyte, groups: [2 * Self.gigabyte], resident: Self.gigabyte,
        addressSpaceLeft: 5 * Self.gigabyte) == 800_000_000)
    #expect(
      MemoryBudget.bytes(
        machine: 16 * Self.gigabyte, groups: [Self.gigabyte], resident: Self.gigabyte,
        addressSpaceLeft: nil) == 0)
  }

  /// Folders that stand for /sys/fs/cgroup, of both versions.
  @Test func groupsOfBothVersionsLimitIt() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("1500000000\n".utf8), to: "two/slurm/job/memory.max")
    try folder.write(Array("max\n".utf8), to: "two/slurm/memory.max")
    try folder.write(Array("0::/slurm/job\n".utf8), to: "two.txt")
    try folder.write(Array("700000000\n".utf8), to: "one/memory/job/memory.limit_in_bytes")
    try folder.write(Array("9223372036854771712\n".utf8), to: "one/memory/memory.limit_in_bytes")
    try folder.write(Array("3:memory:/job\n1:cpu:/job\n".utf8), to: "one.txt")
    for (name, expected) in [("two", 1_350_000_000), ("one", 630_000_000)] {
      let groups = ControlGroup.memoryLimits(
        of: "\(folder.path)/\(name).txt", in: "\(folder.path)/\(name)")
      let budget = MemoryBudget.bytes(
        machine: 16 * Self.gigabyte, groups: groups, resident: 0, addressSpaceLeft: nil)
      #expect(budget == expected)
    }
  }

  @Test func whatIsFreedFirstIsThere() throws {
    let all = MemoryBudget.bytes
    #expect(throws: GraftError.self) { try MemoryBudget.require(2 * all, for: "a test") }
    try MemoryBudget.require(2 * all, for: "a test", freeing: 3 * all)
  }

  @Test func theProcessHasPages() {
    let (all, resident) = AddressSpace.pages
    #expect(resident > 1 << 20 && all > resident)
  }
}
