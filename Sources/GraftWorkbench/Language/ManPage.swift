import GraftBase

/// The manual page, in man(7) form, written from the command table.
package enum ManPage {
  package static func text() -> String {
    var lines = [
      ".TH GRAFT 1 \(Version.date) \"graft \(Version.number)\" Graft", ".SH NAME",
      "graft \\- finetune and augment image classifiers", ".SH SYNOPSIS", ".nf",
    ]
    lines += CommandLineHelp.forms.map { escaped($0.form) }
    lines += [".fi", ".SH DESCRIPTION"]
    lines += filled(
      "Graft finetunes pretrained image encoders on folders of images. The same commands work at "
        + "the prompt, in recipe files and after -c.")
    lines.append(".SH OPTIONS")
    for option in CommandLineHelp.options { lines += tagged(option.form, option.meaning) }
    lines.append(".SH COMMANDS")
    lines += CommandTable.specifications.flatMap(section)
    lines.append(".SH ENVIRONMENT")
    for variable in CommandLineHelp.environment { lines += tagged(variable.form, variable.meaning) }
    lines.append(".SH FILES")
    for file in CommandLineHelp.files { lines += tagged(file.form, file.meaning) }
    lines.append(".SH EXIT STATUS")
    for status in CommandLineHelp.statuses { lines += tagged("\(status.number)", status.meaning) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ specification: CommandSpecification) -> [String] {
    var lines = [".SS " + escaped(specification.verb)] + filled(specification.summary + ".")
    lines += [".PP", ".nf", escaped(HelpText.usage(of: specification, width: 76)), ".fi"]
    for parameter in specification.parameters {
      lines += tagged(parameter.form, parameter.summary + ". " + parameter.helpDetail + ".")
    }
    if !specification.discussion.isEmpty { lines += [".PP"] + filled(specification.discussion) }
    lines += [".PP", "Examples:", ".nf"] + specification.examples.map { "  " + escaped($0) }
    return lines + [".fi"]
  }

  private static func tagged(_ tag: String, _ text: String) -> [String] {
    [".TP", ".B " + escaped(tag)] + filled(text)
  }

  /// Lines of the source, which the formatter fills again.
  private static func filled(_ text: String) -> [String] {
    text.paragraphs(wrappedTo: 72).map(escaped)
  }

  private static func escaped(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let plain = line.replacing("\\", with: "\\e").replacing("-", with: "\\-")
      return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : String(plain)
    }.joined(separator: "\n")
  }
}
