import Foundation
import GraftBase
import Synchronization

/// What the outside asks of a running session: Ctrl-C counted, SIGTERM and SIGHUP noted.
///
/// The first Ctrl-C in a long step asks it to stop after the batch, the second to abort, the third
/// ends the process. A signal handler can reach only global state, so process-wide counters stand
/// behind the installed instance; others react only to their own `press`.
package final class Interrupts: Sendable {
  private let ownPresses = Atomic<Int>(0)
  private let isInstalled = Atomic<Bool>(false)

  package init() {}

  /// How often Ctrl-C was pressed since the last `reset`.
  package var count: Int {
    let signals = isInstalled.load(ordering: .relaxed) ? pressCount.load(ordering: .relaxed) : 0
    return signals + ownPresses.load(ordering: .relaxed)
  }
  /// How the process was asked to end: by SIGTERM or, as by a closed terminal, SIGHUP; nil when it
  /// was not.
  package var termination: GraftError.Code? {
    guard isInstalled.load(ordering: .relaxed) else { return nil }
    switch terminationSignal.load(ordering: .relaxed) {
    case Int(SIGTERM): return .terminated
    case Int(SIGHUP): return .hungUp
    default: return nil
    }
  }
  package var isTerminated: Bool { termination != nil }
  /// A long step should stop at the next safe point.
  package var asksToStop: Bool { count >= 1 || isTerminated }
  /// A long step should give up at once and roll back.
  package var asksToAbort: Bool { count >= 2 }

  /// Forgets presses, before a new line is run.
  package func reset() {
    ownPresses.store(0, ordering: .relaxed)
    if isInstalled.load(ordering: .relaxed) { pressCount.store(0, ordering: .relaxed) }
  }

  /// Counts one press as if Ctrl-C had come; for tests.
  package func press() { ownPresses.add(1, ordering: .relaxed) }

  /// What the process is doing, which decides how a signal is answered.
  package enum Phase: Int, Sendable {
    /// Starting, or waiting for standard input: a signal ends the process.
    case idle
    /// Reading a line from a person, who drops it with Ctrl-C.
    case prompt
    /// Running a command, which stops when it can.
    case running
  }

  /// Changes the phase and returns the one before, to be put back later.
  @discardableResult
  package func enter(_ phase: Phase) -> Phase {
    Phase(rawValue: phaseNumber.exchange(phase.rawValue, ordering: .relaxed)) ?? .idle
  }

  /// Throws what ends a step when a stop was asked for.
  package func check() throws {
    if let termination { throw GraftError(termination, "terminated") }
    if asksToStop { throw GraftError(.interrupted, "interrupted") }
  }

  /// Takes over SIGINT, SIGTERM and SIGHUP and ignores SIGPIPE.
  ///
  /// System calls are not restarted, so that reading a line ends when Ctrl-C comes.
  package func install() {
    isInstalled.store(true, ordering: .relaxed)
    reset()
    enter(.idle)
    terminationSignal.store(0, ordering: .relaxed)
    handle(SIGINT) { _ in
      let presses = pressCount.add(1, ordering: .relaxed).newValue
      let phase = phaseNumber.load(ordering: .relaxed)
      if phase == Phase.idle.rawValue { _exit(130) }
      if phase == Phase.prompt.rawValue { return }
      switch presses {
      case 1: say("\nstopping after this batch … (Ctrl-C again aborts it)\n")
      case 2: say("\naborting … (Ctrl-C again ends graft)\n")
      default: _exit(130)
      }
    }
    for signal in [SIGTERM, SIGHUP] where !isIgnored(signal) {
      handle(signal) { number in
        if phaseNumber.load(ordering: .relaxed) == Phase.idle.rawValue { _exit(128 + number) }
        terminationSignal.store(Int(number), ordering: .relaxed)
      }
    }
    signal(SIGPIPE, SIG_IGN)
    // Whoever started graft may have blocked them, as worker threads of some programs do.
    var handled = sigset_t()
    sigemptyset(&handled)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&handled, signal) }
    pthread_sigmask(SIG_UNBLOCK, &handled, nil)
  }

  /// Whether whoever started graft has it ignore the signal, as nohup does with SIGHUP.
  private func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  private func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    sigemptyset(&action.sa_mask)
    action.sa_flags = 0
    sigaction(number, &action, nil)
  }
}

private let pressCount = Atomic<Int>(0)
private let terminationSignal = Atomic<Int>(0)
private let phaseNumber = Atomic<Int>(0)

/// Writes to standard error with nothing but a system call, as a signal handler must.
private func say(_ text: StaticString) {
  _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
}
