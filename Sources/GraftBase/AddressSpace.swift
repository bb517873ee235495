import Foundation

/// What a limit of address space (RLIMIT_AS, `ulimit -v`) leaves to this process.
///
/// Under such a limit an allocation fails where it would otherwise succeed and be paid for later.
/// Large blocks are therefore taken only while `reserve` stays free for everything small, which has no
/// way to fail.
package enum AddressSpace {
  /// What stays free for small things: texts, lists, images, the threads' stacks.
  package static let reserve = 48 << 20

  /// The limit in bytes when the process started; nil without one.
  package static let limit: Int? = {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      limit.rlim_cur != rlim_t.max
    else { return nil }
    return Int(clamping: limit.rlim_cur)
  }()

  /// Bytes of address space that are in use.
  package static var used: Int { pages.all }

  /// Bytes of address space, and those of them that are in memory.
  static var pages: (all: Int, resident: Int) {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return (0, 0) }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer in
      let count = read(file, buffer.baseAddress, buffer.count)
      // Numbers of pages: all, resident, and others.
      var (all, resident, place) = (0, 0, 0)
      for index in 0..<max(0, count) {
        guard (0x30...0x39).contains(buffer[index]) else {
          place += 1
          continue
        }
        let digit = Int(buffer[index] - 0x30)
        if place == 0 { all = all * 10 + digit }
        if place == 1 { resident = resident * 10 + digit }
      }
      let size = Int(sysconf(Int32(_SC_PAGESIZE)))
      return (all * size, resident * size)
    }
  }

  /// What is left for large blocks; nil without a limit.
  package static var left: Int? { limit.map { max(0, $0 - used - reserve) } }

  /// Whether small things still have room; without a limit they have.
  package static var hasReserve: Bool { limit.map { $0 - used >= reserve } ?? true }

  /// Ends the process with a sentence where the limit leaves too little to start with.
  package static func checkAtStart() {
    guard let limit else { return }
    let needed = used + reserve + reserve / 2
    guard limit < needed else { return }
    let megabytes = (needed >> 20) + 1
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
      withVaList([limit >> 20, megabytes, megabytes << 10]) { values in
        _ = vsnprintf(
          text.baseAddress, text.count,
          "error: the limit of address space is %ld MiB, and graft needs at least %ld MiB\n"
            + "help: ulimit -v %ld, or more\n", values)
      }
      guard let start = text.baseAddress else { return }
      _ = write(STDERR_FILENO, start, strlen(start))
    }
    _exit(1)
  }
}
