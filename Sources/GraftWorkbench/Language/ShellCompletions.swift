/// Completion scripts for the shells, for the outer command line of `graft`.
///
/// Each completes options and their values, the words that start a command line, topics of help, recipe
/// files, and after a recipe its knobs, which it reads from the file.
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

  /// An option as the shells need it.
  private struct Flag {
    let name: String
    let meaning: String
    /// What its value is called; nil where it takes none.
    let value: String?
  }

  private static let words = CommandLineHelp.subcommands
  private static let topics = HelpText().topics.filter { !$0.hasPrefix("!") }
  private static let flags = CommandLineHelp.options.map { option in
    let parts = option.form.split(separator: " ").map(String.init)
    return Flag(name: parts[0], meaning: option.meaning, value: parts.dropFirst().first)
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: " ") }

  /// Prints the knobs of the recipe `$1`, one a line.
  private static let knobs =
    #"tr ';' '\n' < "$1" 2>/dev/null | sed -n 's/^ *param \{1,\}\([A-Za-z_][A-Za-z0-9_]*\).*/\1=/p'"#

  private static var bash: String {
    """
    _graft_knobs() { \(knobs); }

    _graft_files() {
      local file
      while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen "$@" -- "$word")
      compopt -o filenames
    }

    _graft_words() {
      local found
      while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -W "$1" -- "$word")
    }

    _graft() {
      local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" place
      local -a given=()
      COMPREPLY=()
      # Bash takes the = of KNOB=VALUE for a word of its own.
      if [ "$word" = "=" ]; then word=""; _graft_files -f; return; fi
      if [ "$previous" = "=" ]; then _graft_files -f; return; fi
      case "$previous" in
        --root) _graft_files -d; return ;;
        \(flags.filter { $0.value != nil && $0.name != "--root" }.map(\.name).joined(separator: "|"))) return ;;
      esac
      if [[ "$word" == -* ]]; then _graft_words "\(list(flags.map(\.name))) --man --reference --events --schema"; return; fi
      for ((place = 1; place < COMP_CWORD; place++)); do
        case "${COMP_WORDS[place]}" in
          \(flags.filter { $0.value != nil }.map(\.name).joined(separator: "|"))) ((place++)) ;;
          -*) ;;
          *) given+=("${COMP_WORDS[place]//\\\\/}") ;;
        esac
      done
      case "${given[0]:-}" in
        help) _graft_words "\(list(topics))"; return ;;
        completions) _graft_words "\(list(shells))"; return ;;
        run | check | verify) given=("${given[@]:1}") ;;
        "") _graft_words "\(list(words.map(\.name)))" ;;
      esac
      if [ "${#given[@]}" = 0 ]; then
        _graft_files -f -X '!*.graft'
        _graft_files -d
      else
        _graft_words "$(_graft_knobs "${given[0]/#~/$HOME}")"
        compopt -o nospace
      fi
    }
    complete -F _graft graft
    """
  }

  private static var zsh: String {
    let options = flags.map { flag in
      let meaning = flag.meaning.replacing("'", with: "'\\''").replacing(":", with: "\\:")
      let value = flag.value.map { ":\($0):" + ($0 == "DIR" ? "_files -/" : " ") } ?? ""
      return "    '\(flag.name)[\(meaning)]\(value)'"
    }
    return """
      #compdef graft
      _graft_knobs() { \(knobs) }

      # The knobs of a recipe, or files as the value of one.
      _graft_settings() {
        if compset -P '*='; then _files; return; fi
        local -a knobs=(${(f)"$(_graft_knobs "${(Q)1/#\\~/$HOME}")"})
        compadd -S '' -a knobs
      }

      _graft_first() {
        local -a first=(\(words.map { "'\($0.name):\($0.meaning)'" }.joined(separator: " ")))
        _describe command first
        _graft_recipes
      }

      _graft_recipes() {
        _path_files -g '*.graft(-.)'
        _path_files -/
      }

      _graft() {
        local curcontext="$curcontext" state line
        typeset -A opt_args
        _arguments -C \\
      \(options.joined(separator: " \\\n")) \\
          '--man[with help: the manual page]' '--reference[with help: all of it as Markdown]' \\
          '--events[with help: what --json prints]' '--schema[with help: the JSON Schema of it]' \\
          '1: :_graft_first' '*: :->rest'
        [[ $state == rest ]] || return
        # All words that are no options, the one at the cursor among them.
        case "$line[1]" in
          help) compadd \(list(topics)) ;;
          completions) compadd \(list(shells)) ;;
          run|check) if ((${#line} > 2)); then _graft_settings "$line[2]"; else _graft_recipes; fi ;;
          *) _graft_settings "$line[1]" ;;
        esac
      }

      if [[ $funcstack[1] == _graft ]]; then _graft "$@"; else compdef _graft graft; fi
      """
  }

  private static var fish: String {
    func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "\\'") + "'" }
    var lines = [
      """
      # The words so far that are no options, without `graft` and the one at the cursor.
      function __graft_given
        set -l skips no
        for word in (commandline -opc)[2..]
          if test $skips = yes
            set skips no
          else if contains -- $word \(list(flags.filter { $0.value != nil }.map(\.name)))
            set skips yes
          else if not string match -q -- '-*' $word
            echo $word
          end
        end
      end

      function __graft_recipes
        __fish_complete_path (commandline -ct) | string match -r '^.*(?:/|\\.graft)(?:\\t.*)?$'
      end

      # Where a recipe is expected, as the first word or after run and check.
      function __graft_wants_recipe
        set -l given (__graft_given)
        test (count $given) = 0; or begin; test (count $given) = 1; and contains -- $given[1] run check verify; end
      end

      function __graft_is
        set -l given (__graft_given)
        test "$given[1]" = $argv[1]
      end

      # The knobs of the recipe that was given, or files as the value of one.
      function __graft_settings
        set -l given (__graft_given)
        contains -- "$given[1]" run check verify; and set -e given[1]
        contains -- "$given[1]" "" help completions; and return
        set -l word (commandline -ct)
        if string match -q -- '*=*' $word
          set -l knob (string match -r -- '^[^=]*=' $word)
          string replace -r '^' -- $knob (__fish_complete_path (string replace -r -- '^[^=]*=' '' $word))
        else if test -r $given[1]
          string replace -fr -- '^ *param +([A-Za-z_]\\w*).*' '$1=' (string split -- ';' < $given[1])
        end
      end

      complete -c graft -f
      complete -c graft -n __graft_wants_recipe -a '(__graft_recipes)'
      complete -c graft -a '(__graft_settings)'
      complete -c graft -n '__graft_is help' -a '\(list(topics))'
      complete -c graft -n '__graft_is help' -l man -d 'the manual page'
      complete -c graft -n '__graft_is help' -l reference -d 'all of help as Markdown'
      complete -c graft -n '__graft_is help' -l events -d 'what --json prints'
      complete -c graft -n '__graft_is help' -l schema -d 'the JSON Schema of it'
      complete -c graft -n '__graft_is completions' -a '\(list(shells))'
      """
    ]
    lines += words.map {
      "complete -c graft -n 'test (count (__graft_given)) = 0' -a \($0.name) -d \(quoted($0.meaning))"
    }
    lines += flags.map { flag in
      let isLong = flag.name.hasPrefix("--")
      let name = isLong ? "-l " + flag.name.dropFirst(2) : "-s " + flag.name.dropFirst(1)
      let value = flag.value.map { $0 == "DIR" ? " -x -a '(__fish_complete_directories)'" : " -x" }
      return "complete -c graft \(name)\(value ?? "") -d \(quoted(flag.meaning))"
    }
    return lines.joined(separator: "\n")
  }
}
