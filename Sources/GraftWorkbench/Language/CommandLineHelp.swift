import GraftBase

/// What the manual page, the shell completions and `graft --help` say about the outer command line.
package enum CommandLineHelp {
  package typealias Entry = (form: String, meaning: String)

  package static let forms: [Entry] = [
    ("graft", "the prompt"),
    ("graft FILE [KNOB=VALUE…]", "replay a recipe; - reads it from standard input"),
    ("graft run FILE [KNOB=VALUE…]", "the same"),
    ("graft check FILE [KNOB=VALUE…]", "list every fault of a recipe without running it"),
    (
      "graft verify FILE [KNOB=VALUE…]",
      "train a recipe anew and compare what comes out with its results"
    ),
    ("graft diff FILE FILE", "show what differs between two recipes"),
    ("graft -c 'COMMANDS'", "run commands given here"),
    ("graft help [TOPIC]", "help about a command, an op, an encoder, …"),
    ("graft help --man|--reference", "the manual page, or all of help as Markdown"),
    ("graft help --events|--schema", "what --json prints, as Markdown or JSON Schema"),
    ("graft completions bash|zsh|fish", "completions for your shell"),
  ]

  /// The words that may come first, with what they do.
  package static let subcommands: [(name: String, meaning: String)] = [
    ("run", "replay a recipe"), ("check", "list every fault of a recipe"),
    ("verify", "train a recipe anew and compare results"), ("diff", "compare two recipes"),
    ("help", "help about a topic"), ("completions", "completions for a shell"),
  ]

  package static let words = subcommands.map(\.name)

  package static let options: [Entry] = [
    ("-c TEXT", "run the commands in TEXT"),
    ("-i", "open the prompt after the recipe"),
    ("--json", "results as JSON lines on standard output"),
    ("--quiet", "no progress on standard error"),
    ("--no-color", "no color; NO_COLOR and TERM=dumb do the same"),
    ("--no-input", "never ask and never open the prompt"),
    ("--threads N", "threads to compute with"),
    ("--root DIR", "folder that relative paths start from"),
    ("--keep-going", "continue with the next command when one fails"),
    ("--dry-run", "print the checked commands and what trainings would be, and run none"),
    ("--step", "show each command of a recipe before it runs: ENTER runs it, s skips it, q stops"),
    ("--fresh", "train anew, even what an interrupted run of the same recipe has trained already"),
    ("--tol X", "with verify: scores may differ by X, and weights are not compared"),
    ("--version", "print version, build, instructions used and license"),
    ("--help", "print this help"),
  ]

  /// What Graft reads of the environment; recipes never do.
  package static let environment: [Entry] = [
    (
      "GRAFT_WEIGHTS",
      "folders of weight files, separated by colons, that are searched before all others"
    ),
    ("GRAFT_OFFLINE", "when it is not empty, no weights are downloaded"),
    (
      "XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME",
      "absolute paths in place of ~/.config, ~/.local/state and ~/.cache"
    ),
    ("HOME", "what ~ stands for in paths"),
    ("NO_COLOR", "when it is not empty, no color"),
    ("TERM", "dumb stands for no color, no redrawn progress and a plain prompt"),
    (
      "TERM, TERM_PROGRAM, KITTY_WINDOW_ID, TMUX, STY",
      "how a terminal shows images while `set image=auto` holds"
    ),
    ("PAGER", "the program that shows long results at the prompt; else less"),
    ("LESS", "options of less; FRX where it is not set"),
    ("INPUTRC", "GNU readline's own settings, instead of ~/.inputrc"),
  ]

  package static let statuses: [(number: Int, meaning: String)] = [
    (0, "ok"), (1, "a step failed, or its results could not be written"),
    (2, "a fault in the recipe or its use; nothing ran"),
    (3, "an expectation or a result that verify compares did not hold"),
    (4, "an input is missing or unreadable"), (129, "the terminal was closed"),
    (130, "interrupted"), (143, "terminated"),
  ]

  package static let files: [Entry] = [
    ("$XDG_CONFIG_HOME/graft/init.graft", "set and alias lines read by the prompt"),
    ("$XDG_STATE_HOME/graft/history", "lines typed at the prompt"),
    ("$XDG_STATE_HOME/graft/sessions/", "a journal of every session"),
    (
      "$XDG_STATE_HOME/graft/checkpoints/",
      "the states of every run, for `resume` and `load run=`; the oldest are removed"
    ),
    ("$XDG_CACHE_HOME/graft/features/", "features of frozen layers that do not fit in memory"),
    ("$XDG_CACHE_HOME/graft/weights/", "published weights that were downloaded"),
    ("pretrained/", "weights in the current folder, and in each folder above the program"),
    ("PREFIX/share/graft/pretrained/", "weights that were installed with PREFIX/bin/graft"),
    ("PREFIX/share/graft/recipes/", "recipes that were installed with it"),
  ]

  /// The text of `graft --help`.
  package static func text() -> String {
    func table(_ entries: [Entry]) -> String {
      TextTable(rows: entries.map { [$0.form, $0.meaning] }, indent: 2).rendered()
    }
    return """
      graft \(Version.number) - finetune and augment image classifiers

      \(table(forms))

      options, before or after
      \(table(options))

      `graft help` lists the commands of the language.
      """
  }
}
