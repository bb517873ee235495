import GraftBase

/// The manual page, in man(7) form, written from the command table.
package enum ManPage {
  package static func text() -> String {
    var lines = [
      ".TH GRAFT 1 \"\" \"graft \(Version.number)\" \"Graft\"", ".SH NAME",
      "graft \\- finetune and augment image classifiers", ".SH SYNOPSIS", ".nf",
    ]
    lines += CommandLineHelp.forms.map { escaped($0.form) }
    lines += [".fi", ".SH DESCRIPTION"]
    lines.append(
      "Graft finetunes pretrained image encoders on folders of images. The same commands work at "
        + "the prompt, in recipe files and after \\-c.")
    lines.append(".SH OPTIONS")
    for option in CommandLineHelp.options {
      lines += [".TP", ".B " + escaped(option.form), escaped(option.meaning)]
    }
    lines.append(".SH COMMANDS")
    for specification in CommandTable.specifications {
      lines += [".SS " + escaped(specification.verb), escaped(specification.summary) + "."]
      lines += [".PP", ".nf", escaped(HelpText.usage(of: specification, width: 76)), ".fi"]
      for parameter in specification.parameters {
        lines += [".TP", ".B " + escaped(parameter.form)]
        lines.append(escaped(parameter.summary + ". " + parameter.detail + "."))
      }
      if !specification.discussion.isEmpty { lines += [".PP", escaped(specification.discussion)] }
      lines += [".PP", "Examples:", ".nf"] + specification.examples.map { "  " + escaped($0) }
      lines.append(".fi")
    }
    lines.append(".SH EXIT STATUS")
    for status in CommandLineHelp.statuses {
      lines += [".TP", ".B \(status.number)", escaped(status.meaning)]
    }
    lines.append(".SH FILES")
    for file in CommandLineHelp.files {
      lines += [".TP", ".B " + escaped(file.form), escaped(file.meaning)]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func escaped(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let plain = line.replacing("\\", with: "\\e").replacing("-", with: "\\-")
      return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : String(plain)
    }.joined(separator: "\n")
  }
}

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
    ("graft help [TOPIC] [--man]", "help about a command, or the manual page"),
    ("graft completions bash|zsh|fish", "completions for your shell"),
  ]

  /// The words that may come first.
  package static let words = ["run", "check", "verify", "diff", "help", "completions"]

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
    ("--tol X", "with verify: scores may differ by X, and weights are not compared"),
    ("--version", "print the version"),
    ("--help", "print this help"),
  ]

  package static let statuses: [(number: Int, meaning: String)] = [
    (0, "ok"), (1, "a step failed"), (2, "a fault in the recipe or its use; nothing ran"),
    (3, "an expectation or a result that verify compares did not hold"),
    (4, "an input is missing or unreadable"),
    (129, "the terminal was closed"), (130, "interrupted"), (143, "terminated"),
  ]

  package static let files: [Entry] = [
    ("$XDG_CONFIG_HOME/graft/init.graft", "set and alias lines read by the prompt"),
    ("$XDG_STATE_HOME/graft/history", "lines typed at the prompt"),
    ("$XDG_STATE_HOME/graft/sessions/", "a journal of every session"),
    ("$XDG_CACHE_HOME/graft/features/", "features of frozen layers that do not fit in memory"),
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
