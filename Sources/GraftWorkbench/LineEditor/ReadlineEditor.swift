#if Readline
  import CReadline
  import Glibc

  /// GNU readline as a line editor: editing, history, TAB, bracketed paste.
  package final class ReadlineEditor: LineEditor {
    private let interrupts: Interrupts
    private let historyPath: String?
    private let complete: (String, Int) -> CompletionResult
    fileprivate var wasInterrupted = false

    /// Lines kept in the history file.
    private static let historyLimit: Int32 = 10_000

    /// `complete` gets the line and the cursor, counted in characters.
    package init(
      interrupts: Interrupts, historyPath: String?,
      complete: @escaping (String, Int) -> CompletionResult
    ) {
      self.interrupts = interrupts
      self.historyPath = historyPath
      self.complete = complete
      using_history()
      stifle_history(Self.historyLimit)
      if let historyPath { read_history(historyPath) }
      graft_readline_configure(
        { text, start, end in activeEditor?.matches(text, start, end) },
        { stream in activeEditor?.readByte(stream) ?? EOF })
    }

    package func readLine(prompt: String) -> LineEditorEvent {
      activeEditor = self
      defer { activeEditor = nil }
      wasInterrupted = false
      interrupts.reset()
      let line = readline(prompt)
      defer { free(line) }
      if interrupts.isTerminated { return .terminated }
      if wasInterrupted {
        interrupts.reset()
        return .cleared
      }
      guard let line else { return .ended }
      return .line(String(cString: line))
    }

    package func remember(_ line: String) {
      let last = history_get(
        graft_readline_history_base() + graft_readline_history_length() - 1)?.pointee.line
      if let last, String(cString: last) == line { return }
      add_history(line)
      guard let historyPath, !line.contains("\n") else { return }
      // Appending keeps the lines of sessions that run at the same time.
      if append_history(1, historyPath) != 0 {
        write_history(historyPath)
        chmod(historyPath, 0o600)
      }
    }

    /// The next byte of the terminal; Ctrl-C comes out as an accepted empty line.
    fileprivate func readByte(_ stream: UnsafeMutablePointer<FILE>?) -> Int32 {
      let descriptor = stream.map { fileno($0) } ?? STDIN_FILENO
      while true {
        if interrupts.isTerminated { return EOF }
        if interrupts.count > 0 {
          wasInterrupted = true
          interrupts.reset()
          graft_readline_clear_line()
          return Int32(UInt8(ascii: "\n"))
        }
        // The time limit closes the gap between looking at the counter and waiting.
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&poller, 1, 250)
        if ready < 0 {
          graft_readline_check_signals()
          continue
        }
        if ready == 0 { continue }
        var byte: UInt8 = 0
        let count = read(descriptor, &byte, 1)
        if count == 1 { return Int32(byte) }
        if count < 0 && errno == EINTR { continue }
        return EOF
      }
    }

    /// The matches in readline's form: the common start first, then each, all to be freed by readline.
    fileprivate func matches(
      _ text: UnsafePointer<CChar>?, _ start: Int32, _ end: Int32
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
      graft_readline_finish_completion(0)
      guard let buffer = graft_readline_buffer() else { return nil }
      let bytes = Array(String(cString: buffer).utf8)
      let line = String(decoding: bytes, as: UTF8.self)
      let cursor = String(decoding: bytes.prefix(Int(end)), as: UTF8.self).count
      let wordStart = String(decoding: bytes.prefix(Int(start)), as: UTF8.self).count
      let found = complete(line, cursor)
      let typed = Array(line)[min(wordStart, cursor)..<cursor]
      let texts = found.items.compactMap { item in
        Self.aligned(item.text, from: found.start, to: wordStart, in: Array(line))
      }
      guard let first = texts.first else {
        if let hint = found.hint { graft_readline_show_hint(hint) }
        return nil
      }
      if texts.count == 1 {
        graft_readline_finish_completion(found.items[0].isFinished ? 1 : 0)
        return Self.array([first])
      }
      var common = first
      for text in texts.dropFirst() {
        common = String(zip(common, text).prefix { $0 == $1 }.map(\.0))
      }
      return Self.array([common.count >= typed.count ? common : String(typed)] + texts)
    }

    /// A completion that starts at `start`, rewritten to start where readline thinks the word does.
    private static func aligned(
      _ text: String, from start: Int, to wordStart: Int, in line: [Character]
    ) -> String? {
      if start >= wordStart { return String(line[wordStart..<start]) + text }
      let before = String(line[start..<wordStart])
      return text.hasPrefix(before) ? String(text.dropFirst(before.count)) : nil
    }

    private static func array(
      _ texts: [String]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
      let size = (texts.count + 1) * MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
      guard let memory = malloc(size) else { return nil }
      let result = memory.bindMemory(
        to: UnsafeMutablePointer<CChar>?.self, capacity: texts.count + 1)
      for (index, text) in texts.enumerated() { (result + index).initialize(to: strdup(text)) }
      (result + texts.count).initialize(to: nil)
      return result
    }
  }

  /// The editor that is reading a line.
  ///
  /// Readline's callbacks carry no context and readline itself is
  /// one per process, so this mirrors its own global state; only the prompt's thread touches it.
  nonisolated(unsafe) private var activeEditor: ReadlineEditor?
#endif
