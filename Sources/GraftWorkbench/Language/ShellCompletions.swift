/// Completion scripts for the shells, for the outer command line of `graft`.
package enum ShellCompletions {
  package static let shells = ["bash", "zsh", "fish"]

  /// The script for a shell, or nil when there is none for it.
  package static func script(for shell: String) -> String? {
    switch shell {
    case "bash": bash
    case "zsh": zsh
    case "fish": fish
    default: nil
    }
  }

  private static let words = CommandLineHelp.words
  private static let topics = CommandTable.specifications.map(\.verb).filter { $0 != "!" }
  private static let flags = CommandLineHelp.options.map { option in
    (name: String(option.form.split(separator: " ")[0]), meaning: option.meaning)
  }

  private static var bash: String {
    """
    _graft() {
      local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
      case "$previous" in
        help) COMPREPLY=($(compgen -W "\(topics.joined(separator: " "))" -- "$word")); return ;;
        completions) COMPREPLY=($(compgen -W "\(shells.joined(separator: " "))" -- "$word")); return ;;
        --root) COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      COMPREPLY=($(compgen -W "\((words + flags.map(\.name)).joined(separator: " "))" -- "$word")
        $(compgen -f -X '!*.graft' -- "$word") $(compgen -d -S / -- "$word"))
    }
    complete -o filenames -o nospace -F _graft graft
    """
  }

  private static var zsh: String {
    let options = flags.map { "'\($0.name)[\($0.meaning.replacing("'", with: ""))]'" }
    return """
      #compdef graft
      _graft() {
        case "${words[CURRENT-1]}" in
          help) compadd \(topics.joined(separator: " ")); return ;;
          completions) compadd \(shells.joined(separator: " ")); return ;;
          --root) _files -/; return ;;
        esac
        _arguments \(options.joined(separator: " ")) '*: :->rest'
        if [[ $state == rest ]]; then
          compadd \(words.joined(separator: " "))
          _files -g '*.graft'
        fi
      }
      compdef _graft graft
      """
  }

  private static var fish: String {
    var lines = [
      "complete -c graft -n __fish_use_subcommand -a '\(words.joined(separator: " "))'",
      "complete -c graft -n '__fish_seen_subcommand_from help' -f -a '\(topics.joined(separator: " "))'",
      "complete -c graft -n '__fish_seen_subcommand_from completions' -f -a "
        + "'\(shells.joined(separator: " "))'",
    ]
    lines += flags.map { flag in
      let name =
        flag.name.hasPrefix("--")
        ? "-l " + flag.name.dropFirst(2) : "-s " + flag.name.dropFirst(1)
      return "complete -c graft \(name) -d '\(flag.meaning.replacing("'", with: "\\'"))'"
    }
    return lines.joined(separator: "\n")
  }
}
