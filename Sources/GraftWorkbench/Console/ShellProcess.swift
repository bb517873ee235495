import Foundation

/// A program that the shell starts beside Graft, with the signals as a program expects them.
struct ShellProcess {
  private let identifier: pid_t

  /// Starts `/bin/sh` with these words; `input`, if given, becomes its standard input.
  ///
  /// - Returns: the process, or the number of the system's error.
  static func start(_ words: [String], input: Int32? = nil) -> Result<ShellProcess, Failure> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input { posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for signal in [SIGINT, SIGPIPE, SIGTERM, SIGHUP] { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var pointers: [UnsafeMutablePointer<CChar>?] = (["sh"] + words).map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var identifier = pid_t()
    let number = posix_spawn(&identifier, "/bin/sh", &actions, &attributes, &pointers, environ)
    return number == 0
      ? .success(ShellProcess(identifier: identifier)) : .failure(Failure(number: number))
  }

  /// Why a process did not start.
  struct Failure: Error {
    let number: Int32
  }

  /// Waits for its end; returns its status as a shell tells it, 128 and more for a signal.
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }
}
