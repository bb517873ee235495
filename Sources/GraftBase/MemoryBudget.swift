import Foundation

/// How much memory a step may ask for: what this process may have, less a share for everything else.
package enum MemoryBudget {
  /// Nine tenths of what is left of the smallest of: the machine's memory, the limits of the control
  /// groups that the process is in, and its own limit of address space.
  package static var bytes: Int {
    bytes(
      machine: Int(clamping: ProcessInfo.processInfo.physicalMemory),
      groups: ControlGroup.memoryLimits(of: "/proc/self/cgroup", in: "/sys/fs/cgroup"),
      resident: AddressSpace.pages.resident, addressSpaceLeft: AddressSpace.left)
  }

  /// The same from its parts: what the process has in memory counts against machine and groups.
  static func bytes(
    machine: Int, groups: [Int], resident: Int, addressSpaceLeft: Int?
  ) -> Int {
    let memory = (groups + [machine]).min() ?? machine
    return max(0, min(memory / 10 * 9 - resident, (addressSpaceLeft ?? .max) / 10 * 9))
  }

  /// Refuses a request that cannot be met, before anything is allocated.
  ///
  /// `what` begins the sentence: "a plan for 512 images". `freed` bytes are given back first.
  package static func require(
    _ bytes: Int, for what: String,
    help: String = "ask for less at a time: batch=16, or a smaller size= of the encoder",
    freeing freed: Int = 0
  ) throws {
    // What is small needs no look at the system's files.
    guard bytes > smallRequest else { return }
    let budget = Self.bytes + freed
    guard bytes > budget else { return }
    throw refusal(of: bytes, for: what, budget: budget, help: help)
  }

  /// Requests up to this size are met from what is always left.
  private static let smallRequest = AddressSpace.limit == nil ? 16 << 20 : 1 << 20

  /// The error for memory that is not there.
  package static func refusal(
    of bytes: Int, for what: String, budget: Int = bytes,
    help: String = "ask for less at a time: batch=16, or a smaller size= of the encoder"
  ) -> GraftError {
    GraftError(
      .failed, "\(what) needs \(bytes.bytesText) of memory; \(budget.bytesText) is available",
      help: help)
  }
}

/// The memory limits of Linux' control groups, versions 1 and 2: containers, Slurm, systemd.
enum ControlGroup {
  /// The limits in bytes of the groups that `file` (as /proc/self/cgroup) names and of those around
  /// them, below the mount point `root`; a file that cannot be read has no limit.
  static func memoryLimits(of file: String, in root: String) -> [Int] {
    let lines = (try? String(contentsOfFile: file, encoding: .utf8))?.split(separator: "\n") ?? []
    return lines.flatMap { line -> [Int] in
      // NUMBER:CONTROLLERS:PATH; version 2 names no controllers.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let controllers = parts[1].split(separator: ",")
      if controllers.isEmpty { return limits(along: parts[2], in: root, named: "memory.max") }
      guard controllers.contains("memory") else { return [] }
      return limits(along: parts[2], in: root + "/memory", named: "memory.limit_in_bytes")
    }
  }

  /// The limits of a group and of all groups that it lies in; inside a container the path may not
  /// exist, and the root is the container's own group.
  private static func limits(along path: Substring, in root: String, named name: String) -> [Int] {
    var folders = [root]
    for part in path.split(separator: "/") where part != ".." {
      folders.append(folders[folders.count - 1] + "/" + part)
    }
    return folders.compactMap { folder in
      guard let text = try? String(contentsOfFile: folder + "/" + name, encoding: .utf8) else {
        return nil
      }
      return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
}
