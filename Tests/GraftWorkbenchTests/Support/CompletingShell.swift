import Foundation

@testable import GraftWorkbench

/// A shell of this machine that has loaded a completion script, and what it completes.
///
/// In bash and zsh the TAB of a person is pressed on a pseudo-terminal, bound to what inserts all
/// completions into the line, and `graft` is a function that notes the words it is called with.
struct CompletingShell {
  let name: String
  let path: String
  let folder: String
  /// Where the script lies, and what was called.
  private let aside: String

  /// Nil where the shell is not installed.
  init?(_ name: String, folder: String) throws {
    guard let path = Self.path(of: name) else { return nil }
    self.name = name
    self.path = path
    self.folder = folder
    let script = ShellCompletions.script(for: name) ?? ""
    // Where zsh finds functions by their names, as an installed graft's.
    aside = try TemporaryFolder.make()
    try FileManager.default.createDirectory(
      atPath: aside + "/functions", withIntermediateDirectories: true)
    for file in ["script", "functions/_graft"] {
      try (script + "\n").write(toFile: aside + "/" + file, atomically: true, encoding: .utf8)
    }
  }

  static func path(of program: String) -> String? {
    ["/bin/", "/usr/bin/", "/usr/local/bin/"].map { $0 + program }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  /// For each line that a user has begun after `graft`, the words of it once TAB is pressed; fish lists
  /// the completions of the last word instead.
  func completions(of lines: [String]) throws -> [[String]] {
    switch name {
    case "fish": try lines.map(listed)
    default: try typed(lines)
    }
  }

  private func listed(_ line: String) throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = [
      "--no-config", "-c", "source \(aside)/script; complete -C $argv[1]", "graft " + line,
    ]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ["HOME": folder, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    // A tab separates what a completion means.
    return text.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
  }

  private func typed(_ lines: [String]) throws -> [[String]] {
    let note = "graft() { printf '%s\\t' \"$@\" >> \(aside)/calls; echo >> \(aside)/calls; }; "
    let setup: String
    let options: [String]
    if name == "bash" {
      options = ["--norc", "--noprofile", "-i"]
      setup = note + ". \(aside)/script; bind '\"\\t\": insert-completions'; PS1='ready> '"
    } else {
      options = ["-f", "-i"]
      setup =
        note + "unsetopt prompt_sp; fpath=(\(aside)/functions $fpath); autoload -Uz compinit; "
        + "compinit -u -D; zle -C all complete-word _generic; bindkey '^I' all; "
        + "zstyle ':completion:all::::' completer _all_matches _complete; "
        + "zstyle ':completion:all:*' insert true; PS1='ready> '"
    }
    let terminal = GraftTerminal(
      folder: folder, columns: 1000, program: path, arguments: options,
      environment: ["HOME": folder, "TERM": "dumb", "PS1": "", "LC_ALL": "C.UTF-8"])
    guard let terminal else { return [] }
    // The shell shows what is typed; what it prints after that is the prompt.
    terminal.send(setup + "\n")
    guard terminal.waits(for: "\nready> ") || terminal.screen.contains("ready> ") else { return [] }
    for line in lines {
      terminal.send("graft \(line)\t\n")
      guard terminal.waits(for: "ready> ") else { return [] }
    }
    terminal.send("exit\n")
    _ = terminal.exitStatus()
    return try String(contentsOfFile: aside + "/calls", encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
  }
}
